import Testing

@testable import MillraceBenchmarks

struct FigureTests {
    @Test func `a figure is one JSON object on one line`() {
        let figure = Figure(name: "append.bytes", value: 150, unit: .bytesPerSecond, limit: 200)

        #expect(
            figure.json == """
                {"name": "append.bytes", "value": 150.000000, "unit": "B/s", \
                "limit": 200.000000, "ratio": 0.750000}
                """)
    }

    @Test func `a figure with nothing beside it has neither limit nor ratio`() {
        let figure = Figure(name: "decode.records", value: 1234.56, unit: .nanoseconds)

        #expect(
            figure.json == """
                {"name": "decode.records", "value": 1234.6, "unit": "ns", \
                "limit": null, "ratio": null}
                """)
    }

    @Test func `what divides by nothing is null`() {
        let figure = Figure(name: "a", value: 1, unit: .ratio, limit: 0)

        #expect(figure.json.hasSuffix("\"ratio\": null}"))
    }

    @Test(arguments: [
        (0.05, "0.050000"), (-2.5, "-2.500000"), (99999.96, "100000.0"), (0, "0.000000"),
    ])
    func `a number keeps its digits`(value: Double, text: String) {
        let figure = Figure(name: "a", value: value, unit: .ratio)

        #expect(figure.json.contains("\"value\": \(text),"))
    }

    @Test func `the rows of the table are as wide as its heading`() {
        let figure = Figure(name: "append.bytes", value: 1e9, unit: .bytesPerSecond, limit: 2e9)

        #expect(figure.row.count == Figure.heading.count)
        #expect(figure.row.hasSuffix("0.500"))
    }
}
