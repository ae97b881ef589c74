internal import Bytes
internal import Control
internal import StreamLog
internal import StreamModel

/// One run of `consume`: reads the partitions in turns, prints, and remembers how far it got.
struct ConsumeRun {
    /// How far one partition has been printed.
    private struct Line {
        let id: PartitionID
        var next: Offset
        /// Where to stop; nil: never.
        let end: Offset?
        /// What the group has committed last.
        var committed: Offset?

        var isOver: Bool { end.map { next >= $0 } ?? false }
    }

    private let command: ConsumeCommand
    private let stream: StreamDefinition
    private let door: StoreDoor
    private var lines: [Line] = []
    private var turn = 0
    private var output = Output()
    private var printed = 0
    private let clock = ContinuousClock()
    private var lastCommit: ContinuousClock.Instant

    private static let waitMilliseconds = 500
    /// A group's positions are committed at most this often while events keep coming.
    private static let commitPause = Duration.seconds(1)

    init(_ command: ConsumeCommand, _ door: StoreDoor) async throws {
        self.command = command
        self.door = door
        lastCommit = clock.now
        let name = command.stream
        let access = try await door.access()
        stream = try await access.stream(named: name)
        let bounds = try await access.bounds(of: stream.incarnation)
        var known: [PartitionID: Int64] = [:]
        if let group = command.group {
            for entry in try await access.positions(of: stream.incarnation)
            where entry.kind == .group && entry.name == group.text {
                known[entry.partition] = entry.offset
            }
        }
        for index in try Self.partitions(command, bounds.count) {
            let id = PartitionID(stream.incarnation, UInt32(index))
            let committed = known[id].flatMap { Offset($0) }
            let start = try await Self.start(command, access, id, bounds[index])
            lines.append(
                Line(
                    id: id, next: committed ?? start,
                    end: command.follow ? nil : Offset(bounds[index].upperBound),
                    committed: committed))
        }
    }

    private static func partitions(_ command: ConsumeCommand, _ count: Int) throws -> [Int] {
        guard let partition = command.partition else { return Array(0..<count) }
        guard (0..<count).contains(partition) else {
            throw CommandFailure(ReadError.unknownPartition(partition, count: count))
        }
        return [partition]
    }

    private static func start(
        _ command: ConsumeCommand, _ access: any StoreAccess, _ id: PartitionID,
        _ bounds: ClosedRange<Int64>
    ) async throws -> Offset {
        switch command.from {
        case .earliest: return Offset(bounds.lowerBound) ?? .start
        case .latest: return Offset(bounds.upperBound) ?? .start
        case .time(let time): return try await access.offset(of: id, at: time, by: command.by.kind)
        case .offset(let offset):
            guard bounds.contains(offset), let offset = Offset(offset) else {
                throw CommandFailure(
                    "partition \(id.index): \(ReadError.offsetOutOfRange(offset, valid: bounds))")
            }
            return offset
        }
    }

    // MARK: Printing

    /// Returns when everything has been printed, or the interruption has come.
    mutating func printAll(until interruption: Interruption) async throws {
        while !interruption.hasCome && !hasEnough {
            let open = lines.filter { !$0.isOver }
            if open.isEmpty { break }
            let request = request(open)
            let reads = try await door.repeatedly { access throws(AccessError) in
                try await access.read(request)
            }
            for read in reads { try show(read) }
            try output.flush()
            if clock.now - lastCommit >= Self.commitPause { try await commit() }
            if reads.isEmpty && !command.follow { break }
        }
        try await commit()
    }

    private var hasEnough: Bool { command.max.map { printed >= $0 } ?? false }

    private mutating func request(_ open: [Line]) -> ReadRequest {
        let first = turn % open.count
        turn += 1
        let places = (open[first...] + open[..<first]).map { ReadRequest.Place($0.id, $0.next) }
        return ReadRequest(
            places, waitMilliseconds: command.follow ? Self.waitMilliseconds : 0, .reportGap)
    }

    private mutating func show(_ read: PartitionRead) throws {
        guard let index = lines.firstIndex(where: { $0.id == read.id }) else { return }
        for item in read.items where !lines[index].isOver && !hasEnough {
            switch item {
            case .gap(let gap):
                try show(gap, of: index)
                lines[index].next = Offset(gap.offsets.upperBound) ?? lines[index].next
            case .batch(let batch, let appendTime): try show(batch, appendTime, of: index)
            }
        }
    }

    private mutating func show(
        _ batch: RecordBatch, _ appendTime: Timestamp, of index: Int
    ) throws {
        let partition = Int(lines[index].id.index)
        do {
            let records = try batch.decoded(limit: LogLimits.decodedByteCountMax)
            var cursor = records.cursor()
            while let record = try cursor.next() {
                guard record.offset >= lines[index].next else { continue }
                if lines[index].isOver || hasEnough { return }
                try show(record, appendTime, partition)
                printed += 1
                lines[index].next = record.offset.advanced(by: 1)
            }
        } catch let error as BatchError {
            // The bytes are those that were sent, and no records.
            complain(
                "partition \(partition), offsets \(batch.baseOffset) to "
                    + "\(batch.endOffset.rawValue - 1): \(error)")
        }
        lines[index].next = max(lines[index].next, batch.endOffset)
    }

    private mutating func show(
        _ record: borrowing RecordView, _ appendTime: Timestamp, _ partition: Int
    ) throws {
        guard command.store.json else { return try output.writeLine(record.value) }
        let stored = record.stored()
        try output.write(
            JSONText.line { line in
                line.add("partition", partition)
                line.add("offset", stored.offset.rawValue)
                line.add("timestamp", stored.record.timestamp.description)
                line.add("appendTime", appendTime.description)
                line.add("key", bytes: stored.record.key)
                line.array("headers", stored.record.headers) { header, line in
                    line.add("name", header.name)
                    line.add("value", bytes: header.value)
                }
                line.add("value", bytes: stored.record.value)
            })
    }

    private mutating func show(_ gap: Gap, of index: Int) throws {
        let partition = lines[index].id.index
        let (first, next) = (gap.offsets.lowerBound, gap.offsets.upperBound)
        guard command.store.json else {
            try output.flush()
            return complain(
                "gap in partition \(partition): offsets \(first) to \(next - 1) "
                    + "(\(next - first) events) cannot be read: \(gap.reason)")
        }
        try output.write(
            JSONText.line { line in
                line.add("partition", partition)
                line.object("gap") { line in
                    line.add("first", first)
                    line.add("last", next - 1)
                    line.add("count", next - first)
                    line.add("reason", gap.reason.description)
                    line.add("time", Timestamp(milliseconds: gap.time).description)
                }
            })
    }

    // MARK: Positions

    /// Makes durable what has been written, for the group.
    private mutating func commit() async throws {
        lastCommit = clock.now
        guard let group = command.group else { return }
        let moved = lines.indices.filter { lines[$0].committed != lines[$0].next }
        guard !moved.isEmpty else { return }
        let requests = moved.map { index in
            StateRequest.setPosition(
                PositionKey(kind: .group, name: group.text, partition: lines[index].id),
                Position(offset: lines[index].next.rawValue))
        }
        _ = try await door.repeatedly { access throws(AccessError) in
            try await access.commit(Commit(requests: requests))
        }
        for index in moved { lines[index].committed = lines[index].next }
    }
}
