import Foundation
import JSONFlattening

/// Drives JSONFlattening for the tests in other languages, and for a profiler.
let usage = """
    usage: FlattenTool parquet NDJSON DIRECTORY [MAPPING]
           FlattenTool outcomes FILE...
           FlattenTool measure NDJSON REPEATS [MAPPING]
    """

let arguments = Array(CommandLine.arguments.dropFirst())

func mapping(_ index: Int) throws -> Mapping {
    guard arguments.count > index else { return Mapping() }
    let text = try Data(contentsOf: URL(fileURLWithPath: arguments[index]))
    return try Mapping(parsing: Array(text))
}

func fail() -> Never {
    print(usage)
    exit(2)
}

do {
    guard arguments.count >= 2 else { fail() }
    switch arguments[0] {
    case "parquet" where arguments.count >= 3:
        var conversion = try Conversion(of: arguments[1], mapping: try mapping(3))
        try conversion.write(to: arguments[2])
    case "outcomes": try Outcomes.print(of: Array(arguments.dropFirst()))
    case "measure" where arguments.count >= 3:
        try Measure(of: arguments[1], mapping: try mapping(3)).run(Int(arguments[2]) ?? 1)
    default: fail()
    }
} catch {
    print("error: \(error)")
    exit(1)
}
