import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: the budget of the tables", .proves(.staysInBudget))
struct TableBudgetLaws {
    private static let limit: Int64 = 6400

    private func budget(holding byteCount: Int64) -> TableBudget {
        var budget = TableBudget(byteCountMax: Self.limit)
        budget.measured(["/t/a": .init(byteCount: byteCount, dataByteCount: byteCount)], at: "/t/a")
        return budget
    }

    @Test(arguments: [0, 1, 3200, 6299] as [Int64])
    func `what is said to be room is given`(used: Int64) {
        var budget = budget(holding: used)
        #expect(budget.room > 0)
        #expect(budget.take(budget.room, at: "/t/a") == nil)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `whatever is asked for and goes, what is taken stays below the limit`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var budget = TableBudget(byteCountMax: Self.limit)
        for _ in 0..<200 {
            let root = ["/t/a", "/t/b"].randomElement(using: &generator) ?? ""
            if Int.random(in: 0..<8, using: &generator) == 0 {
                let left = Int64.random(in: 0...budget.byteCount(at: root), using: &generator)
                budget.measured([root: .init(byteCount: left, dataByteCount: left)], at: root)
                continue
            }
            let used = budget.usedByteCount
            let asked = Int64.random(in: 1...600, using: &generator)
            let refusal = budget.take(asked, at: root)
            #expect(budget.usedByteCount == (refusal == nil ? used + asked : used))
            #expect(budget.usedByteCount <= Self.limit)
            if refusal == nil { #expect(budget.shortage == nil) }
            if used + asked > Self.limit { #expect(refusal != nil) }
        }
    }

    @Test
    func `after a refusal nobody gets anything before a sixteenth is free`() {
        var budget = budget(holding: 6390)
        #expect(budget.take(20, at: "/t/a") != nil)

        for left in stride(from: Int64(6390), through: 6001, by: -1) {
            budget.measured(["/t/a": .init(byteCount: left, dataByteCount: left)], at: "/t/a")
            #expect(budget.take(1, at: "/t/a") != nil)
        }
        budget.measured(["/t/a": .init(byteCount: 6000, dataByteCount: 6000)], at: "/t/a")

        #expect(budget.take(1, at: "/t/a") == nil)
    }

    @Test
    func `a flush larger than the sixteenth waits until it fits`() {
        var budget = budget(holding: 5900)
        #expect(budget.take(1000, at: "/t/a")?.neededByteCount == 1100)

        budget.measured(["/t/a": .init(byteCount: 5301, dataByteCount: 0)], at: "/t/a")
        #expect(budget.shortage != nil)
        budget.measured(["/t/a": .init(byteCount: 5300, dataByteCount: 0)], at: "/t/a")

        #expect(budget.take(1000, at: "/t/a") == nil)
    }

    @Test
    func `dead files are no reason to trim rows`() {
        var budget = budget(holding: 6000)
        budget.note(live: 3000, in: "/t/a")
        #expect(budget.isTight)
        #expect(budget.kept(ofLive: 3000) == nil)

        budget.note(live: 6000, in: "/t/a")

        #expect(budget.kept(ofLive: 6000) == 4800)
    }

    @Test
    func `rows go also where less would do, if somebody waits for more`() {
        var budget = budget(holding: 5500)
        #expect(budget.kept(ofLive: 5500) == nil)
        #expect(budget.take(1500, at: "/t/a") != nil)

        #expect(budget.kept(ofLive: 5500) == 4800)
    }

    @Test
    func `a table counts once, though another's name begins as its own`() {
        var budget = TableBudget(byteCountMax: Self.limit)
        let (one, two) = (
            TableBudget.Use(byteCount: 100, dataByteCount: 90),
            TableBudget.Use(byteCount: 50, dataByteCount: 40)
        )
        budget.measured(["/t/a": one, "/t/a_b": two], at: "/t/a")
        budget.measured(["/t/a_b": two], at: "/t/a_b")

        #expect(budget.usedByteCount == 150)
        #expect(budget.byteCount(at: "/t/a_b") == 50)
        budget.measured([:], at: "/t/a")
        #expect(budget.usedByteCount == 0)
    }

    @Test
    func `without a limit nothing is refused`() {
        var budget = TableBudget(byteCountMax: .max)
        for _ in 0..<100 { #expect(budget.take(.max / 1000, at: "/t/a") == nil) }

        #expect(!budget.isTight)
        #expect(!budget.isStale)
        #expect(budget.kept(ofLive: .max / 10) == nil)
    }
}
