import Bytes
import Glibc
import StreamModel
import TestKit
import Testing

@testable import Control
@testable import StreamLog

@Suite("Control: the socket")
struct ControlServerTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var path: String { directory.path(of: "store") }

    private func open() async throws -> OwnedStore {
        var configuration = LogConfiguration()
        configuration.budget = 64 << 20
        configuration.segmentByteCount = 256 << 10
        return try await OwnedStore(
            opening: path, configuration, random: SeededGenerator(seed: 1))
    }

    private func door() -> StoreDoor {
        StoreDoor(path, LogConfiguration(), ifMissing: .create, random: SeededGenerator(seed: 2))
    }

    private func stream(_ access: any StoreAccess) async throws -> StreamDefinition {
        let answer = try await access.perform(
            .createStream(try StreamName("events"), partitionCount: 2, StreamConfiguration()))
        guard case .stream(let definition) = answer else {
            throw AccessError.connection(.garbage)
        }
        return definition
    }

    private func batch(_ text: String) throws -> RecordBatch {
        var builder = RecordBatchBuilder()
        try builder.append(
            key: nil, value: Array(text.utf8), timestamp: Timestamp(milliseconds: 1))
        return builder.finish()
    }

    @Test func `a client is answered as the owner would be`() async throws {
        let store = try await open()
        let client = try ControlClient(connectingTo: path)
        let events = try await stream(client)
        let id = PartitionID(events.incarnation, 0)

        let receipt = try await client.commit(
            Commit(appends: [.init(try batch("a"), to: id), .init(try batch("b"), to: id)]))

        #expect(receipt.appends == [.appended(Offset.start), .appended(Offset(unchecked: 1))])
        let request = ReadRequest([.init(id, .start)])
        #expect(try await client.read(request) == store.read(request))
        #expect(try await client.streams() == [events])
        #expect(try await client.bounds(of: events.incarnation) == [0...2, 0...0])
        #expect(try await client.verify().recordCount == 2)
        await #expect(throws: AccessError.self) {
            try await client.stream(named: StreamName("nothing"))
        }
        await client.close()
        await store.close()
    }

    @Test func `a read that waits holds up neither its connection nor the shutdown`() async throws {
        let store = try await open()
        let client = try ControlClient(connectingTo: path)
        let id = PartitionID(try await stream(client).incarnation, 0)
        let request = ReadRequest([.init(id, .start)], waitMilliseconds: 30_000)

        let begin = ContinuousClock().now
        async let waiting = client.read(request)
        #expect(try await client.streams().count == 1)
        _ = try await client.commit(Commit(appends: [.init(try batch("news"), to: id)]))
        let news = try await waiting
        #expect(news.first?.next == Offset(unchecked: 1))
        #expect(ContinuousClock().now - begin < .seconds(20), "it slept through its event")

        let late = ReadRequest([.init(id, Offset(unchecked: 1))], waitMilliseconds: 30_000)
        async let never = client.read(late)
        #expect(try await client.streams().count == 1)
        await store.close()
        let isRefused: Bool
        do {
            _ = try await never
            isRefused = false
        } catch {
            isRefused = true
        }
        #expect(isRefused)
        await client.close()
    }

    @Test func `a client that reads nothing holds up nobody`() async throws {
        let store = try await open()
        let client = try ControlClient(connectingTo: path)
        let id = PartitionID(try await stream(client).incarnation, 0)
        let large = try batch(String(repeating: "x", count: 1 << 20))
        _ = try await client.commit(Commit(appends: [.init(large, to: id)]))
        let deaf = try UnixSocket.connected(to: ControlServer.socketName, in: path)
        let hello = try #require(Frame.encoded(.hello, of: 0) { Hello().encode(into: &$0) })
        #expect(deaf.sendAll(hello))
        for number in 1..<60 {
            let ask = try #require(
                Frame.encoded(.request, of: UInt32(number)) {
                    ControlRequest.read(ReadRequest([.init(id, .start)])).encode(into: &$0)
                })
            #expect(deaf.sendAll(ask))
        }

        for _ in 0..<20 {
            _ = try await client.commit(Commit(appends: [.init(try batch("y"), to: id)]))
        }

        #expect(try await client.bounds(of: id.incarnation)[0] == 0...21)
        await client.close()
        await store.close()
        withExtendedLifetime(deaf) {}
    }

    @Test(.proves(.hostileBytesAreHarmless))
    func `nonsense ends its connection and nothing else`() async throws {
        let store = try await open()
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            let hostile = try UnixSocket.connected(to: ControlServer.socketName, in: path)
            let hello = try #require(Frame.encoded(.hello, of: 0) { Hello().encode(into: &$0) })
            let noise = generator.bytes(200)
            let frame = try #require(Frame.encoded(.request, of: 1) { $0.append(noise) })
            _ = hostile.sendAll(Bool.random(using: &generator) ? noise : hello + frame)
            hostile.shutDown()
        }

        // There may be more of them than are let in at a time; a door knocks until it is.
        let door = door()
        #expect(try await door.access().streams() == [])
        #expect(door.side == .client)
        await door.close()
        await store.close()
    }

    @Test func `one connection too many is turned away`() async throws {
        let store = try await open()
        var clients: [ControlClient] = []
        for _ in 0..<ControlServer.connectionCountMax {
            clients.append(try ControlClient(connectingTo: path))
        }

        #expect(throws: ConnectionFault.lost) { try ControlClient(connectingTo: path) }

        for client in clients { await client.close() }
        await store.close()
    }

    @Test func `what a killed owner left at the socket's place is replaced`() async throws {
        let first = try await open()
        await first.close()
        let left = try UnixSocket.listening(at: ControlServer.socketName, in: path)
        left.shutDown()

        let second = try await open()

        let client = try ControlClient(connectingTo: path)
        #expect(try await client.streams() == [])
        await client.close()
        await second.close()
    }

    @Test func `only the owner's user may use the socket's file`() async throws {
        let store = try await open()
        var found = stat()

        #expect(unsafe stat(path + "/" + ControlServer.socketName, &found) == 0)

        #expect(found.st_mode & 0o777 == 0o600)
        await store.close()
    }

    @Test func `who comes to an open store talks to its owner, and takes over when it goes`()
        async throws
    {
        let store = try await open()
        let door = door()
        let first = try await door.access().streams()
        #expect(door.side == .client)

        await store.close()
        let second = try await door.repeatedly { access throws(AccessError) in
            try await access.streams()
        }

        #expect(door.side == .owner)
        #expect(first == second)
        await door.close()
    }

    @Test func `a store that is not there is made only by who wants to`() async throws {
        let careful = StoreDoor(
            path, LogConfiguration(), ifMissing: .fail, random: SeededGenerator(seed: 2))

        await #expect(throws: AccessError.noStore(path: path)) { try await careful.access() }

        #expect(!StoreDoor.hasStore(at: path))
    }
}
