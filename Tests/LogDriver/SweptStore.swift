import Bytes
import Glibc
import StreamLog
import StreamModel

/// A small store with several segments whose every event is known, and that can be put back as it
/// was after each flip.
struct SweptStore {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// Where in a file a batch lies, and its offsets.
    struct Batch {
        let segment: Int
        let bytes: Range<Int>
        let partition: PartitionID
        let offsets: Range<Int64>
    }

    let directory: String
    /// Whether its segments have a few small batches each, so that every byte can be flipped.
    private let isSmall: Bool
    private let configuration: LogConfiguration
    /// The segment files as they were closed.
    var files: [[UInt8]] = []
    var inodes: [UInt64] = []
    /// The index files of all but the newest segment, as the log stored them.
    var indexes: [[UInt8]] = []
    var partitions: [PartitionID] = []
    var events: [PartitionID: [[UInt8]]] = [:]
    var batches: [Batch] = []
    private let group = "readers"

    init(directory: String, isSmall: Bool = false) async throws {
        self.directory = directory
        self.isSmall = isSmall
        var configuration = LogConfiguration()
        configuration.segmentByteCount = 256 << 10
        configuration.budget = 64 << 20
        self.configuration = configuration
        try await build()
    }

    func open() throws -> StreamLog {
        try StreamLog(
            opening: directory, configuration, random: SystemRandomNumberGenerator())
    }

    func path(_ segment: Int) -> String {
        let digits = String(segment)
        return "\(directory)/log/default/"
            + String(repeating: "0", count: 16 - digits.count) + digits + ".mdb"
    }

    func indexPath(_ segment: Int) -> String {
        String(path(segment).dropLast(4)) + ".idx"
    }

    // MARK: History

    /// Appends until the third segment has some blocks. That of a small store begins when the log
    /// is opened a third time.
    mutating func build() async throws {
        try removeAll()
        (files, inodes, indexes, events, batches) = ([], [], [], [:], [])
        var log = try open()
        let name = try StreamName("swept")
        let stream = try await log.createStream(name, partitionCount: 3)
        partitions = (0..<3).map { PartitionID(stream.incarnation, UInt32($0)) }
        var written: [(RecordBatch, PartitionID, Range<Int64>)] = []
        var random = SplitMix(state: 7)
        var round = 0
        let stretch = isSmall ? 6 : 30
        while log.statistics().segmentCount < 3 || round % stretch != 0 {
            if isSmall, round > 0, round % stretch == 0 {
                await log.close()
                log = try open()
            }
            let id = partitions[round % 3]
            let count = 1 + round % 4
            var builder = RecordBatchBuilder()
            for _ in 0..<count {
                let length = Int.random(in: 100...(isSmall ? 600 : 3000), using: &random)
                let value = (0..<length).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                try builder.append(
                    key: nil, value: value,
                    timestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(round)))
                events[id, default: []].append(value)
            }
            let batch = builder.finish()
            let end = Int64(events[id]?.count ?? 0)
            var commit = Commit(appends: [Commit.Append(batch, to: id)])
            let key = PositionKey(kind: .group, name: group, partition: id)
            commit.requests = [.setPosition(key, Position(offset: end))]
            _ = try await log.commit(commit)
            written.append((batch, id, (end - Int64(count))..<end))
            round += 1
        }
        let count = log.statistics().segmentCount
        await log.close()
        for segment in 1...count { try keep(segment) }
        for segment in 1..<count { indexes.append(try contents(indexPath(segment)).0) }
        for (batch, id, offsets) in written { locate(batch, id, offsets) }
    }

    private mutating func keep(_ segment: Int) throws {
        let (bytes, inode) = try contents(path(segment))
        files.append(bytes)
        inodes.append(inode)
    }

    /// A batch is stored as it was made, but for its first bytes.
    private mutating func locate(
        _ batch: RecordBatch, _ id: PartitionID, _ offsets: Range<Int64>
    ) {
        let needle = Array(batch.bytes.dropFirst(21).prefix(64))
        for (place, file) in files.enumerated() {
            let held = blocks(of: file).lazy.compactMap { file[$0].firstRange(of: needle) }
            guard let found = held.first else { continue }
            let start = found.lowerBound - 21
            batches.append(
                Batch(
                    segment: place + 1, bytes: start..<(start + batch.byteCount), partition: id,
                    offsets: offsets))
            return
        }
        preconditionFailure("a batch of partition \(id.index) at \(offsets) is in no file")
    }

    /// Where the blocks of a file are. Elsewhere, pages that LMDB has used again may still show
    /// bytes of older ones.
    private func blocks(of file: [UInt8]) -> [Range<Int>] {
        var blocks: [Range<Int>] = []
        for page in stride(from: 8192, to: file.count, by: 4096)
        where page >= blocks.last?.upperBound ?? 0 {
            let start = page + 16
            guard Array(file[start..<(start + 4)]) == Array("MRBK".utf8) else { continue }
            let length = file[(start + 64)..<(start + 68)].reduce(0) { $0 << 8 | Int($1) }
            blocks.append(start..<(start + length))
        }
        return blocks
    }

    // MARK: Flips

    /// Every used bit of LMDB's meta pages, of the pages of both trees, and of header values.
    func treeFlips() -> [Flip] {
        var flips: [Flip] = []
        for (place, file) in files.enumerated() {
            var ranges = [0..<152, 4096..<(4096 + 152)]
            for page in treePages(of: file) {
                let start = page * 4096
                ranges.append(start..<(start + Int(file.native16(start + 12))))
                ranges.append((start + Int(file.native16(start + 14)))..<(start + 4096))
            }
            for page in stride(from: 8192, to: file.count, by: 4096)
            where Array(file[(page + 16)..<(page + 20)]) == Array("MRSH".utf8) {
                ranges.append(page..<(page + 16 + 148))
            }
            for byte in ranges.joined() {
                for bit in 0..<8 { flips.append(Flip(segment: place + 1, byte: byte, bit: bit)) }
            }
        }
        return flips
    }

    /// The pages of the free list and the main tree, as the newest meta page has them.
    private func treePages(of file: [UInt8]) -> [Int] {
        let newest = file.native64(144) > file.native64(4096 + 144) ? 0 : 4096
        var pages: [Int] = []
        var next = [file.native64(newest + 80), file.native64(newest + 128)]
        while let number = next.popLast() {
            guard number != .max, number < file.count / 4096 else { continue }
            let page = Int(number)
            pages.append(page)
            guard file.native16(page * 4096 + 10) & 1 != 0 else { continue }
            for pointer in stride(from: 16, to: Int(file.native16(page * 4096 + 12)), by: 2) {
                let node = page * 4096 + Int(file.native16(page * 4096 + pointer))
                let low = UInt64(file.native16(node)) | UInt64(file.native16(node + 2)) << 16
                next.append(low | UInt64(file.native16(node + 4)) << 32)
            }
        }
        return pages
    }

    /// One bit of every `step`-th byte of the segments, from a drawn one on.
    func byteFlips(step: Int, _ random: inout SplitMix) -> [Flip] {
        files.enumerated().flatMap { place, bytes in
            let first = Int.random(in: 0..<step, using: &random)
            return stride(from: first, to: bytes.count, by: step).map { byte in
                Flip(
                    segment: place + 1, byte: byte, bit: Int.random(in: 0..<8, using: &random))
            }
        }
    }

    /// One bit of every byte of the indexes.
    func indexFlips() -> [Flip] {
        indexes.enumerated().flatMap { place, bytes in
            bytes.indices.map { byte in
                Flip(.index, segment: place + 1, byte: byte, bit: (byte &* 5 &+ place) % 8)
            }
        }
    }

    func drawFlip(_ random: inout SplitMix) -> Flip {
        let place = Int.random(in: 0..<files.count, using: &random)
        return Flip(
            segment: place + 1, byte: Int.random(in: 0..<files[place].count, using: &random),
            bit: Int.random(in: 0..<8, using: &random))
    }

    /// True when nothing was lost, false when the batch that was hit was; everything else throws.
    mutating func survives(_ flip: Flip) async throws -> Bool {
        try apply(flip)
        let hit = batches.filter { batch in
            flip.place == .segment && batch.segment == flip.segment
                && batch.bytes.contains(flip.byte)
        }
        // A second opening takes as long as the first, so every eighth flip has to do.
        let lost = try await goOn(hit, opensTwice: flip.bit == flip.byte % 8)
        try await restore(flip)
        return !lost
    }

    /// Reads everything, appends, and reads all of it again. Answers whether events of the batches
    /// that were hit are missing.
    func goOn(
        _ hit: [Batch], opensTwice: Bool, keepsPositions: Bool = true
    ) async throws -> Bool {
        let log = try open()
        let lost = try check(log, hit, more: [:], keepsPositions: keepsPositions)
        var more: [PartitionID: [Int64: [UInt8]]] = [:]
        for id in partitions {
            let value = Array("after".utf8)
            let record = Record(value: value, timestamp: Timestamp(milliseconds: 0))
            let offset = try await log.append(record, to: id).rawValue
            guard offset >= Int64(events[id]?.count ?? 0) else {
                throw Failure("offset \(offset) of partition \(id.index) was issued again")
            }
            more[id] = [offset: value]
        }
        await log.close()
        if opensTwice {
            let again = try open()
            _ = try check(again, hit, more: more, keepsPositions: keepsPositions)
            await again.close()
        }
        return lost
    }

    /// Whether events of the batches that were hit are missing. Those of others must not be.
    private func check(
        _ log: StreamLog, _ hit: [Batch], more: [PartitionID: [Int64: [UInt8]]],
        keepsPositions: Bool
    ) throws -> Bool {
        var isLost = false
        for id in partitions {
            let (served, gaps) = try readAll(log, id)
            for (offset, value) in events[id, default: []].enumerated() {
                let offset = Int64(offset)
                if let found = served[offset] {
                    guard found == value else { throw Failure("offset \(offset) is served wrong") }
                } else {
                    guard hit.contains(where: { $0.partition == id && $0.offsets.contains(offset) })
                    else {
                        throw Failure("offset \(offset) of partition \(id.index) is lost")
                    }
                    guard gaps.contains(where: { $0.offsets.contains(offset) }) else {
                        throw Failure("offset \(offset) is missing and no gap says so")
                    }
                    isLost = true
                }
            }
            for (offset, value) in more[id] ?? [:] where served[offset] != value {
                throw Failure("offset \(offset), appended after the flip, is lost")
            }
            let expected = (events[id]?.count ?? 0) + (more[id]?.count ?? 0)
            guard served.count <= expected else { throw Failure("events came from nowhere") }
            let key = PositionKey(kind: .group, name: group, partition: id)
            let position = log.position(key)?.offset ?? 0
            let end = Int64(events[id]?.count ?? 0)
            guard position == end || !keepsPositions && position < end else {
                throw Failure("the position in partition \(id.index) is lost")
            }
        }
        return isLost
    }

    private func readAll(
        _ log: StreamLog, _ id: PartitionID
    ) throws -> (served: [Int64: [UInt8]], gaps: [Gap]) {
        var served: [Int64: [UInt8]] = [:]
        var gaps: [Gap] = []
        var next = Offset.start
        while true {
            let result = try log.read(id, from: next, .reportGap)
            if result.items.isEmpty { return (served, gaps) }
            for item in result.items {
                switch item {
                case .gap(let gap): gaps.append(gap)
                case .batch(let stored):
                    for record in try stored.batch.records() {
                        served[record.offset.rawValue] = record.record.value
                    }
                }
            }
            next = result.next
        }
    }

    // MARK: Files

    private func apply(_ flip: Flip) throws {
        guard flip.place == .segment else {
            var bytes = indexes[flip.segment - 1]
            bytes[flip.byte] ^= 1 << UInt8(flip.bit)
            return try replaceIndex(flip.segment, with: bytes)
        }
        var byte = files[flip.segment - 1][flip.byte]
        byte ^= 1 << UInt8(flip.bit)
        try write(byte, flip)
    }

    private func write(_ byte: UInt8, _ flip: Flip) throws {
        let descriptor = unsafe Glibc.open(path(flip.segment), O_WRONLY)
        defer { close(descriptor) }
        var byte = byte
        guard unsafe pwrite(descriptor, &byte, 1, off_t(flip.byte)) == 1 else {
            throw Failure("cannot write \(path(flip.segment))")
        }
    }

    /// In place: the log replaces an index that it finds broken, and may have done so.
    func replaceIndex(_ segment: Int, with bytes: [UInt8]) throws {
        try replace(indexPath(segment), with: bytes)
    }

    /// In place, so that the file is still the same one.
    func replace(_ path: String, with bytes: [UInt8]) throws {
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let written = unsafe bytes.withUnsafeBytes { source in
            unsafe pwrite(descriptor, source.baseAddress, source.count, 0)
        }
        guard written == bytes.count else { throw Failure("cannot write \(path)") }
    }

    /// The log never writes to a segment that another process made, so that only new files have to
    /// go; a segment that it replaced makes the history be written again.
    private mutating func restore(_ flip: Flip) async throws {
        if flip.place == .segment {
            try write(files[flip.segment - 1][flip.byte], flip)
        } else {
            try replaceIndex(flip.segment, with: indexes[flip.segment - 1])
        }
        try await removeNew()
    }

    /// Leaves what was there at first, or makes all of it anew where a file was replaced.
    mutating func removeNew() async throws {
        for place in files.indices {
            var found = stat()
            guard unsafe stat(path(place + 1), &found) == 0, UInt64(found.st_ino) == inodes[place]
            else { return try await build() }
        }
        for segment in (files.count + 1)...(files.count + 3) {
            unsafe _ = unlink(path(segment))
            unsafe _ = unlink(indexPath(segment))
        }
    }

    private func removeAll() throws {
        for segment in 1...9 {
            unsafe _ = unlink(path(segment))
            unsafe _ = unlink(String(path(segment).dropLast(4)) + ".idx")
        }
    }

    /// The bytes and the inode of a file.
    func contents(_ path: String) throws -> ([UInt8], UInt64) {
        let descriptor = unsafe Glibc.open(path, O_RDONLY)
        guard descriptor >= 0 else { throw Failure("cannot open \(path)") }
        defer { close(descriptor) }
        var found = stat()
        guard unsafe fstat(descriptor, &found) == 0 else { throw Failure("no status of \(path)") }
        let size = Int(found.st_size)
        // SAFETY: `pread` writes at most `size` bytes, and says how many.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, unsafe pread(descriptor, buffer.baseAddress, size, 0))
        }
        return (bytes, UInt64(found.st_ino))
    }
}
