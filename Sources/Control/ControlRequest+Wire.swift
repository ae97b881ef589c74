internal import Bytes
internal import StreamLog
internal import StreamModel

/// Requests as bytes: a tag, and the fields of the case. Integers are varints, names and batches
/// have their length before them, lists their count. `Control.docc/Control.md` has the table.
extension ControlRequest {
    private enum Tag: UInt8 {
        case streams = 1
        case stream, commit, lastSequences, read, bounds, gaps, offset, positions, feeds
        case statistics, verify, pin, pipelines, order
    }

    func encode(into writer: inout ByteWriter) {
        switch self {
        case .streams: writer.append(Tag.streams.rawValue)
        case .stream(let name):
            writer.append(Tag.stream.rawValue)
            writer.append(text: name.text)
        case .commit(let commit):
            writer.append(Tag.commit.rawValue)
            commit.encode(into: &writer)
        case .lastSequences(let producer, let stream):
            writer.append(Tag.lastSequences.rawValue)
            writer.append(zigzag: producer.rawValue)
            writer.append(stream)
        case .read(let request):
            writer.append(Tag.read.rawValue)
            request.encode(into: &writer)
        case .bounds(let stream):
            writer.append(Tag.bounds.rawValue)
            writer.append(stream)
        case .gaps(let id):
            writer.append(Tag.gaps.rawValue)
            writer.append(id)
        case .offset(let id, let time, let kind):
            writer.append(Tag.offset.rawValue)
            writer.append(id)
            writer.append(zigzag: time.milliseconds)
            writer.append(kind == .append ? 0 : 1)
        case .positions(let stream):
            writer.append(Tag.positions.rawValue)
            writer.append(stream)
        case .feeds(let stream):
            writer.append(Tag.feeds.rawValue)
            writer.append(stream)
        case .statistics: writer.append(Tag.statistics.rawValue)
        case .verify(let depth):
            writer.append(Tag.verify.rawValue)
            writer.append(depth == .checksums ? 0 : 1)
        case .pin: writer.append(Tag.pin.rawValue)
        case .pipelines: writer.append(Tag.pipelines.rawValue)
        case .order(let command):
            writer.append(Tag.order.rawValue)
            command.encode(into: &writer)
        }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        guard let tag = Tag(rawValue: try reader.byte()) else { throw .badValue(position: start) }
        switch tag {
        case .streams: self = .streams
        case .stream: self = .stream(try reader.name())
        case .commit: self = .commit(try Commit(&reader))
        case .lastSequences:
            self = .lastSequences(
                ProducerID(rawValue: try reader.zigzag()), try reader.incarnation())
        case .read: self = .read(try ReadRequest(&reader))
        case .bounds: self = .bounds(try reader.incarnation())
        case .gaps: self = .gaps(try reader.partition())
        case .offset:
            let id = try reader.partition()
            let time = Timestamp(milliseconds: try reader.zigzag())
            self = .offset(id, time, try reader.flag() ? .create : .append)
        case .positions: self = .positions(try reader.incarnation())
        case .feeds: self = .feeds(try reader.incarnation())
        case .statistics: self = .statistics
        case .verify: self = .verify(try reader.flag() ? .records : .checksums)
        case .pin: self = .pin
        case .pipelines: self = .pipelines
        case .order: self = .order(try PipelineCommand(&reader))
        }
        guard reader.isAtEnd else { throw .badValue(position: reader.position) }
    }
}

extension ReadRequest {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.append(places) { place, writer in
            writer.append(place.id)
            writer.append(varint: UInt64(place.offset.rawValue))
        }
        writer.append(varint: byteCount)
        writer.append(varint: waitMilliseconds)
        writer.append(retainedAway == .refuse ? 0 : 1)
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let places: [Place] = try reader.list(atMost: PartitionIndex.counts.upperBound) {
            reader throws(DecodeError) in
            Place(try reader.partition(), try reader.offset())
        }
        let byteCount = try reader.number(atMost: Int.max)
        let wait = try reader.number(atMost: Int.max)
        self.init(
            places, byteCount: byteCount, waitMilliseconds: wait,
            try reader.flag() ? .reportGap : .refuse)
    }
}

extension Commit {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.append(appends) { append, writer in
            writer.append(append.partition)
            writer.append(varint: append.batch.byteCount)
            writer.append(append.batch.bytes)
        }
        writer.append(requests) { request, writer in request.encode(into: &writer) }
    }

    /// A batch from a stranger is looked at as closely as one from a Kafka client: what is stored
    /// here, readers have to be able to decode.
    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let appends: [Append] = try reader.list(atMost: 4096) { reader throws(DecodeError) in
            let id = try reader.partition()
            let place = reader.position
            let bytes = try reader.array(try reader.length())
            guard let batch = try? RecordBatch(validating: bytes),
                (try? batch.validateRecords()) != nil
            else { throw .badValue(position: place) }
            return Append(batch, to: id)
        }
        let requests: [StateRequest] = try reader.list(atMost: 4096) {
            reader throws(DecodeError) in try StateRequest(&reader)
        }
        self.init(appends: appends, requests: requests)
    }
}

extension StateRequest {
    private enum Tag: UInt8 {
        case createStream = 1
        case configureStream, deleteStream, registerProducer, setPosition, removePositions
        case setFeed, removeFeed, recordGap
    }

    fileprivate func encode(into writer: inout ByteWriter) {
        switch self {
        case .createStream(let name, let count, let configuration):
            writer.append(Tag.createStream.rawValue)
            writer.append(text: name.text)
            writer.append(varint: UInt64(UInt32(clamping: count)))
            configuration.encode(into: &writer)
        case .configureStream(let name, let count, let configuration):
            writer.append(Tag.configureStream.rawValue)
            writer.append(text: name.text)
            writer.append(optional: count.map { Int64($0) })
            writer.append(configuration == nil ? 0 : 1)
            configuration?.encode(into: &writer)
        case .deleteStream(let name):
            writer.append(Tag.deleteStream.rawValue)
            writer.append(text: name.text)
        case .registerProducer(let name, let fencing):
            writer.append(Tag.registerProducer.rawValue)
            writer.append(text: name?.text ?? "")
            writer.append(fencing == .raiseEpoch ? 1 : 0)
        case .setPosition(let key, let position):
            writer.append(Tag.setPosition.rawValue)
            writer.append(key.kind.rawValue)
            writer.append(text: key.name)
            writer.append(key.partition)
            writer.append(zigzag: position.offset)
            writer.append(prefixed: position.metadata)
        case .removePositions(let kind, let name, let stream):
            writer.append(Tag.removePositions.rawValue)
            writer.append(kind.rawValue)
            writer.append(text: name)
            writer.append(stream)
        case .setFeed(let key, let gate):
            writer.append(Tag.setFeed.rawValue)
            writer.append(text: key.name)
            writer.append(key.incarnation)
            writer.append(gate.rawValue)
        case .removeFeed(let key):
            writer.append(Tag.removeFeed.rawValue)
            writer.append(text: key.name)
            writer.append(key.incarnation)
        case .recordGap(let id, let gap):
            writer.append(Tag.recordGap.rawValue)
            writer.append(id)
            writer.append(gap)
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        guard let tag = Tag(rawValue: try reader.byte()) else { throw .badValue(position: start) }
        switch tag {
        case .createStream:
            self = .createStream(
                try reader.name(), partitionCount: try reader.number(atMost: Int(UInt32.max)),
                try StreamConfiguration(&reader))
        case .configureStream:
            let name: StreamName = try reader.name()
            let count = try reader.optional().map { Int($0) }
            let configuration = try reader.flag() ? try StreamConfiguration(&reader) : nil
            self = .configureStream(name, partitionCount: count, configuration)
        case .deleteStream: self = .deleteStream(try reader.name())
        case .registerProducer:
            let text = try reader.text()
            let name = try? ProducerName(text)
            guard text.isEmpty || name != nil else { throw .badValue(position: start) }
            self = .registerProducer(name: name, try reader.flag() ? .raiseEpoch : .keepEpoch)
        case .setPosition:
            let kind = try reader.kind()
            let key = PositionKey(
                kind: kind, name: try reader.name(of: kind), partition: try reader.partition())
            let offset = try reader.zigzag()
            self = .setPosition(
                key, Position(offset: offset, metadata: try reader.array(try reader.length())))
        case .removePositions:
            let kind = try reader.kind()
            self = .removePositions(
                kind, name: try reader.name(of: kind), try reader.incarnation())
        case .setFeed:
            let name = try reader.name(of: .feed)
            let key = FeedKey(incarnation: try reader.incarnation(), name: name)
            self = .setFeed(key, try reader.gate())
        case .removeFeed:
            let name = try reader.name(of: .feed)
            self = .removeFeed(FeedKey(incarnation: try reader.incarnation(), name: name))
        case .recordGap: self = .recordGap(try reader.partition(), try reader.gap())
        }
    }
}
