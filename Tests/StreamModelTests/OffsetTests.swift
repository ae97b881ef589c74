import StreamModel
import Testing

@Suite("Offset")
struct OffsetTests {
    @Test
    func `an offset counts the records before it`() throws {
        let start = Offset.start

        let third = start.advanced(by: 3)

        #expect(third.rawValue == 3)
        #expect(start < third)
        #expect(start.distance(to: third) == 3)
        #expect(third.distance(to: start) == -3)
        #expect(third.advanced(by: -3) == start)
        #expect("\(third)" == "3")
    }

    @Test
    func `there are no negative offsets`() {
        #expect(Offset(-1) == nil)
        #expect(Offset(.min) == nil)
        #expect(Offset(0) == .start)
        #expect(Offset(.max)?.rawValue == .max)
    }

    @Test
    func `an offset that does not exist stops the program`() async {
        await #expect(processExitsWith: .failure) { _ = Offset.start.advanced(by: -1) }
        await #expect(processExitsWith: .failure) { _ = Offset(.max)?.advanced(by: 1) }
    }

    @Test
    func `a stream has 1 to 1024 partitions`() {
        #expect(PartitionIndex(-1) == nil)
        #expect(PartitionIndex(1024) == nil)
        #expect(PartitionIndex(UInt64.max) == nil)
        #expect(PartitionIndex(0) == .first)
        #expect(PartitionIndex(1023)?.rawValue == 1023)
    }
}
