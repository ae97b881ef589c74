internal import Foundation

/// Directories for the data of a run, on a real disk: a flush in memory would measure nothing.
enum Scratch {
    /// Makes an empty directory called `name-PROCESS`, with the directories above it.
    static func makeDirectory(_ name: String, below parent: String) throws -> String {
        let path = "\(parent)/\(name)-\(ProcessInfo.processInfo.processIdentifier)"
        remove(path)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Removes a directory with everything in it. One that stays behind is said, not an error.
    static func remove(_ path: String) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            FileHandle.standardError.write(Data("\(path) was not removed: \(error)\n".utf8))
        }
    }
}
