import Testing

/// The layers of `Layers.table`, held against the manifest and every import of the product.
struct LayerTests {
    let sources: [SourceFile]
    let modules: [Manifest.Module]

    init() throws {
        sources = try Repository.files(below: "Sources", ["swift"])
        modules = Manifest.modules(in: try Repository.text(of: "Package.swift"))
        try #require(!sources.isEmpty)
        try #require(!modules.isEmpty)
    }

    @Test func `every directory of Sources is a module of the table and of the manifest`() throws {
        let directories = try Repository.names(in: "Sources").filter { !$0.hasPrefix(".") }

        #expect(directories.filter { Layers.layer(of: $0) == nil } == [])
        #expect(Set(directories) == Set(modules.map(\.name)))
    }

    @Test func `the table names no module twice`() {
        let names = Layers.table.joined()

        #expect(Set(names).count == names.count)
    }

    @Test func `the manifest lists the layers from the lowest up`() throws {
        let layers = try modules.map { try #require(Layers.layer(of: $0.name)) }

        #expect(layers == layers.sorted())
    }

    @Test func `a dependency in the manifest goes down`() throws {
        for module in modules {
            let layer = try #require(Layers.layer(of: module.name))
            for dependency in module.dependencies {
                guard let below = Layers.layer(of: dependency) else { continue }
                #expect(below < layer, "\(module.name) depends on \(dependency)")
            }
        }
    }

    @Test func `an import goes down and is declared in the manifest`() throws {
        for file in sources {
            let layer = try #require(Layers.layer(of: file.module), "\(file)")
            let declared = modules.first { $0.name == file.module }?.dependencies ?? []
            for used in Imports.imports(of: file) {
                guard let below = Layers.layer(of: used.module) else { continue }
                #expect(below < layer, "\(file):\(used.line): import \(used.module)")
                #expect(
                    declared.contains(used.module),
                    "\(file):\(used.line): \(used.module) is no declared dependency")
            }
        }
    }

    @Test func `nothing below the gateway imports Foundation`() {
        for file in sources where Layers.isBelowGateway(file) {
            for used in Imports.imports(of: file) {
                #expect(!used.module.hasPrefix("Foundation"), "\(file):\(used.line)")
            }
        }
    }

    @Test func `only LMDB imports CLMDB`() {
        let importers = sources.filter { file in
            Imports.imports(of: file).contains { $0.module == "CLMDB" }
        }

        #expect(importers.allSatisfy { $0.module == "LMDB" }, "\(importers)")
    }

    @Test(arguments: [
        "import Bytes", "  internal import Bytes", "@testable import Bytes",
        "@_spi(Some, Thing) public import Bytes", "package import struct Bytes.ByteReader",
        "import Synchronization; import Bytes", "@preconcurrency @_exported import Bytes // why",
    ])
    func `an import is seen in every spelling`(line: String) {
        let file = SourceFile(path: "Sources/LMDB/File.swift", text: "\n\(line)\n")

        let found = Imports.imports(of: file).last

        #expect(found?.module == "Bytes")
        #expect(found?.line == 2)
    }

    @Test(arguments: ["// import Bytes", "let text = \"import Bytes\"", "let importBytes = 1"])
    func `what only looks like an import is not taken for one`(line: String) {
        let file = SourceFile(path: "Sources/LMDB/File.swift", text: line)

        #expect(Imports.imports(of: file).isEmpty)
    }

    @Test func `the manifest's list is read in all the forms it uses`() {
        let manifest = """
            let layers: [Target] = [
                // L0: C, "not a name"
                system("CLMDB", pkgConfig: "lmdb", debian: "liblmdb-dev"),
                .target(name: "CCRC32C"),
                module(
                    "StreamLog", ["Bytes", "LMDB"],
                    settings: lending),
                .executableTarget(
                    name: "MillraceCommand",
                    dependencies: ["Millrace", argumentParser], swiftSettings: settings),
            ]

            """

        let modules = Manifest.modules(in: "\n" + manifest)

        #expect(modules.map(\.name) == ["CLMDB", "CCRC32C", "StreamLog", "MillraceCommand"])
        #expect(
            modules.map(\.dependencies) == [[], [], ["Bytes", "LMDB"], ["Millrace"]])
    }
}
