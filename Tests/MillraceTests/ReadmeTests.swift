import Foundation
import TestKit
import Testing

@Suite("Millrace: the README")
struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func text(of path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func `the program in the README is the one that is compiled`() throws {
        let readme = try text(of: "README.md")
        let program = try text(of: "Tests/ReadmeProgram/main.swift")

        #expect(readme.contains("```swift\n\(program)```\n"))
        #expect(program.split(separator: "\n", omittingEmptySubsequences: false).count <= 16)
    }

    @Test func `the program in the README runs`() async throws {
        let directory = try TemporaryDirectory()
        let process = Process()
        let output = Pipe()
        let own = URL(fileURLWithPath: CommandLine.arguments[0])
        process.executableURL =
            own.deletingLastPathComponent().appendingPathComponent("ReadmeProgram")
        process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
        process.standardOutput = output

        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        let printed = String(decoding: bytes, as: UTF8.self)
        process.waitUntilExit()

        #expect(process.terminationStatus == 0)
        #expect(printed.contains(#"0 {"room": "kitchen", "celsius": 21.5}"#))
        #expect(printed.contains(#"0 {"room": "cellar", "celsius": 12.0}"#))
        #expect(printed.hasSuffix("2 rows of 6 columns in rooms.table\n"))
        withExtendedLifetime(directory) {}
    }
}
