import Foundation

/// The files of this repository, as text.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file that somebody wrote, read once.
    static let files = Result { try ["Sources", "Tests", "Benchmarks", "tools"].flatMap(read) }

    /// Those below a directory that have one of these extensions ("" for none).
    static func files(below directory: String, _ extensions: Set<String>) throws -> [SourceFile] {
        try files.get().filter { file in
            file.path.hasPrefix("\(directory)/") && extensions.contains(file.extension)
        }
    }

    private static func read(below directory: String) throws -> [SourceFile] {
        let kinds: Set = ["swift", "c", "h", "cpp", "py", "sh", "md", "txt", "modulemap", ""]
        let start = root.appendingPathComponent(directory, isDirectory: true)
        let keys: [URLResourceKey] = [.isRegularFileKey]
        guard
            let found = FileManager.default.enumerator(
                at: start, includingPropertiesForKeys: keys, options: [.skipsHiddenFiles])
        else { return [] }

        var files: [SourceFile] = []
        for case let file as URL in found {
            guard kinds.contains(file.pathExtension) else { continue }
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
