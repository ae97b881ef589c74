import Foundation
import Glibc

/// The real readings of `../shared/data`, as their README describes them.
enum Telemetry {
    /// One event each, without the line's end.
    static func lines() throws -> [[UInt8]] {
        let path = "../shared/data/nab-telemetry.ndjson.zst"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["zstd", "-dcq", path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw LimitError(operation: "zstd -dc \(path)", code: process.terminationStatus)
        }
        return [UInt8](data).split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    static func write(_ lines: [[UInt8]], to path: String) throws {
        try Data(lines.joined(separator: [UInt8(ascii: "\n")])).write(
            to: URL(fileURLWithPath: path))
    }
}
