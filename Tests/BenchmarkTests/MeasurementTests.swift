import Testing

@testable import MillraceBenchmarks

struct MeasurementTests {
    @Test func `rounds add up before anything is divided`() {
        var sum = Measurement(amount: 100, seconds: 1, latencies: [1])

        sum.add(Measurement(amount: 100, seconds: 3, latencies: [3]))

        #expect(sum.rate == 50)
        #expect(sum.meanLatency == 2)
    }

    @Test(arguments: [(0.0, 1.0), (0.5, 50), (0.99, 99), (0.991, 100), (1, 100)])
    func `a quantile is the nearest rank`(quantile: Double, expected: Double) {
        let latencies = (1...100).map(Double.init).shuffled()

        let measurement = Measurement(amount: 1, seconds: 1, latencies: latencies)

        #expect(measurement.latency(atQuantile: quantile) == expected)
    }

    @Test func `both sides run as often as asked for, and take turns at going first`() async throws
    {
        var order = ""

        let sums = try await interleaved(pairs: 3) {
            order += "o"
            return Measurement(amount: 2, seconds: 1)
        } limit: {
            order += "l"
            return Measurement(amount: 1, seconds: 1)
        }

        #expect(order == "ol" + "ol" + "lo" + "ol")
        #expect(sums.ours.amount == 6)
        #expect(sums.limit.amount == 3)
    }
}
