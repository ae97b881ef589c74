import Bytes
import CSimdJSON
import Foundation
import JSONFlattening

/// Times simdjson alone and the whole of flattening, over the same lines in memory.
struct Measure {
    private let input: NDJSON
    private let plan: FlattenPlan

    init(of path: String, mapping: Mapping) throws {
        let input = try NDJSON(path)
        var growth = SchemaGrowth(mapping)
        var flattener = Flattener(FlattenPlan(growth), source: "store:1")
        for (offset, line) in input.lines.enumerated() {
            _ = flattener.flatten(
                line, of: input.bytes.rawSpan, partition: 0, offset: Int64(offset))
        }
        _ = growth.grow(with: flattener.discoveries)
        plan = FlattenPlan(growth)
        self.input = input
    }

    func run(_ repeats: Int) throws {
        for _ in 0..<repeats {
            let parse = seconds { parseAlone() }
            let flatten = seconds { flattenAll() }
            let bytes = Double(input.bytes.count)
            print(
                "parse", bytes / parse / 1e9, "GB/s; flatten", bytes / flatten / 1e9,
                "GB/s; ratio", parse / flatten)
        }
    }

    private func seconds(_ body: () -> Void) -> Double {
        let start = Self.processorSeconds
        body()
        return Self.processorSeconds - start
    }

    /// What this process has used: other work on the machine does not count.
    private static var processorSeconds: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    private func parseAlone() {
        guard let parser = unsafe csimdjson_create(65) else { return }
        unsafe input.bytes.rawSpan.withUnsafeBytes { bytes in
            for line in input.lines {
                var document = unsafe csimdjson_document()
                let start = unsafe bytes.baseAddress?.advanced(by: line.lowerBound)
                _ = unsafe csimdjson_parse(parser, start, line.count, &document)
            }
        }
        unsafe csimdjson_destroy(parser)
    }

    @inline(never)
    private func flattenAll() {
        var flattener = Flattener(plan, source: "store:1")
        for (offset, line) in input.lines.enumerated() {
            _ = flattener.flatten(
                line, of: input.bytes.rawSpan, partition: 0, offset: Int64(offset))
            if offset & 0x3FFF == 0x3FFF { _ = flattener.take() }
        }
    }
}
