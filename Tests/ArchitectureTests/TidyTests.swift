import Testing

/// The rules of style that a machine can hold.
struct TidyTests {
    let swift: [Repository.SourceFile]
    /// Everything written by hand, in whatever language.
    let all: [Repository.SourceFile]

    init() throws {
        let places = ["Sources", "Tests", "Benchmarks", "tools"]
        let kinds: Set = ["swift", "c", "h", "cpp", "py", "sh", "md", "txt", "modulemap", ""]
        all = try places.flatMap { try Repository.files(below: $0, kinds) }
        swift = all.filter { $0.path.hasSuffix(".swift") }
        try #require(swift.contains { $0.path == "Tests/ArchitectureTests/TidyTests.swift" })
    }

    /// The lines of code that match, as `path:line: text`.
    private func hits(
        of pattern: Regex<Substring>, in files: [Repository.SourceFile]
    ) -> [String] {
        // By default `\b` follows Unicode, for which "Task.sleep" is one word.
        let pattern = pattern.wordBoundaryKind(.simple)
        return files.flatMap { file in
            file.code.filter { $0.text.contains(pattern) }
                .map { "\(file):\($0.number): \($0.text)" }
        }
    }

    @Test func `nothing is left to do on the main branch`() {
        // In pieces, so that this file does not find itself.
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

        for file in all {
            for (index, line) in file.lines.enumerated() {
                let found = line.split { !$0.isLetter }.contains { words.contains(String($0)) }
                #expect(!found, "\(file):\(index + 1): \(line)")
            }
        }
    }

    @Test func `no Swift line is longer than 100 columns`() {
        for file in swift where !file.path.contains("/Generated/") {
            for (index, line) in file.lines.enumerated() {
                #expect(line.count <= 100, "\(file):\(index + 1) has \(line.count)")
            }
        }
    }

    @Test func `no line ends in a space`() {
        for file in all {
            for (index, line) in file.lines.enumerated() {
                #expect(line.last?.isWhitespace != true, "\(file):\(index + 1)")
            }
        }
    }

    @Test func `nothing is forced`() {
        #expect(hits(of: #/\b(?:try|as)!/#, in: swift) == [])
    }

    @Test func `no task is started below the gateway`() {
        let product = swift.filter { $0.path.hasPrefix("Sources/") && Layers.isBelowGateway($0) }

        #expect(hits(of: #/\bTask(?:\.detached|\.immediate|<.*>)?\s*(?:\(|\{)/#, in: product) == [])
        #expect(hits(of: #/\bTask\.(?:detached|immediate)/#, in: product) == [])
    }

    @Test func `time and randomness come in as arguments below the gateway`() {
        let product = swift.filter { $0.path.hasPrefix("Sources/") && Layers.isBelowGateway($0) }
        let banned = #/\bDate(?:\(\)|\.now)|\bSystemRandomNumberGenerator\b/#

        #expect(hits(of: banned, in: product) == [])
    }

    @Test func `no test waits for time to pass`() {
        let tests = all.filter { $0.path.hasPrefix("Tests/") }

        #expect(hits(of: #/\b(?:u|nano)?sleep\b\s*[\(0-9]/#, in: tests) == [])
    }

    @Test func `the README can be read in one go`() throws {
        let lines = try Repository.text(of: "README.md").split(separator: "\n").count

        #expect(lines <= 150)
    }

    @Test func `the top of the repository holds only what is agreed`() throws {
        let agreed: Set = ["Package.swift", "Sources", "Tests", "Benchmarks", "tools", "README.md"]
        let hidden: Set = [".ci", ".git", ".gitignore", ".swift-format"]
        // What builds leave behind, and .gitignore names.
        let made: Set = ["Package.resolved", ".swiftpm", ".venv"]

        let names = try Repository.names(in: "").filter { !$0.hasPrefix(".build") }

        #expect(Set(names).subtracting(agreed).subtracting(hidden).subtracting(made) == [])
    }
}
