internal import Bytes
internal import DurableFiles

/// Copies files, and says what it has copied.
enum CheckedCopy {
    private static let chunkByteCount = 1 << 20

    /// Copies a file as long as it is now; the copy is durable but for its name. The answer is what
    /// was copied.
    static func copy(
        _ source: File, to path: String, for audience: Audience = .owner, _ progress: (Int) -> Void
    ) throws(FileFault) -> (byteCount: Int, checksum: UInt32) {
        let target = try File(path, .writing, for: audience)
        try target.truncate(to: 0)
        var (position, checksum) = (0, UInt32(0))
        var buffer: [UInt8] = []
        while true {
            try source.read(at: position, count: chunkByteCount, into: &buffer)
            guard !buffer.isEmpty else { break }
            try target.write(buffer, at: position)
            checksum = CRC32C.extend(checksum, by: buffer.rawSpan)
            position += buffer.count
            progress(buffer.count)
        }
        try target.sync()
        return (position, checksum)
    }

    /// What a file holds.
    static func checksum(of file: File) throws(FileFault) -> (byteCount: Int, checksum: UInt32) {
        var (position, checksum) = (0, UInt32(0))
        var buffer: [UInt8] = []
        while true {
            try file.read(at: position, count: chunkByteCount, into: &buffer)
            guard !buffer.isEmpty else { return (position, checksum) }
            checksum = CRC32C.extend(checksum, by: buffer.rawSpan)
            position += buffer.count
        }
    }

    /// Damage in the blocks of a segment: those that are whole are passed over.
    static func damage(
        in file: File, _ number: UInt64, pageByteCount: Int
    ) throws(FileFault) -> [Damage] {
        let scan = try SegmentScan(file, pageByteCount: pageByteCount)
        guard let header = scan.header else {
            return [Damage(segment: number, path: file.path, .header)]
        }
        var found = scan.damage.map { Damage(segment: number, path: file.path, $0) }
        let segment = SegmentFile(
            number: number, salt: header.salt, pageByteCount: pageByteCount, file)
        for block in scan.blocks {
            let place = SegmentIndex.Block(
                number: block.envelope.header.number, position: block.position,
                byteCount: block.envelope.header.blockByteCount)
            for case .damaged(let damage, _) in try segment.check(place).batches {
                found.append(damage)
            }
        }
        return found
    }
}
