/// Collects what a stream decompresses to, and stops it one byte past the limit.
///
/// That byte is what tells a stream that ends at the limit from one that goes on.
struct BoundedOutput {
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    /// `expecting` is where the memory starts; a wrong guess costs a copy, never correctness.
    init(limit: Int, expecting: Int) {
        self.limit = limit
        bytes.reserveCapacity(max(1, min(limit + 1, expecting)))
    }

    /// Lends `body` at least one free byte; it returns how many of them it wrote, from the start.
    mutating func fill(
        _ body: (UnsafeMutableRawBufferPointer) throws(CompressionError) -> Int
    ) throws(CompressionError) {
        let ceiling = limit + 1
        if bytes.count == bytes.capacity {
            // WHY: left to itself, an array would double past the limit.
            bytes.reserveCapacity(min(ceiling, bytes.capacity * 2))
        }
        let room = min(ceiling, bytes.capacity) - bytes.count
        try bytes.append(addingCapacity: room) { output throws(CompressionError) in
            // SAFETY: `body` reports the bytes it wrote, and the next line holds it to its room.
            try unsafe output.withUnsafeMutableBufferPointer {
                buffer, count throws(CompressionError) in
                let written = try unsafe body(
                    UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<room]))
                precondition(written <= room, "\(written) bytes were written to \(room)")
                count = written
            }
        }
        guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
    }
}
