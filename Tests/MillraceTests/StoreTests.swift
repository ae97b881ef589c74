import Millrace
import TestKit
import Testing

@Suite("Millrace: store and streams")
struct StoreTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path(of: "store") }

    init() throws { directory = try TemporaryDirectory() }

    private func open() async throws -> Store {
        var configuration = LogConfiguration()
        configuration.budget = 64 << 20
        configuration.segmentByteCount = 256 << 10
        return try await Store(opening: path, configuration)
    }

    private func record(_ text: String, key: String? = nil) -> Record {
        Record(
            key: key.map { Array($0.utf8) }, value: Array(text.utf8),
            timestamp: Timestamp(milliseconds: 1_700_000_000_000))
    }

    private func values(_ items: EventSequence) async throws -> [String] {
        var values: [String] = []
        for try await case .event(let event) in items {
            values.append(String(decoding: event.record.value ?? [], as: UTF8.self))
        }
        return values
    }

    @Test func `events of one key keep their order across a reopen`() async throws {
        let first = try await open()
        let stream = try await first.stream(named: StreamName("rooms"))
        for number in 0..<50 {
            let place = try await stream.append("\(number)", key: "kitchen")
            #expect(place.offset.rawValue == number)
        }
        await first.close()

        let second = try await open()
        let again = try second.existingStream(named: StreamName("rooms"))

        #expect(try await values(try again.read()) == (0..<50).map { "\($0)" })
        await second.close()
    }

    @Test func `events without a key go to the partitions in turn`() async throws {
        let store = try await open()
        let stream = try await store.stream(named: StreamName("rooms"), partitionCount: 3)

        var partitions: [Int32] = []
        for _ in 0..<6 {
            partitions.append(try await stream.append(record("x")).partition.rawValue)
        }

        #expect(partitions == [0, 1, 2, 0, 1, 2])
        await store.close()
    }

    @Test func `a key's partition is the one that Event Hubs chooses`() async throws {
        let store = try await open()
        let stream = try await store.stream(named: StreamName("rooms"), partitionCount: 32)

        let places = try await stream.append([
            record("a", key: "00000000-0000-0000-0000-000000000000"), record("b", key: "1"),
            record("c", key: "00000000-0000-0000-0000-000000000000"),
        ])

        let alone = try await stream.append(record("d", key: "1"))
        #expect(places[0].partition == places[2].partition)
        #expect(places[0].offset.distance(to: places[2].offset) == 1)
        #expect(alone.partition == places[1].partition)
        #expect(alone.offset == places[1].offset.advanced(by: 1))
        await store.close()
    }

    @Test func `a follower gets what comes later, and ends when the store is closed`() async throws
    {
        let store = try await open()
        let stream = try await store.stream(named: StreamName("rooms"), partitionCount: 2)
        try await stream.append([record("old")])

        let followed = try stream.follow()
        async let seen = values(followed)
        for number in 0..<20 { try await stream.append(record("\(number)")) }
        var count = 0
        for try await case .event in try stream.follow() {
            count += 1
            if count == 21 { break }
        }
        await store.close()

        let all = try await seen
        #expect(Set(all).isSubset(of: Set(["old"] + (0..<20).map { "\($0)" })))
    }

    @Test func `a cancelled follower ends`() async throws {
        let store = try await open()
        let stream = try await store.stream(named: StreamName("rooms"))
        try await stream.append("one")

        let items = try stream.follow()
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                var count = 0
                for try await _ in items { count += 1 }
                return count
            }
            group.cancelAll()
            return try await group.next()
        }

        #expect((0...1).contains(count ?? -1))
        await store.close()
    }

    @Test func `a group goes on where it was committed`() async throws {
        let store = try await open()
        let stream = try await store.stream(named: StreamName("rooms"), partitionCount: 1)
        try await stream.append(["a", "b", "c"].map { record($0) })
        let group = try ConsumerGroupName("readers")

        try await stream.commit([.first: Offset.start.advanced(by: 2)], of: group)

        #expect(try await values(try stream.read(from: .position(of: group))) == ["c"])
        #expect(stream.positions(of: group) == [.first: Offset.start.advanced(by: 2)])
        try await stream.removePositions(of: group)
        #expect(try await values(try stream.read(from: .position(of: group))) == ["a", "b", "c"])
        await store.close()
    }

    @Test func `a named producer that sends again is answered with the first offset`() async throws
    {
        let store = try await open()
        let stream = try await store.stream(named: StreamName("rooms"), partitionCount: 1)
        let producer = try await store.producer(named: ProducerName("site-7"))
        let records = [record("a"), record("b")]

        let first = try await producer.append(records, from: 0, to: .first, of: stream)
        let again = try await producer.append(records, from: 0, to: .first, of: stream)

        #expect(first == .appended(.start))
        #expect(again == .duplicate(.start))
        #expect(producer.lastSequence(in: .first, of: stream) == 1)
        await #expect(throws: CommitError.producer(.outOfOrder(expected: 2, found: 5))) {
            try await producer.append(records, from: 5, to: .first, of: stream)
        }
        await store.close()
    }

    @Test func `a second process's opening is refused by name`() async throws {
        let store = try await open()

        await #expect(throws: OpenError.self) { _ = try await open() }

        await store.close()
        let again = try await open()
        await again.close()
    }

    @Test func `an offset that is not there is refused with those that are`() async throws {
        let store = try await open()
        let stream = try await store.stream(named: StreamName("rooms"), partitionCount: 1)
        try await stream.append("one")

        #expect(throws: ReadError.offsetOutOfRange(7, valid: 0...1)) {
            try stream.read(from: .offset(Offset.start.advanced(by: 7)))
        }
        await store.close()
    }
}
