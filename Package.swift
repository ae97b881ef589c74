// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is held to.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// For the few modules that lend out spans whose lifetime the compiler has to follow.
let lending: [SwiftSetting] = settings + [.enableExperimentalFeature("Lifetimes")]

func system(_ name: String, pkgConfig: String, debian package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = settings
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestKit"], resources: resources,
        swiftSettings: lending)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let settingsReader = Target.Dependency.product(
    name: "Configuration", package: "swift-configuration")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let certificates = Target.Dependency.product(name: "X509", package: "swift-certificates")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

// The layers, lowest first. `Tests/ArchitectureTests` reads this list and every import.
let layers: [Target] = [
    // L0: C
    system("CLMDB", pkgConfig: "lmdb", debian: "liblmdb-dev"),
    system("CZstd", pkgConfig: "libzstd", debian: "libzstd-dev"),
    system("CSnappy", pkgConfig: "snappy", debian: "libsnappy-dev"),
    system("CLZ4", pkgConfig: "liblz4", debian: "liblz4-dev"),
    system("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
    .systemLibrary(name: "CLinux"),
    .target(name: "CCRC32C"),
    .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
    // L1
    module("Bytes", ["CCRC32C"], settings: lending),
    // L2
    module("AMQP", ["Bytes"], settings: lending),
    module("Columns", ["Bytes"], settings: lending),
    module("Compression", ["Bytes", "CZstd", "CSnappy", "CLZ4", "CZlib"], settings: lending),
    module("DurableFiles", ["Bytes", "CLinux"], settings: lending),
    module("LMDB", ["Bytes", "CLMDB"], settings: lending),
    // L3
    module("Parquet", ["Bytes", "Columns", "Compression"], settings: lending),
    module("JSONFlattening", ["Bytes", "Columns", "CSimdJSON"], settings: lending),
    module("StreamModel", ["Bytes", "Compression"], settings: lending),
    // L4
    module("Access", [crypto]),
    module(
        "DeltaTable", ["Bytes", "Columns", "Compression", "DurableFiles", "Parquet"],
        settings: lending),
    module(
        "StreamLog", ["Bytes", "Compression", "CLinux", "DurableFiles", "LMDB", "StreamModel"],
        settings: lending),
    module("EventModel", ["AMQP", "Bytes", "StreamModel"], settings: lending),
    // L5
    module(
        "Control", ["Bytes", "CLinux", "DurableFiles", "StreamLog", "StreamModel"],
        settings: lending),
    module(
        "EventHubsEndpoint",
        [
            "AMQP", "Access", "Bytes", "Compression", "EventModel", "StreamLog", "StreamModel",
            lifecycle, logging, metrics, nioCore, nioHTTP1, nioPosix, nioSSL, nioWebSocket,
        ], settings: lending),
    module(
        "HTTPEndpoint",
        [
            "Access", "Bytes", "DeltaTable", "EventModel", "StreamLog", "StreamModel", coreMetrics,
            hummingbird,
            hummingbirdCore, lifecycle, logging, metrics, nioCore,
        ],
        settings: lending),
    module(
        "Materializer",
        [
            "Bytes", "Columns", "DeltaTable", "DurableFiles", "JSONFlattening", "Parquet",
            "StreamLog", "StreamModel",
        ], settings: lending),
    // L6
    module(
        "Millrace",
        [
            "Bytes", "Columns", "Compression", "Control", "DeltaTable", "JSONFlattening",
            "Materializer", "StreamLog", "StreamModel",
        ]),
    // L7
    module(
        "Gateway",
        [
            "Access", "Control", "DurableFiles", "EventHubsEndpoint", "HTTPEndpoint",
            "JSONFlattening", "Materializer", "StreamLog", "StreamModel",
            certificates, crypto, lifecycle, logging, metrics, settingsReader, yams,
        ]),
    // L8
    .executableTarget(
        name: "MillraceCommand",
        dependencies: [
            "Bytes", "Columns", "Compression", "Control", "DeltaTable", "DurableFiles", "Gateway",
            "HTTPEndpoint", "JSONFlattening", "Materializer", "StreamLog", "StreamModel",
            argumentParser, logging, metrics,
        ], swiftSettings: lending),
]

// What only tests use. FaultShim is preloaded, never linked: no target may depend on it.
let testTargets: [Target] = [
    .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: settings),
    .target(
        name: "FaultShim", path: "Tests/FaultShim",
        cSettings: [.treatAllWarnings(as: .error), .enableWarning("all")]),
    tests("ArchitectureTests"),
    tests("TestKitTests"),
    tests("BytesTests", ["Bytes"]),
    .target(
        name: "AMQPFuzz", dependencies: ["AMQP", "Bytes", "TestKit"], path: "Tests/AMQPFuzz",
        swiftSettings: lending),
    tests("AMQPTests", ["AMQP", "AMQPFuzz", "Bytes"]),
    .executableTarget(
        name: "AMQPTool", dependencies: ["AMQP", "AMQPFuzz", "Bytes", "TestKit"],
        path: "Tests/AMQPTool", swiftSettings: lending),
    tests("CompressionTests", ["Bytes", "Compression", "CZlib", "CLZ4", "CZstd"]),
    tests("LMDBTests", ["Bytes", "DurableFiles", "LMDB"]),
    tests("DurableFilesTests", ["DurableFiles"]),
    tests("StreamModelTests", ["Bytes", "Compression", "StreamModel"]),
    .executableTarget(
        name: "BatchTool", dependencies: ["Bytes", "Compression", "StreamModel"],
        path: "Tests/BatchTool", swiftSettings: lending),
    .executableTarget(
        name: "PowerDriver",
        dependencies: [
            "Columns", "DeltaTable", "DurableFiles", "JSONFlattening", "Materializer", "StreamLog",
            "StreamModel", "TestKit",
        ], path: "Tests/PowerDriver", swiftSettings: lending),
    .executableTarget(
        name: "Simulator",
        dependencies: [
            "AMQP", "Access", "Bytes", "Columns", "DeltaTable", "DurableFiles",
            "EventHubsEndpoint", "EventModel", "JSONFlattening", "Materializer", "StreamLog",
            "StreamModel", "TestKit", logging, nioCore,
        ], path: "Tests/Simulator", swiftSettings: lending),
    tests(
        "StreamLogTests",
        ["Bytes", "Compression", "DurableFiles", "LMDB", "StreamLog", "StreamModel"]),
    .executableTarget(
        name: "LogDriver", dependencies: ["Bytes", "StreamLog", "StreamModel", argumentParser],
        path: "Tests/LogDriver", swiftSettings: lending),
    .target(
        name: "ColumnsKit", dependencies: ["Bytes", "Columns", "TestKit"],
        path: "Tests/ColumnsKit", swiftSettings: lending),
    tests("ColumnsTests", ["Bytes", "Columns", "ColumnsKit"]),
    tests("JSONFlatteningTests", ["Bytes", "Columns", "JSONFlattening"]),
    .executableTarget(
        name: "FlattenTool",
        dependencies: ["Bytes", "Columns", "CSimdJSON", "JSONFlattening", "Parquet"],
        path: "Tests/FlattenTool", swiftSettings: lending),
    tests("ParquetTests", ["Bytes", "Columns", "ColumnsKit", "Compression", "Parquet"]),
    tests(
        "DeltaTableTests",
        ["Bytes", "Columns", "ColumnsKit", "DurableFiles", "Parquet", "DeltaTable"]),
    .executableTarget(
        name: "DeltaTool",
        dependencies: ["Bytes", "Columns", "DurableFiles", "Parquet", "DeltaTable"],
        path: "Tests/DeltaTool", swiftSettings: lending),
    tests("AccessTests", ["Access"]),
    tests("EventModelTests", ["AMQP", "Bytes", "EventModel", "StreamModel"]),
    tests("EventHubsEndpointTests", ["AMQP", "EventHubsEndpoint"]),
    .executableTarget(
        name: "HubsDriver",
        dependencies: [
            "Access", "EventHubsEndpoint", "StreamLog", argumentParser, lifecycle, logging, signals,
        ], path: "Tests/HubsDriver", swiftSettings: lending),
    tests("ControlTests", ["Bytes", "Control", "StreamLog", "StreamModel"]),
    tests("HTTPEndpointTests", ["EventModel", "HTTPEndpoint", coreMetrics]),
    tests(
        "GatewayTests",
        [
            "Access", "Gateway", "HTTPEndpoint", "JSONFlattening", "StreamLog", "StreamModel",
            logging,
        ]),
    tests(
        "MaterializerTests",
        [
            "Bytes", "Columns", "DeltaTable", "JSONFlattening", "Materializer", "Parquet",
            "StreamLog", "StreamModel",
        ]),
    .executableTarget(
        name: "MaterializerTool",
        dependencies: [
            "Bytes", "DeltaTable", "JSONFlattening", "Materializer", "StreamLog", "StreamModel",
            argumentParser,
        ], path: "Tests/MaterializerTool", swiftSettings: lending),
    tests("MillraceTests", ["Millrace", "ReadmeProgram"]),
    tests("MillraceCommandTests", ["MillraceCommand"]),
    .executableTarget(
        name: "ReadmeProgram", dependencies: ["Millrace"], path: "Tests/ReadmeProgram",
        swiftSettings: settings),
    tests("BenchmarkTests", ["MillraceBenchmarks"]),
]

// The limits in C are a target of their own; nothing of the product may depend on either.
let benchmarkTargets: [Target] = [
    .target(
        name: "CLimits", path: "Benchmarks/CLimits",
        cSettings: [.treatAllWarnings(as: .error), .enableWarning("all")],
        linkerSettings: [.linkedLibrary("lmdb"), .linkedLibrary("sqlite3")]),
    .executableTarget(
        name: "MillraceBenchmarks",
        dependencies: [
            "AMQP", "Access", "Bytes", "CLimits", "Columns", "CSimdJSON", "CZstd", "DeltaTable",
            "EventHubsEndpoint", "JSONFlattening", "Materializer", "Millrace", "Parquet",
            "StreamLog", "StreamModel", argumentParser, lifecycle, logging,
        ],
        path: "Benchmarks", exclude: ["CLimits", "Delta/peer.py", "Materialize/peer.py"],
        swiftSettings: settings),
]

let package = Package(
    name: "Millrace",
    products: [
        .library(name: "Millrace", targets: ["Millrace"]),
        .library(name: "Bytes", targets: ["Bytes"]),
        .executable(name: "millrace", targets: ["MillraceCommand"]),
        .executable(name: "millrace-bench", targets: ["MillraceBenchmarks"]),
        .library(name: "FaultShim", type: .dynamic, targets: ["FaultShim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: layers + testTargets + benchmarkTargets,
    cxxLanguageStandard: .cxx17
)
