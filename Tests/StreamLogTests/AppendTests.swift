import StreamModel
import TestKit
import Testing

@testable import StreamLog

@Suite("StreamLog: append and read")
struct AppendTests {
    @Test
    func `offsets start at 0 and are dense`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        let log = try world.log()

        let first = try await log.append(["a", "b"], to: id)
        let second = try await log.append(record("c"), to: id)

        #expect(first == .appended(Offset(0)!))
        #expect(second == Offset(2)!)
        #expect(try log.values(of: id).map(\.0) == [0, 1, 2])
        await world.close()
    }

    @Test
    func `what was appended is there after the store is opened again`() async throws {
        let world = try LogWorld()
        let id = try await world.stream()[0]
        for number in 0..<100 { _ = try await world.log().append(["event \(number)"], to: id) }

        let log = try await world.reopen()

        let values = try log.values(of: id)
        #expect(values.map(\.1) == (0..<100).map { "event \($0)" })
        #expect(values.map(\.0) == Array(0..<100))
        #expect(try await log.append(["next"], to: id) == .appended(Offset(100)!))
        await world.close()
    }

    @Test
    func `segments roll and every event stays readable across them`() async throws {
        let world = try LogWorld()
        let ids = try await world.stream(partitions: 3)
        let filler = String(repeating: "x", count: 2000)
        for number in 0..<600 {
            _ = try await world.log().append(["\(number) \(filler)"], to: ids[number % 3])
        }

        let files = try world.segmentFiles()
        let values = try world.log().values(of: ids[1])

        #expect(files.count > 3)
        #expect(values.map(\.0) == Array(0..<200))
        #expect(values.map { Int($0.1.prefix { $0 != " " }) } == (0..<200).map { $0 * 3 + 1 })
        await world.close()
    }
}
