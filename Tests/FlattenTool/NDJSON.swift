import Bytes
import Foundation

/// The lines of a file, in one buffer with padding behind the last.
struct NDJSON {
    let bytes: [UInt8]
    let lines: [Range<Int>]

    init(_ path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes = Array(data) + [UInt8](repeating: 0, count: 64)
        var lines: [Range<Int>] = []
        var start = 0
        while let end = bytes[start..<data.count].firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(start..<end)
            start = end + 1
        }
        if start < data.count { lines.append(start..<data.count) }
        self.lines = lines
    }
}
