import Columns
import Foundation
import Testing

@testable import DeltaTable

@Suite("DeltaTable: upkeep")
struct MaintenanceTests {
    let world = TableWorld()

    // MARK: Putting files together

    @Test
    func `small files become one, with the same rows and no change of data`() async throws {
        var table = try await world.tableOfThree()

        let report = try await table.optimize()

        #expect(report.removedFileCount == 3 && report.addedFileCount == 1)
        #expect(report.rowCount == 30)
        #expect(try await world.ids() == Array(0..<30))
        let log = try String(contentsOfFile: world.commitPath(4), encoding: .utf8)
        #expect(!log.contains(#""dataChange":true"#))
        #expect(log.contains(#""isBlindAppend":false"#))
        #expect(try await table.files()[0].rowCount == 30)
    }

    @Test
    func `files of different partitions are never put together`() async throws {
        var table = try await world.create(
            TableDefinition(
                schema: Schema(TableWorld.schema.fields + [Field("day", .date)]),
                partitionColumns: ["day"]))
        for index in 0..<6 {
            var file = try await table.dataFile(partition: ["day": .date(Int32(index % 2))])
            var builder = BatchBuilder(TableWorld.schema)
            builder[0].append(int64: Int64(index))
            builder.endRow()
            try await file.append(builder.take())
            _ = try await table.commit(
                Append(files: [try await file.finish()], schema: table.schema))
        }

        let report = try await table.optimize()

        #expect(report.addedFileCount == 2)
        let values = try await table.files().map(\.partitionValues)
        #expect(Set(values) == [["day": "1970-01-01"], ["day": "1970-01-02"]])
        #expect(try await world.ids() == Array(0..<6))
    }

    @Test
    func `a compaction whose input another has deleted leaves the table as it is`()
        async throws
    {
        var table = try await world.tableOfThree()
        var twin = try await world.open()
        let files = try await table.files()
        let before = try world.dataFiles()

        let edit = Edit(.optimize, removed: .files(files), basis: table.version)
        _ = try await twin.commit(Edit(.delete, removed: .files([files[0]]), basis: twin.version))

        #expect(try await table.commit(edit) == .refused(.fileRemoved(files[0].path)))
        #expect(try world.dataFiles() == before)
        #expect(try await world.ids().count == 20)
    }

    @Test
    func `a second run finds nothing to do`() async throws {
        var table = try await world.tableOfThree()
        _ = try await table.optimize()

        let report = try await table.optimize()

        #expect(report == OptimizeReport())
    }

    @Test
    func `bins hold about the target, and large files stay alone`() {
        let sizes: [Int64] = [10, 10, 10, 90, 40, 40, 5]
        let files = sizes.enumerated().map { index, size in
            AddFile(
                path: "f\(index)", partitionValues: [:], byteCount: size,
                modificationTime: Int64(index), isDataChange: true)
        }

        let bins = OptimizePlan.bins(files, OptimizeOptions(targetByteCount: 100))

        #expect(bins.map { $0.map(\.path) } == [["f0", "f1", "f2", "f4"], ["f5", "f6"]])
    }

    @Test
    func `a digest tells lost, doubled and changed rows, and nothing else`() throws {
        func digest(_ ids: [Int64]) -> RowDigest {
            var builder = BatchBuilder(TableWorld.schema)
            for id in ids {
                builder[0].append(int64: id)
                if id % 2 == 0 { builder[1].append(string: "n\(id)") }
                builder.endRow()
            }
            var digest = RowDigest()
            digest.add(builder.take())
            return digest
        }

        #expect(digest([1, 2, 3]) == digest([3, 1, 2]))
        #expect(digest([1, 2, 3]) != digest([1, 2]))
        #expect(digest([1, 2, 3]) != digest([1, 2, 4]))
        #expect(digest([1, 2, 2]) != digest([1, 1, 2]))
    }

    // MARK: Removing what nobody needs

    private func age(_ path: String, days: Double) throws {
        let now = Date(timeIntervalSince1970: 1_795_400_000)
        try FileManager.default.setAttributes(
            [.modificationDate: now - days * 86_400], ofItemAtPath: world.root + "/" + path)
    }

    @Test
    func `a vacuum takes old files that no version needs, and nothing else`() async throws {
        var table = try await world.tableOfThree()
        let old = try await table.files()
        _ = try await table.optimize()
        for path in ["orphan.parquet", "young.parquet", "_hidden.parquet", ".dot.parquet"] {
            try Data([0]).write(to: URL(fileURLWithPath: world.root + "/" + path))
        }
        for file in try world.dataFiles() { try age(file, days: 8) }
        try age("_hidden.parquet", days: 8)
        try age(".dot.parquet", days: 8)
        try age("young.parquet", days: 6)

        let dry = try await table.vacuum(VacuumOptions(isDryRun: true))
        // The removals are young: readers of yesterday's version still need the files.
        guard case .done(let report) = dry else { throw CancellationError() }
        #expect(report.files.map(\.path) == ["orphan.parquet"])
        #expect(try world.dataFiles().contains("orphan.parquet"))

        let shorter = VacuumOptions(retention: 0, isShortRetentionAllowed: true)
        let later = TableWorld(root: world.root, seed: 3, time: 1_795_400_000_000 + 1000)
        var vacuuming = try await later.open()
        guard case .done(let done) = try await vacuuming.vacuum(shorter) else {
            throw CancellationError()
        }

        #expect(Set(done.files.map(\.path)).isSuperset(of: old.map(\.path)))
        #expect(try await world.ids() == Array(0..<30))
        #expect(FileManager.default.fileExists(atPath: world.root + "/_hidden.parquet"))
        #expect(FileManager.default.fileExists(atPath: world.root + "/.dot.parquet"))
    }

    @Test
    func `a vacuum that does not find a live file removes nothing`() async throws {
        var table = try await world.tableOfThree()
        let file = try await table.files()[0]
        try FileManager.default.moveItem(
            atPath: world.root + "/" + file.path, toPath: world.root + "/elsewhere.parquet")
        try age("elsewhere.parquet", days: 30)

        await #expect(throws: TableError.dataFile(file.path, .missing)) {
            try await table.vacuum()
        }
        #expect(try world.dataFiles().contains("elsewhere.parquet"))
    }

    @Test
    func `what a killed commit has left is removed with the old log`() async throws {
        var table = try await world.tableOfThree()
        for (name, days) in [("00000000000000000004.json.7.1.tmp", 2.0), ("9.2.tmp", 0.5)] {
            let path = world.root + "/_delta_log/" + name
            try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
            try age("_delta_log/" + name, days: days)
        }

        #expect(try await table.cleanUpLog() == 1)

        let names = try await world.storage.names(in: LogPath.directory)
        #expect(names.filter { $0.hasSuffix(".tmp") } == ["9.2.tmp"])
    }

    @Test
    func `a storage whose directory was removed makes a table there again`() async throws {
        _ = try await world.tableOfThree()
        try FileManager.default.removeItem(atPath: world.root)

        var table = try await world.create()
        try await world.commit(5..<7, to: &table)

        #expect(try await world.ids() == [5, 6])
    }

    @Test
    func `a retention shorter than the table's is refused unless it is meant`() async throws {
        var table = try await world.tableOfThree()

        let outcome = try await table.vacuum(VacuumOptions(retention: 1000))

        #expect(outcome == .retentionTooShort(asked: 1000, needed: 7 * 86_400_000))
    }

    @Test(arguments: [
        ("interval 30 days", 30 * 86_400_000 as Int64?), ("interval 1 week", 604_800_000),
        ("INTERVAL 2 HOURS 5 minutes", 7_500_000), ("7 days", 604_800_000), ("interval", nil),
        ("interval 1 month", nil), ("interval -1 days", nil), ("30", nil),
        ("interval 99999999999999999 weeks", nil),
    ])
    func `lengths of time are read as Delta writes them`(text: String, milliseconds: Int64?) {
        #expect(Interval.milliseconds(text) == milliseconds)
    }

    // MARK: The log

    @Test
    func `the log is cut before the newest checkpoint that is old enough`() {
        let names =
            (0...9).map { "0000000000000000000\($0).json" }
            + [2, 5, 8].map { "0000000000000000000\($0).checkpoint.parquet" }
            + [
                "00000000000000000000.crc", "_last_checkpoint",
                "00000000000000000000.00000000000000000004.compacted.json",
            ]
        let times = (0...9 as ClosedRange<Int64>).map { (version: $0, time: $0 * 100) }

        let gone = LogCleanup.names(in: names.sorted(), times, before: 650)

        #expect(
            Set(gone)
                == Set(
                    (0...4).map { "0000000000000000000\($0).json" } + [
                        "00000000000000000002.checkpoint.parquet", "00000000000000000000.crc",
                        "00000000000000000000.00000000000000000004.compacted.json",
                    ]))
        #expect(LogCleanup.names(in: names, times, before: 150).isEmpty)
        #expect(LogCleanup.names(in: names, times, before: -1).isEmpty)
    }

    @Test
    func `a cleaned log has the same rows, and its old versions are told from none`()
        async throws
    {
        var table = try await world.tableOfThree()
        try await table.checkpoint()
        try await world.commit(30..<31, to: &table)
        for version in 0...4 as ClosedRange<Int64> {
            try age(LogPath.commit(version), days: version < 4 ? 40 : 1)
        }

        #expect(try await table.cleanUpLog() == 3)

        #expect(try await world.ids() == Array(0..<31))
        #expect(try await world.ids(at: .version(3)) == Array(0..<30))
        await #expect(
            throws: TableError.damaged(.noVersion(2, oldest: 3, newest: 4))
        ) { _ = try await world.ids(at: .version(2)) }
    }

    // MARK: The past

    @Test
    func `an earlier state is read by its version or by its time`() async throws {
        _ = try await world.tableOfThree()
        for version in 0...3 as ClosedRange<Int64> {
            try age(LogPath.commit(version), days: Double(10 - version))
        }

        #expect(try await world.ids(at: .version(1)) == Array(0..<10))
        let day = 86_400_000 as Int64
        let time = 1_795_400_000_000 - 8 * day + day / 2
        #expect(try await world.ids(at: .time(time)) == Array(0..<20))
        await #expect(throws: TableError.self) { _ = try await world.ids(at: .time(0)) }
        await #expect(throws: TableError.self) { _ = try await world.ids(at: .version(4)) }
    }

    @Test
    func `the history tells each version, newest first`() async throws {
        var table = try await world.tableOfThree()
        _ = try await table.optimize()

        let history = try await Table.history(in: world.storage)

        #expect(history.map(\.version) == [4, 3, 2, 1, 0])
        #expect(
            history.map(\.operation) == ["OPTIMIZE", "WRITE", "WRITE", "WRITE", "CREATE TABLE"])
        #expect(history[0].removedFileCount == 3 && history[0].addedRowCount == 30)
        #expect(history[4].isMetadataChange && history[4].isProtocolChange)
        #expect(try await Table.history(in: world.storage, limit: 2).count == 2)
    }

    @Test
    func `files of a table are for everybody whom the umask lets in`() async throws {
        let old = umask(0o022)
        defer { umask(old) }
        var table = try await world.create()
        let file = try await world.commit(0..<3, to: &table)

        for (path, mode) in [
            (file.path, 0o644), (LogPath.commit(1), 0o644), ("_delta_log", 0o755),
        ] {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: world.root + "/" + path)
            #expect(attributes[.posixPermissions] as? Int == mode)
        }
    }
}
