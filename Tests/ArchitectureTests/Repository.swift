import Foundation

/// The files of this repository, as text.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A file whose text the rules are about.
    struct SourceFile: CustomStringConvertible {
        /// Relative to the root.
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

        /// Its first directory below `Sources`, `Tests` or `Benchmarks`: the module.
        var module: String { String(path.split(separator: "/").dropFirst().first ?? "") }

        var description: String { path }

        /// The lines without the text of literals and comments; numbers count from 1.
        var code: [(number: Int, text: Substring)] {
            lines.enumerated().map { index, line in
                // Literals first: a URL has two slashes too.
                let bare = line.replacing(#/"(\\.|[^"\\])*"/#, with: "\"\"")
                let comment = bare.firstRange(of: "//")?.lowerBound ?? bare.endIndex
                return (index + 1, bare[..<comment])
            }
        }
    }

    /// Every text file below `directory` that has one of these extensions ("" for none).
    static func files(below directory: String, _ extensions: Set<String>) throws -> [SourceFile] {
        let start = root.appendingPathComponent(directory, isDirectory: true)
        let keys: [URLResourceKey] = [.isRegularFileKey]
        guard
            let found = FileManager.default.enumerator(
                at: start, includingPropertiesForKeys: keys, options: [.skipsHiddenFiles])
        else { return [] }

        var files: [SourceFile] = []
        for case let file as URL in found {
            guard extensions.contains(file.pathExtension) else { continue }
            guard try file.resourceValues(forKeys: Set(keys)).isRegularFile == true else {
                continue
            }
            let path = String(file.path.dropFirst(root.path.count + 1))
            // What is not UTF-8, such as a corpus of hostile bytes, is no text.
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
            files.append(SourceFile(path: path, text: text))
        }
        return files.sorted { $0.path < $1.path }
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The names in a directory, hidden ones included.
    static func names(in directory: String) throws -> [String] {
        let path = root.appendingPathComponent(directory).path
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}
