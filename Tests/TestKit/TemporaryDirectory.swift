internal import Foundation

/// An empty directory of a test's own, removed with everything in it when the test lets go.
///
/// A class, so that closures of a test can hold it; keep it in a variable that outlives its users
/// (`withExtendedLifetime`, or a stored property of the suite).
public final class TemporaryDirectory: Sendable {
    /// Where it is: absolute, and without a slash at the end.
    public let path: String

    /// Makes the directory below `parent`, or below the machine's place for such things.
    public init(below parent: String? = nil) throws {
        let place = parent ?? FileManager.default.temporaryDirectory.path
        let directory = URL(fileURLWithPath: place, isDirectory: true)
            .appendingPathComponent("millrace-test-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: false)
        path = directory.path
    }

    /// Where a file of this name is, or would be.
    public func path(of name: String) -> String { "\(path)/\(name)" }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            // A test may have removed it itself. Anything else leaves rubbish in a temporary place.
            FileHandle.standardError.write(Data("\(path) was not removed: \(error)\n".utf8))
        }
    }
}
