import ColumnsKit
import TestKit
import Testing

@testable import Columns

/// Builders of every type, fed at random beside a list of what was appended.
@Suite("Columns: builders, against a list")
struct ColumnBuilderLaws {
    @Test(arguments: DataType.samples)
    func `a column is what was appended and not taken back`(type: DataType) {
        for seed in 1...30 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var builder = ColumnBuilder(type, dictionaryBudget: 100)
            var model: [ColumnValue] = []

            for _ in 0..<200 {
                if Int.random(in: 0..<12, using: &random) == 0 {
                    let kept = Int.random(in: 0...model.count, using: &random)
                    if !type.children.isEmpty {
                        // What is begun and not completed goes, too.
                        builder.children[0].appendNull()
                    }
                    builder.truncate(to: kept)
                    model.removeLast(model.count - kept)
                } else {
                    let value = ColumnValue.random(of: type, using: &random)
                    builder.append(value)
                    model.append(value)
                }
            }

            #expect(builder.count == model.count)
            let column = builder.take()
            var cursor = ColumnCursor(column)
            #expect((0..<column.count).map { _ in cursor.next() } == model, "seed \(seed)")
        }
    }
}
