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
        name: name, dependencies: dependencies, resources: resources,
        swiftSettings: lending)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

// The layers, lowest first. `Tests/ArchitectureTests` reads this list and every import.
let layers: [Target] = [
    // L0: C
    system("CLMDB", pkgConfig: "lmdb", debian: "liblmdb-dev"),
    system("CZstd", pkgConfig: "libzstd", debian: "libzstd-dev"),
    system("CSnappy", pkgConfig: "snappy", debian: "libsnappy-dev"),
    system("CLZ4", pkgConfig: "liblz4", debian: "liblz4-dev"),
    system("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
    .systemLibrary(name: "CVFS"),
    .target(name: "CCRC32C"),
    // L1
    module("Bytes", ["CCRC32C"], settings: lending),
    // L2
    module("DurableFiles", ["Bytes", "CVFS"], settings: lending),
    module("LMDB", ["Bytes", "CLMDB"], settings: lending),
    module("Columns", ["Bytes"], settings: lending),
    module("Compression", ["Bytes", "CZstd", "CSnappy", "CLZ4", "CZlib"], settings: lending),
    // L3
    module("Parquet", ["Bytes", "Columns", "Compression"], settings: lending),
    module("StreamModel", ["Bytes", "Compression"], settings: lending),
    // L4
    module(
        "DeltaTable", ["Bytes", "Columns", "Compression", "DurableFiles", "Parquet"],
        settings: lending),
    // Tests
    tests("BytesTests", ["Bytes"]),
    tests("CompressionTests", ["Bytes", "Compression"]),
    tests("ColumnsTests", ["Bytes", "Columns"]),
    tests("ParquetTests", ["Bytes", "Columns", "Compression", "Parquet"]),
    tests("DeltaTableTests", ["Bytes", "Columns", "DurableFiles", "Parquet", "DeltaTable"]),
    tests("StreamModelTests", ["Bytes", "Compression", "StreamModel"]),
    .executableTarget(
        name: "BatchTool", dependencies: ["Bytes", "Compression", "StreamModel"],
        path: "Tests/BatchTool", swiftSettings: lending),
    .executableTarget(
        name: "DeltaTool", dependencies: ["Bytes", "Columns", "Parquet", "DeltaTable"],
        path: "Tests/DeltaTool", swiftSettings: lending),
]

let package = Package(
    name: "Millrace",
    products: [
        .library(name: "Bytes", targets: ["Bytes"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: layers
)
