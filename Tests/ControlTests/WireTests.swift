import Bytes
import StreamModel
import TestKit
import Testing

@testable import Control
@testable import StreamLog

@Suite("Control: frames and messages")
struct WireTests {
    private static let stream = StreamIncarnation(rawValue: 3)
    private static let id = PartitionID(stream, 7)

    static func requests() throws -> [ControlRequest] {
        let name = try StreamName("events")
        let configuration = StreamConfiguration(compression: .none, createTimeDistanceMax: 5)
        let key = PositionKey(kind: .group, name: "readers", partition: id)
        let feed = FeedKey(incarnation: stream, name: "table")
        var builder = RecordBatchBuilder()
        try builder.append(key: [1], value: [2, 3], timestamp: Timestamp(milliseconds: 4))
        let commit = Commit(
            appends: [.init(builder.finish(), to: id)],
            requests: [
                .createStream(name, partitionCount: 4, configuration),
                .configureStream(name, partitionCount: 8, nil),
                .configureStream(name, partitionCount: nil, configuration), .deleteStream(name),
                .registerProducer(name: try ProducerName("p"), .keepEpoch),
                .registerProducer(name: nil, .raiseEpoch),
                .setPosition(key, Position(offset: 9, metadata: [1, 2])),
                .removePositions(.feed, name: "table", stream), .setFeed(feed, .whenExpired),
                .removeFeed(feed), .recordGap(id, Gap(offsets: 1..<3, reason: .damage, time: 6)),
            ])
        return [
            .streams, .stream(name), .commit(commit),
            .lastSequences(ProducerID(rawValue: 11), stream),
            .read(
                ReadRequest(
                    [.init(id, .start)], byteCount: 10, waitMilliseconds: 20, .refuse)),
            .bounds(stream), .gaps(id), .offset(id, Timestamp(milliseconds: -1), .create),
            .positions(stream), .feeds(stream), .statistics, .verify(.checksums),
            .verify(.records), .pin, .pipelines,
            .order(PipelineCommand(.redrive, "p", mapping: [1, 2], mayDiscard: true)),
            .order(PipelineCommand(.goOn, "", mapping: nil, mayDiscard: false)),
        ]
    }

    static func responses() throws -> [ControlResponse] {
        let definition = StreamDefinition(
            incarnation: stream, name: try StreamName("events"), partitionCount: 8,
            configuration: StreamConfiguration(), createdAt: -5)
        var builder = RecordBatchBuilder()
        try builder.append(key: nil, value: [2], timestamp: Timestamp(milliseconds: 4))
        let gap = Gap(offsets: 1..<3, reason: .retention, time: 6)
        let piece = StoreReport.Piece(
            segment: 2, path: "/x", block: .max,
            batch: .init(incarnation: stream, partition: 1, offsets: 5..<9), isHarmless: true,
            text: "broken")
        let figure = StoreStatistics.Figure(name: "rows", value: -3)
        let report = PipelineReport(
            name: "p", stream: "s", root: "/r", state: "paused", cause: "restored", text: "why",
            partitions: [.init(index: 1, position: 2, end: 3, waitingSince: -4)],
            figures: [figure], progress: .init(done: 1, all: 9),
            order: .init(serial: 7, isDone: true, figures: [figure], failure: "no"),
            notices: ["n"])
        let plain = PipelineReport(
            name: "", stream: "", root: "", state: "", cause: nil, text: "", partitions: [],
            figures: [], progress: nil, order: nil, notices: [])
        return [
            .streams([definition]), .pipelines([report, plain]), .ordered(.max),
            .receipt(
                CommitReceipt(
                    appends: [.appended(.start), .duplicate(nil), .duplicate(.start)],
                    answers: [
                        .done, .stream(definition), .producer(ProducerID(rawValue: 1), epoch: 2),
                    ])),
            .sequences([nil, 0, .max]),
            .reads([
                PartitionRead(
                    id: id,
                    items: [
                        .batch(builder.finish(), appendTime: Timestamp(milliseconds: 1)), .gap(gap),
                    ], next: .start, end: .start)
            ]),
            .bounds([0...0, 3...9]), .gaps([gap]), .offset(.start),
            .positions([PositionEntry(kind: .feed, name: "f", partition: id, offset: 4)]),
            .feeds([FeedEntry(name: "f", gate: .never)]),
            .statistics(
                StoreStatistics(
                    storeID: "a", processID: 4, figures: [.init(name: "x", value: -1)],
                    failure: "no")),
            .pin(LogPin(store: StoreID(high: 1, low: 2), segments: [7, 8, 9], lastBlock: 77)),
            .report(
                StoreReport(
                    segmentCount: 1, blockCount: 2, batchCount: 3, recordCount: 4, byteCount: 5,
                    damageCount: 6, damage: [piece])),
        ]
    }

    private func bytes(_ request: ControlRequest) -> [UInt8] {
        var writer = ByteWriter()
        request.encode(into: &writer)
        return writer.bytes
    }

    private func bytes(_ response: ControlResponse) -> [UInt8] {
        var writer = ByteWriter()
        response.encode(into: &writer)
        return writer.bytes
    }

    private func request(_ bytes: [UInt8]) throws -> ControlRequest {
        var reader = ByteReader(bytes.rawSpan)
        return try ControlRequest(&reader)
    }

    private func response(_ bytes: [UInt8]) throws -> ControlResponse {
        var reader = ByteReader(bytes.rawSpan)
        return try ControlResponse(&reader)
    }

    @Test func `a message comes out as it went in`() throws {
        for sent in try Self.requests() {
            #expect(bytes(try request(bytes(sent))) == bytes(sent))
        }
        for sent in try Self.responses() { #expect(try response(bytes(sent)) == sent) }
    }

    @Test(.proves(.hostileBytesAreHarmless))
    func `every prefix of a message is an error`() throws {
        for whole in try Self.requests().map({ bytes($0) }) {
            for count in 0..<whole.count {
                #expect(throws: DecodeError.self) { try request(Array(whole[..<count])) }
            }
        }
        for whole in try Self.responses().map({ bytes($0) }) {
            for count in 0..<whole.count {
                #expect(throws: DecodeError.self) { try response(Array(whole[..<count])) }
            }
        }
    }

    @Test(.proves(.hostileBytesAreHarmless))
    func `no changed byte of a message is a trap`() throws {
        let messages =
            try Self.requests().map { bytes($0) } + Self.responses().map { bytes($0) }
        for whole in messages {
            for place in whole.indices {
                for value in [0, 1, 0x7F, 0x80, 0xFF, whole[place] ^ 0x10] as [UInt8] {
                    var changed = whole
                    changed[place] = value
                    _ = try? request(changed)
                    _ = try? response(changed)
                }
            }
        }
    }

    @Test func `frames are cut out of whatever pieces they come in`() throws {
        let first = try #require(Frame.encoded(.request, of: 7) { $0.append([1, 2, 3]) })
        let second = try #require(Frame.encoded(.answer, of: 8) { _ in })
        let all = first + second + first
        for size in 1...all.count {
            var buffer = FrameBuffer()
            var frames: [Frame] = []
            for start in stride(from: 0, to: all.count, by: size) {
                buffer.append(Array(all[start..<min(start + size, all.count)]))
                while let frame = try buffer.next() { frames.append(frame) }
            }
            #expect(frames.map(\.request) == [7, 8, 7])
            #expect(frames.map(\.payload) == [[1, 2, 3], [], [1, 2, 3]])
        }
    }

    @Test(arguments: [0, 4, UInt32(Frame.lengthMax + 1), .max])
    func `a length that no frame has is refused before its bytes come`(length: UInt32) {
        var writer = ByteWriter()
        writer.append(bigEndian: length)
        var buffer = FrameBuffer()
        buffer.append(writer.bytes)

        #expect(throws: DecodeError.self) { try buffer.next() }
    }

    @Test func `a frame that would be too long is not made`() {
        let frame = Frame.encoded(.request, of: 1) {
            $0.append([UInt8](repeating: 0, count: Frame.lengthMax))
        }

        #expect(frame == nil)
    }
}
