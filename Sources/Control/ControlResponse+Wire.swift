internal import Bytes
internal import StreamLog
internal import StreamModel

/// Answers as bytes, in the manner of the requests.
extension ControlResponse {
    private enum Tag: UInt8 {
        case streams = 1
        case receipt, sequences, reads, bounds, gaps, offset, positions, feeds, statistics, report
        case pin
    }

    func encode(into writer: inout ByteWriter) {
        switch self {
        case .streams(let all):
            writer.append(Tag.streams.rawValue)
            writer.append(all) { stream, writer in stream.encode(into: &writer) }
        case .receipt(let receipt):
            writer.append(Tag.receipt.rawValue)
            writer.append(receipt.appends) { outcome, writer in outcome.encode(into: &writer) }
            writer.append(receipt.answers) { answer, writer in answer.encode(into: &writer) }
        case .sequences(let all):
            writer.append(Tag.sequences.rawValue)
            writer.append(all) { last, writer in writer.append(optional: last.map { Int64($0) }) }
        case .reads(let reads):
            writer.append(Tag.reads.rawValue)
            writer.append(reads) { read, writer in read.encode(into: &writer) }
        case .bounds(let all):
            writer.append(Tag.bounds.rawValue)
            writer.append(all) { bounds, writer in
                writer.append(varint: UInt64(bounds.lowerBound))
                writer.append(varint: UInt64(bounds.upperBound))
            }
        case .gaps(let gaps):
            writer.append(Tag.gaps.rawValue)
            writer.append(gaps) { gap, writer in writer.append(gap) }
        case .offset(let offset):
            writer.append(Tag.offset.rawValue)
            writer.append(varint: UInt64(offset.rawValue))
        case .positions(let all):
            writer.append(Tag.positions.rawValue)
            writer.append(all) { entry, writer in
                writer.append(entry.kind.rawValue)
                writer.append(text: entry.name)
                writer.append(entry.partition)
                writer.append(varint: UInt64(entry.offset))
            }
        case .feeds(let all):
            writer.append(Tag.feeds.rawValue)
            writer.append(all) { feed, writer in
                writer.append(text: feed.name)
                writer.append(feed.gate.rawValue)
            }
        case .statistics(let statistics):
            writer.append(Tag.statistics.rawValue)
            statistics.encode(into: &writer)
        case .report(let report):
            writer.append(Tag.report.rawValue)
            report.encode(into: &writer)
        case .pin(let pin):
            writer.append(Tag.pin.rawValue)
            pin.encode(into: &writer)
        }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        guard let tag = Tag(rawValue: try reader.byte()) else { throw .badValue(position: start) }
        switch tag {
        case .streams:
            self = .streams(
                try reader.list { reader throws(DecodeError) in try StreamDefinition(&reader) })
        case .receipt:
            let appends = try reader.list { reader throws(DecodeError) in
                try AppendOutcome(&reader)
            }
            let answers = try reader.list { reader throws(DecodeError) in
                try StateAnswer(&reader)
            }
            self = .receipt(CommitReceipt(appends: appends, answers: answers))
        case .sequences:
            self = .sequences(
                try reader.list { reader throws(DecodeError) in
                    try reader.optional().map { Int32(truncatingIfNeeded: $0) }
                })
        case .reads:
            self = .reads(
                try reader.list { reader throws(DecodeError) in try PartitionRead(&reader) })
        case .bounds:
            self = .bounds(
                try reader.list { reader throws(DecodeError) in
                    let offsets = try reader.offsets()
                    return offsets.lowerBound...offsets.upperBound
                })
        case .gaps:
            self = .gaps(try reader.list { reader throws(DecodeError) in try reader.gap() })
        case .offset: self = .offset(try reader.offset())
        case .positions:
            self = .positions(
                try reader.list { reader throws(DecodeError) in
                    PositionEntry(
                        kind: try reader.kind(), name: try reader.text(),
                        partition: try reader.partition(), offset: try reader.offset().rawValue)
                })
        case .feeds:
            self = .feeds(
                try reader.list { reader throws(DecodeError) in
                    FeedEntry(name: try reader.text(), gate: try reader.gate())
                })
        case .statistics: self = .statistics(try StoreStatistics(&reader))
        case .report: self = .report(try StoreReport(&reader))
        case .pin: self = .pin(try LogPin(&reader))
        }
        guard reader.isAtEnd else { throw .badValue(position: reader.position) }
    }
}

extension AppendOutcome {
    fileprivate func encode(into writer: inout ByteWriter) {
        switch self {
        case .appended(let offset):
            writer.append(0)
            writer.append(varint: UInt64(offset.rawValue))
        case .duplicate(let offset):
            writer.append(1)
            writer.append(optional: offset?.rawValue)
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        if try !reader.flag() {
            self = .appended(try reader.offset())
        } else {
            self = .duplicate(try reader.optional().flatMap { Offset($0) })
        }
    }
}

extension StateAnswer {
    fileprivate func encode(into writer: inout ByteWriter) {
        switch self {
        case .done: writer.append(0)
        case .stream(let definition):
            writer.append(1)
            definition.encode(into: &writer)
        case .producer(let id, let epoch):
            writer.append(2)
            writer.append(zigzag: id.rawValue)
            writer.append(zigzag: Int64(epoch))
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        switch try reader.byte() {
        case 0: self = .done
        case 1: self = .stream(try StreamDefinition(&reader))
        case 2:
            let id = ProducerID(rawValue: try reader.zigzag())
            guard let epoch = Int16(exactly: try reader.zigzag()) else {
                throw .badValue(position: start)
            }
            self = .producer(id, epoch: epoch)
        default: throw .badValue(position: start)
        }
    }
}

extension PartitionRead {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.append(id)
        writer.append(items) { item, writer in
            switch item {
            case .batch(let batch, let appendTime):
                writer.append(0)
                writer.append(zigzag: appendTime.milliseconds)
                writer.append(varint: batch.byteCount)
                writer.append(batch.bytes)
            case .gap(let gap):
                writer.append(1)
                writer.append(gap)
            }
        }
        writer.append(varint: UInt64(next.rawValue))
        writer.append(varint: UInt64(end.rawValue))
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let id = try reader.partition()
        let items: [Item] = try reader.list { reader throws(DecodeError) in
            if try reader.flag() { return .gap(try reader.gap()) }
            let time = Timestamp(milliseconds: try reader.zigzag())
            let place = reader.position
            let bytes = try reader.array(try reader.length())
            // The owner has checked it against the store's checksums, and a socket loses nothing.
            guard let batch = try? RecordBatch(verified: bytes[...]) else {
                throw .badValue(position: place)
            }
            return .batch(batch, appendTime: time)
        }
        self.init(id: id, items: items, next: try reader.offset(), end: try reader.offset())
    }
}

extension StoreStatistics {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.append(text: storeID)
        writer.append(varint: UInt64(UInt32(bitPattern: processID)))
        writer.append(figures) { figure, writer in
            writer.append(text: figure.name)
            writer.append(zigzag: figure.value)
        }
        writer.append(text: failure ?? "")
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let storeID = try reader.text()
        let processID = try reader.number(atMost: Int(UInt32.max))
        let figures = try reader.list { reader throws(DecodeError) in
            Figure(name: try reader.text(), value: try reader.zigzag())
        }
        let failure = try reader.text()
        self.init(
            storeID: storeID, processID: Int32(truncatingIfNeeded: processID), figures: figures,
            failure: failure.isEmpty ? nil : failure)
    }
}

extension StoreReport {
    fileprivate func encode(into writer: inout ByteWriter) {
        for count in [segmentCount, blockCount, batchCount, recordCount, byteCount, damageCount] {
            writer.append(varint: count)
        }
        writer.append(damage) { piece, writer in
            writer.append(varint: piece.segment)
            writer.append(text: piece.path)
            writer.append(optional: piece.block.map { Int64(bitPattern: $0) })
            writer.append(piece.batch == nil ? 0 : 1)
            if let batch = piece.batch {
                writer.append(batch.incarnation)
                writer.append(varint: batch.partition)
                writer.append(varint: UInt64(batch.offsets.lowerBound))
                writer.append(varint: UInt64(batch.offsets.upperBound))
            }
            writer.append(piece.isHarmless ? 1 : 0)
            writer.append(text: piece.text)
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(try reader.number(atMost: Int.max)) }
        let damage = try reader.list(atMost: Self.pieceCountMax) { reader throws(DecodeError) in
            try Piece(&reader)
        }
        self.init(
            segmentCount: counts[0], blockCount: counts[1], batchCount: counts[2],
            recordCount: counts[3], byteCount: counts[4], damageCount: counts[5], damage: damage)
    }
}

extension StoreReport.Piece {
    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let segment = try reader.varint()
        let path = try reader.text()
        let block = try reader.optional().map { UInt64(bitPattern: $0) }
        var batch: StoreReport.Batch?
        if try reader.flag() {
            let stream = try reader.incarnation()
            batch = StoreReport.Batch(
                incarnation: stream, partition: try reader.number(atMost: Int(UInt32.max)),
                offsets: try reader.offsets())
        }
        self.init(
            segment: segment, path: path, block: block, batch: batch,
            isHarmless: try reader.flag(), text: try reader.text())
    }
}

extension LogPin {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.append(bigEndian: store.high)
        writer.append(bigEndian: store.low)
        writer.append(segments) { number, writer in writer.append(varint: number) }
        writer.append(varint: lastBlock)
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let store = StoreID(high: try reader.integer(), low: try reader.integer())
        let segments = try reader.list(atMost: 1 << 20) { reader throws(DecodeError) in
            try reader.varint()
        }
        self.init(store: store, segments: segments, lastBlock: try reader.varint())
    }
}
