import Testing

/// The rules of style that a machine can hold.
struct TidyTests {
    let swift: [SourceFile]
    /// Everything written by hand, in whatever language.
    let all: [SourceFile]

    init() throws {
        all = try Repository.files.get()
        swift = all.filter { $0.extension == "swift" }
        try #require(swift.contains { $0.path == "Tests/ArchitectureTests/TidyTests.swift" })
    }

    /// The lines of code that match, as `path:line: text`. Whatever matches has to contain `word`,
    /// which is far cheaper to look for.
    private func hits(
        of pattern: Regex<Substring>, with word: String, in files: [SourceFile]
    ) -> [String] {
        // By default `\b` follows Unicode, for which "Task.sleep" is one word.
        let pattern = pattern.wordBoundaryKind(.simple)
        return files.filter { $0.text.contains(word) }.flatMap { file in
            file.code.enumerated()
                .filter { $0.element.contains(word) && $0.element.contains(pattern) }
                .map { "\(file):\($0.offset + 1): \($0.element)" }
        }
    }

    @Test func `nothing is left to do on the main branch`() {
        // In pieces, so that this file does not find itself.
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

        for word in words {
            for file in all where file.text.contains(word) {
                for (index, line) in file.lines.enumerated() {
                    let found = line.split { !$0.isLetter }.contains { $0 == word }
                    #expect(!found, "\(file):\(index + 1): \(line)")
                }
            }
        }
    }

    @Test func `no Swift line is longer than 100 columns`() {
        for file in swift where !file.path.contains("/Generated/") {
            for (index, line) in file.lines.enumerated() {
                // Counting bytes is cheap, and there are never fewer of them.
                guard line.utf8.count > 100 else { continue }
                // A literal in a foreign format is easier to compare in one piece.
                if file.path.hasPrefix("Tests/"), line.contains("#\"{") { continue }
                #expect(line.count <= 100, "\(file):\(index + 1) has \(line.count)")
            }
        }
    }

    @Test func `no line ends in a space`() {
        for file in all {
            for (index, line) in file.lines.enumerated() where line.last?.isWhitespace == true {
                Issue.record("\(file):\(index + 1)")
            }
        }
    }

    @Test func `nothing is forced`() {
        #expect(hits(of: #/\b(?:try|as)!/#, with: "!", in: swift) == [])
    }

    @Test func `no task is started below the gateway`() {
        let product = swift.filter { $0.path.hasPrefix("Sources/") && Layers.isBelowGateway($0) }
        let start = #/\bTask(?:\.detached|\.immediate|<.*>)?\s*(?:\(|\{)/#

        #expect(hits(of: start, with: "Task", in: product) == [])
    }

    @Test func `time comes in as an argument below the gateway`() {
        let product = swift.filter { $0.path.hasPrefix("Sources/") && Layers.isBelowGateway($0) }

        #expect(hits(of: #/\bDate(?:\(\)|\.now)/#, with: "Date", in: product) == [])
    }

    @Test func `randomness comes in as an argument below the public library`() {
        let product = swift.filter { $0.path.hasPrefix("Sources/") && Layers.isBelowLibrary($0) }
        let generator = "SystemRandomNumberGenerator"

        #expect(hits(of: #/\bSystemRandomNumberGenerator\b/#, with: generator, in: product) == [])
    }

    @Test func `no test waits for time to pass`() {
        let tests = all.filter { $0.path.hasPrefix("Tests/") }

        #expect(hits(of: #/\b(?:u|nano)?sleep\b\s*[\(0-9]/#, with: "sleep", in: tests) == [])
    }

    @Test func `whatever other modules may use is documented`() {
        // Attributes may stand between a declaration and its comment.
        let access = #/^\s*(?:@\w\S*\s+|\w+\s+)*?(?:public|package) (?!import|extension)/#
        let words = ["public ", "package "]
        let between = ["@", "// SAFETY:", "// WHY:", "#if"]

        for file in swift where file.path.hasPrefix("Sources/") {
            var isDocumented = false
            for (index, line) in file.code.enumerated() {
                let isShared = words.contains(where: line.contains) && line.contains(access)
                if isShared, !isDocumented {
                    Issue.record("\(file):\(index + 1): \(line)")
                }
                let text = file.lines[index].drop { $0 == " " }
                if between.contains(where: text.hasPrefix) { continue }
                isDocumented = text.hasPrefix("///")
            }
        }
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
