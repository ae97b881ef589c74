import Foundation
import TestKit
import Testing

struct TemporaryDirectoryTests {
    @Test func `a temporary directory goes away with everything in it`() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let path = try #require(directory).path
        let file = try #require(directory).path(of: "file")
        try Data([1]).write(to: URL(fileURLWithPath: file))
        try #require(FileManager.default.fileExists(atPath: file))

        directory = nil

        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `two temporary directories are not the same`() throws {
        let first = try TemporaryDirectory()
        let second = try TemporaryDirectory(below: first.path)

        #expect(second.path.hasPrefix("\(first.path)/"))
    }
}
