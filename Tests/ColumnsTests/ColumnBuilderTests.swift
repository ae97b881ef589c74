import Bytes
import Testing

@testable import Columns

@Suite("Columns: builders")
struct ColumnBuilderTests {
    @Test
    func `a column keeps its values without gaps, and knows which places are null`() {
        var builder = ColumnBuilder(.long)

        builder.append(int64: 7)
        builder.appendNull()
        builder.append(int64: -7)
        let column = builder.take()

        #expect(column.count == 3)
        #expect(column.validity.nullCount == 1)
        #expect((0..<3).map { column.validity[$0] } == [true, false, true])
        guard case .int64(let values) = column.values else { return #expect(Bool(false)) }
        #expect(values == [7, -7])
    }

    @Test
    func `a taken builder is empty and takes values again`() {
        var builder = ColumnBuilder(.string)
        builder.append(string: "first")
        builder.appendNull()
        _ = builder.take()

        builder.append(string: "second")
        let column = builder.take()

        #expect(column.strings == ["second"])
        #expect(column.count == 1)
    }

    @Test
    func `each different string is kept once`() {
        var builder = ColumnBuilder(.string)

        for index in 0..<10_000 { builder.append(string: "device-\(index % 100)") }
        let column = builder.take()

        guard case .strings(let values) = column.values else { return #expect(Bool(false)) }
        #expect(values.dictionary.count == 100)
        #expect(values.rest.count == 0)
        #expect(column.strings == (0..<10_000).map { "device-\($0 % 100)" })
    }

    @Test
    func `strings past the dictionary's budget are kept as they come`() {
        var builder = ColumnBuilder(.string, dictionaryBudget: 100)
        let strings = (0..<500).map { "text \($0 / 2)" }

        for string in strings { builder.append(string: string) }
        let column = builder.take()

        guard case .strings(let values) = column.values else { return #expect(Bool(false)) }
        #expect(values.dictionary.bytes.count + 4 * values.dictionary.count <= 100)
        #expect(values.rest.count > 400)
        #expect(column.strings == strings)
    }

    @Test(arguments: [(1, 0), (5, 2), (9, 0), (10, 3), (18, 4), (19, 0), (38, 6)])
    func `a decimal with more digits than its column is refused and changes nothing`(
        precision: Int, scale: Int
    ) throws {
        var builder = ColumnBuilder(.decimal(precision: precision, scale: scale))
        let limit = (0..<precision).reduce(Int128(1)) { power, _ in power * 10 }

        try builder.append(unscaled: limit - 1)
        try builder.append(unscaled: 1 - limit)

        #expect(throws: ColumnError.tooManyDigits(precision: precision)) {
            try builder.append(unscaled: limit)
        }
        #expect(throws: ColumnError.tooManyDigits(precision: precision)) {
            try builder.append(unscaled: -limit)
        }
        #expect(builder.count == 2)
    }

    @Test
    func `lists end where their elements do`() {
        var builder = ColumnBuilder(.array(element: .long, containsNull: true))

        builder.appendGroup { below in
            below[0].append(int64: 1)
            below[0].appendNull()
        }
        builder.appendNull()
        builder.appendGroup { _ in }
        let column = builder.take()

        guard case .lists(let ends, let below) = column.values else { return #expect(Bool(false)) }
        #expect(ends == [2, 2])
        #expect(below[0].count == 2)
        #expect((0..<3).map { column.validity[$0] } == [true, false, true])
    }

    @Test
    func `a structure whose fields differ in length stops the program`() async {
        await #expect(processExitsWith: .failure) {
            var builder = ColumnBuilder(.structure([Field("a", .long), Field("b", .long)]))
            builder.appendGroup { below in below[0].append(int64: 1) }
        }
    }

    @Test
    func `a value of another storage stops the program`() async {
        await #expect(processExitsWith: .failure) {
            var builder = ColumnBuilder(.double)
            builder.append(int64: 1)
        }
    }
}

extension Column {
    /// The strings that are there.
    var strings: [String] {
        guard case .strings(let values) = values else { return [] }
        return (0..<values.count).map {
            String(decoding: [UInt8](copying: values[$0]), as: UTF8.self)
        }
    }
}
