import Bytes
import Foundation
import JSONFlattening

/// Says of whole files, each a body, what becomes of them.
enum Outcomes {
    static func print(of paths: [String]) throws {
        for path in paths {
            let body = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            var flattener = Flattener(FlattenPlan(SchemaGrowth(Mapping())), source: "store:1")
            let outcome = flattener.flatten(
                0..<body.count, of: body.rawSpan, partition: 0, offset: 0)
            let rowCount = flattener.rowCounts[0]
            let name = URL(fileURLWithPath: path).lastPathComponent
            switch outcome {
            case .landed: Swift.print(name, rowCount, "landed")
            case .landedWithRescues: Swift.print(name, rowCount, "rescued")
            case .quarantined(let reason): Swift.print(name, rowCount, "quarantined", reason)
            }
        }
    }
}
