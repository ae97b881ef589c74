import StreamModel
import Synchronization
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: what a commit may hold")
struct CommitTests {
    @Test(.proves(.hostileBytesAreHarmless))
    func `a record that is too large is refused and the log goes on`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        let large = Record(
            value: Array(repeating: 1, count: 5 << 20), timestamp: Timestamp(milliseconds: 0))

        await #expect(throws: CommitError.self) { try await log.append(large, to: id) }

        #expect(try await log.append(["after"], to: id) == .appended(.start))
        #expect(try await log.append(record("one"), to: id) == Offset(1)!)
        await world.close()
    }

    @Test(
        .proves(.hostileBytesAreHarmless),
        arguments: [
            BatchProducer(id: 7, epoch: 0, baseSequence: -1),
            BatchProducer(id: 7, epoch: 0, baseSequence: .min),
            BatchProducer(id: 7, epoch: -1, baseSequence: 0),
            BatchProducer(id: .max, epoch: 0, baseSequence: 0),
            BatchProducer(id: 1 << 62 + 1, epoch: 0, baseSequence: 0),
        ])
    func `a producer that numbers batches as nobody may is refused`(
        producer: BatchProducer
    ) async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let hostile = try batch(["x"], producer: producer)

        await #expect(throws: CommitError.self) {
            try await world.log().commit(Commit(appends: [.init(hostile, to: id)]))
        }

        let log = try await world.reopen()
        #expect(try await log.append(["after"], to: id) == .appended(.start))
        await world.close()
    }

    @Test(.proves(.acknowledgedIsDurable))
    func `a commit of very many small batches is refused or stays readable`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let small = try batch([""])
        let commit = Commit(appends: Array(repeating: .init(small, to: id), count: 60_000))

        let isTaken = (try? await world.log().commit(commit)) != nil

        let end = try await world.reopen().bounds(of: id).upperBound
        #expect(end == (isTaken ? 60_000 : 0))
        #expect(try world.log().gaps(of: id) == [])
        await world.close()
    }

    @Test(.proves(.acknowledgedIsDurable))
    func `a commit of large batches with large metadata is refused or stays readable`()
        async throws
    {
        let world = try LogWorld { configuration in
            configuration.segmentByteCount = 64 << 20
            configuration.budget = 256 << 20
        }
        let id = try await world.stream()[0]
        let metadata = Array(repeating: UInt8(7), count: 64 << 10)
        let requests = (0..<12).map { place in
            StateRequest.setPosition(
                PositionKey(kind: .group, name: "g\(place)", partition: id),
                Position(offset: 0, metadata: metadata))
        }
        let appends = try [3_900_000, 3_900_000].map {
            Commit.Append(try largeBatch($0), to: id)
        }

        let isTaken =
            (try? await world.log().commit(Commit(appends: appends, requests: requests))) != nil

        let log = try await world.reopen()
        #expect(try log.bounds(of: id).upperBound == (isTaken ? 2 : 0))
        #expect(try log.gaps(of: id) == [])
        #expect(log.positions(of: id.incarnation).count == (isTaken ? 12 : 0))
        await world.close()
    }

    @Test(.proves(.acknowledgedIsDurable))
    func `several batches of one partition in one block are all there after a reopen`()
        async throws
    {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let values = ["a", "b", "c", "d"]
        let appends = try values.map { Commit.Append(try batch([$0]), to: id) }
        _ = try await world.log().commit(Commit(appends: appends))

        let log = try await world.reopen()

        #expect(try log.values(of: id).map(\.1) == values)
        #expect(try log.gaps(of: id) == [])
        await world.close()
    }

    @Test
    func `small commits that wait together are not refused for being large together`()
        async throws
    {
        let world = try LogWorld { configuration in
            configuration.segmentByteCount = 64 << 20
            configuration.budget = 256 << 20
            configuration.linger = 100
        }
        let id = try await world.stream()[0]
        let metadata = Array(repeating: UInt8(7), count: 60 << 10)
        let commits = (0..<40).map { place in
            Commit(requests: [
                .setPosition(
                    PositionKey(kind: .group, name: "g\(place)", partition: id),
                    Position(offset: 0, metadata: metadata))
            ])
        }

        let answers = try await world.log().commitTogether(commits)

        #expect(answers.filter { (try? $0.get()) == nil }.count == 0)
        await world.close()
    }

    @Test(.proves(.acknowledgedIsDurable))
    func `batches that fill a block leave no room for metadata that comes with them`()
        async throws
    {
        let world = try LogWorld { configuration in
            configuration.segmentByteCount = 64 << 20
            configuration.budget = 256 << 20
            configuration.linger = 100
        }
        let id = try await world.stream()[0]
        let position = StateRequest.setPosition(
            PositionKey(kind: .group, name: "g", partition: id),
            Position(offset: 0, metadata: Array(repeating: 7, count: 64 << 10)))
        let commits = [
            Commit(appends: [.init(try largeBatch((4 << 20) - 1000), to: id)]),
            Commit(appends: [.init(try largeBatch((4 << 20) - 80_000), to: id)]),
            Commit(requests: [position]),
        ]

        let answers = try await world.log().commitTogether(commits)

        try #require(answers.allSatisfy { (try? $0.get()) != nil })
        let log = try await world.reopen()
        #expect(try log.bounds(of: id) == 0...2)
        let values = try log.values(of: id)
        #expect(values.map(\.0) == [0, 1])
        await world.close()
    }

    @Test
    func `a stream that is deleted does not come back with a batch that waited beside`()
        async throws
    {
        let world = try LogWorld { $0.linger = 100 }
        let id = try await world.stream()[0]
        let log = try world.log()
        _ = try await log.append(["x"], to: id)
        let key = PositionKey(kind: .group, name: "g", partition: id)

        let answers = await log.commitTogether([
            Commit(requests: [.deleteStream(try StreamName("events"))]),
            Commit(appends: [.init(try batch(["late"]), to: id)]),
            Commit(requests: [.setPosition(key, Position(offset: 1))]),
            Commit(requests: [.setFeed(FeedKey(incarnation: id.incarnation, name: "f"), .never)]),
        ])

        #expect(answers.map { (try? $0.get()) != nil } == [true, false, false, false])
        #expect(log.streams().isEmpty)
        #expect(log.position(key) == nil)
        await world.close()
    }

    @Test
    func `a configuration of extreme values survives a reopen`() async throws {
        let world = try LogWorld()
        let name = try StreamName("events")
        let configuration = StreamConfiguration(createTimeDistanceMax: .max)

        let made = try await world.log().createStream(name, partitionCount: 1024, configuration)

        #expect(try await world.reopen().stream(named: name) == made)
        #expect(try await world.reopen().stream(named: name) == made)
        await world.close()
    }

    @Test(.proves(.hostileBytesAreHarmless))
    func `producers that nobody registered do not make the state grow without bound`()
        async throws
    {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()
        var refusals = 0

        for number in 0..<40 {
            let appends = try (0..<50).map { place in
                let producer = BatchProducer(
                    id: Int64(number * 50 + place), epoch: 0, baseSequence: 0)
                return Commit.Append(try batch(["x"], producer: producer), to: id)
            }
            let result = await log.result(of: Commit(appends: appends))
            if case .failure(.full(.state)) = result { refusals += 1 }
        }

        let held = log.shared.view.withLock { $0.state }.encodeSnapshot().count
        #expect(refusals > 0)
        #expect(held <= 2 * (256 << 10) / 16)
        await world.close()
    }
}
