import Bytes
import CSimdJSON
import JSONFlattening

/// Parsing and flattening alone, in memory and on one core.
extension Benchmark {
    /// Telemetry into columns, beside simdjson's own parse of the same bodies. Aim: 0.5.
    static let flattenBytes = Benchmark("flatten.bytes") { _ in
        let round = FlattenRound(try Telemetry.lines())
        let sums = try await interleaved(pairs: 4) {
            round.flatten()
        } limit: {
            round.parse()
        }
        return [
            Figure(
                name: "flatten.bytes", value: sums.ours.rate, unit: .bytesPerSecond,
                limit: sums.limit.rate)
        ]
    }
}

/// Bodies in one buffer, and the plan for them.
private struct FlattenRound {
    private var bodies = PaddedBodies()
    private let plan: FlattenPlan
    private let byteCount: Double

    init(_ lines: [[UInt8]]) {
        var bodies = PaddedBodies()
        var growth = SchemaGrowth(Mapping())
        var flattener = Flattener(FlattenPlan(growth), source: "store:1")
        for line in lines {
            bodies.append(line.rawSpan)
            _ = flattener.flatten(0..<line.count, of: line.rawSpan, partition: 0, offset: 0)
        }
        bodies.seal()
        _ = growth.grow(with: flattener.discoveries)
        plan = FlattenPlan(growth)
        byteCount = Double(lines.reduce(0) { $0 + $1.count })
        self.bodies = bodies
    }

    func flatten() -> Measurement {
        Measurement(steps: 1, amountPerStep: byteCount) {
            var flattener = Flattener(plan, source: "store:1")
            for (offset, range) in bodies.ranges.enumerated() {
                _ = flattener.flatten(
                    range, of: bodies.buffer, partition: 0, offset: Int64(offset))
                if offset & 0xFFFF == 0xFFFF { _ = flattener.take() }
            }
        }
    }

    func parse() -> Measurement {
        Measurement(steps: 1, amountPerStep: byteCount) {
            guard let parser = unsafe csimdjson_create(65) else { return }
            // SAFETY: the buffer is sealed, so the padding of each body can be read.
            unsafe bodies.buffer.withUnsafeBytes { bytes in
                for range in bodies.ranges {
                    var document = unsafe csimdjson_document()
                    _ = unsafe csimdjson_parse(
                        parser, bytes.baseAddress?.advanced(by: range.lowerBound), range.count,
                        &document)
                }
            }
            unsafe csimdjson_destroy(parser)
        }
    }
}
