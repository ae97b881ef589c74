/// Who may import whom: the one table of layers, lowest first. Imports go down only.
enum Layers {
    static let table: [[String]] = [
        ["CLMDB", "CZstd", "CSnappy", "CLZ4", "CZlib", "CSimdJSON", "CLinux", "CCRC32C"],
        ["Bytes"],
        ["Compression", "LMDB", "DurableFiles", "AMQP", "Columns"],
        ["StreamModel", "KafkaProtocol", "Parquet", "JSONFlattening"],
        ["StreamLog", "DeltaTable", "EventModel", "Access"],
        [
            "Materializer", "EventHubsEndpoint", "KafkaEndpoint", "HTTPEndpoint", "Uplink",
            "Control",
        ],
        ["Millrace"],
        ["Gateway"],
        ["MillraceCommand"],
    ]

    /// From here up, code may read clocks, start tasks, and use Foundation.
    static let gateway = 7
    /// From here up, code may draw random numbers: the public library opens logs.
    static let library = 6

    static func layer(of module: String) -> Int? {
        table.firstIndex { $0.contains(module) }
    }

    /// Whether a file of the product lies below the layer where the world comes in.
    static func isBelowGateway(_ file: SourceFile) -> Bool {
        guard let layer = layer(of: file.module) else { return true }
        return layer < gateway
    }

    /// Whether a file of the product lies below the public library.
    static func isBelowLibrary(_ file: SourceFile) -> Bool {
        guard let layer = layer(of: file.module) else { return true }
        return layer < library
    }
}
