import Bytes
import Columns
import Testing

@testable import DeltaTable

@Suite("DeltaTable: deletion vectors")
struct DeletionVectorTests {
    let world = TableWorld()

    /// The example of PROTOCOL.md: rows 3, 4, 7, 11, 18 and 29.
    private static let inline: JSON = [
        "storageType": "i",
        "pathOrInlineDv": "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
        "sizeInBytes": .integer(40), "cardinality": .integer(6),
    ]

    @Test
    func `the vector of the protocol's example names its rows`() async throws {
        let vector = try await DeletionVector(Self.inline, in: world.storage)

        let kept = vector.kept(in: 0..<40)

        #expect((0..<40).filter { !kept[$0] } == [3, 4, 7, 11, 18, 29])
        #expect(vector.isWithin(30) && !vector.isWithin(29))
    }

    @Test
    func `the text of an id becomes the name of a file`() {
        let path = DeletionVector.path(of: "ab^-aqEH.-t@S}K{vb[*k^")

        #expect(path == "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin")
        #expect(DeletionVector.path(of: "short") == nil)
    }

    @Test
    func `rows that a vector takes away are not read, and not kept by a compaction`()
        async throws
    {
        var table = try await world.create()
        let file = try await world.commit(0..<40, to: &table)
        var deleted = file
        deleted.deletionVector = Self.inline
        try world.writeCommit(
            2,
            [
                Action.remove(RemoveFile(file, at: 1, isDataChange: true)).json.encodedText,
                Action.add(deleted).json.encodedText,
            ])
        let expected = (0..<40 as Range<Int64>).filter { ![3, 4, 7, 11, 18, 29].contains($0) }
        #expect(try await world.ids() == expected)

        let report = try await table.optimize()

        #expect(report.removedFileCount == 1 && report.rowCount == 34)
        #expect(try await world.ids() == expected)
        #expect(try await table.files().allSatisfy { $0.deletionVector == nil })
    }

    @Test
    func `a vector with rows that the file does not have is damage`() async throws {
        var table = try await world.create()
        let file = try await world.commit(0..<20, to: &table)
        var deleted = file
        deleted.deletionVector = Self.inline
        try world.writeCommit(2, [Action.add(deleted).json.encodedText])

        await #expect(throws: TableError.dataFile(file.path, .deletionVector(.beyondTheRows))) {
            _ = try await world.ids()
        }
    }

    @Test
    func `no prefix and no changed byte of a bitmap is a trap`() {
        // Two buckets: an array, and runs that cover whole containers.
        var bytes: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0]
        bytes += [0, 0, 0, 0, 0x3A, 0x30, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 16, 0, 0, 0, 5, 0, 9, 0]
        bytes += [1, 0, 0, 0, 0x3B, 0x30, 0, 0, 1, 0, 0, 0xFF, 0xFF, 1, 0, 0, 0, 0xFF, 0xFF]
        func parse(_ bytes: [UInt8]) -> RoaringBitmap? {
            var reader = ByteReader(bytes.rawSpan)
            return try? RoaringBitmap(&reader)
        }
        let whole = parse(bytes)
        #expect(whole?.count == 65_538 as Int64)
        #expect(whole?.last == UInt64(1) << 32 | 65_535)
        #expect(whole?.absent(in: 0..<12).ones(in: 0..<12) == 10)

        for count in bytes.indices { #expect(parse(Array(bytes.prefix(count))) == nil) }
        for index in bytes.indices {
            for byte in [0, 1, 0x3A, 0x7F, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = byte
                _ = parse(changed)?.absent(in: 0..<100)
            }
        }
    }

    @Test(arguments: [
        ("sizeInBytes", JSON.integer(39)), ("sizeInBytes", .integer(-1)),
        ("sizeInBytes", .integer(Int64.max)), ("cardinality", .integer(7)),
        ("pathOrInlineDv", "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{"),
        ("pathOrInlineDv", "~~~~~"), ("storageType", "x"), ("pathOrInlineDv", .null),
    ])
    func `a description that does not fit the vector is damage`(member: String, value: JSON)
        async
    {
        var descriptor = Self.inline
        descriptor.set(member, to: value)
        await #expect(throws: DeletionVectorFault.self) {
            _ = try await DeletionVector(descriptor, in: world.storage)
        }
    }
}
