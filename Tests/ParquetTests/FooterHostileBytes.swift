import Bytes
import Columns
import ColumnsKit
import TestKit
import Testing

@testable import Parquet

/// The Thrift structures of a file: the footer and the headers of pages.
@Suite("Parquet: hostile footers")
struct FooterHostileBytes {
    private static let file = FileReaderTests.file([FileReaderTests.batch(0..<40)])

    /// The footer, without its length and the magic number.
    private static let footer: [UInt8] = {
        let length = (0..<4).reduce(0) { $0 | Int(file[file.count - 8 + $1]) << ($1 * 8) }
        return Array(file[file.count - 8 - length..<file.count - 8])
    }()

    private func open(_ footer: [UInt8]) throws -> FileReader {
        var bytes = Array(Self.file.dropLast(Self.footer.count + 8)) + footer
        bytes.append(littleEndian: UInt32(footer.count))
        return try FileReader(bytes + magic)
    }

    /// Opens and reads whatever can be.
    private func readAll(_ footer: [UInt8]) {
        guard let reader = try? open(footer) else { return }
        _ = reader.schema
        for group in 0..<min(3, reader.rowGroupCount) {
            _ = try? reader.byteRanges(rowGroup: group)
            _ = try? reader.read(rowGroup: group)
        }
    }

    @Test
    func `no prefix of a footer is a trap or a table`() {
        for length in 0..<Self.footer.count - 1 {
            #expect(throws: ParquetError.self) {
                let reader = try open(Array(Self.footer.prefix(length)))
                _ = try reader.read(rowGroup: 0)
            }
        }
    }

    @Test
    func `no changed byte of a footer is a trap`() {
        for index in Self.footer.indices {
            for byte in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = Self.footer
                changed[index] = byte
                readAll(changed)
            }
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `no footer with bytes put in, taken out and changed is a trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var changed = Self.footer
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<changed.count, using: &random)
            let byte = UInt8.random(in: 0...255, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: changed[place] = byte
            case 1: changed.insert(byte, at: place)
            default: changed.remove(at: place)
            }
        }
        readAll(changed)
    }

    @Test
    func `structures within structures are followed only so far`() {
        let nested = [UInt8](repeating: 0x1C, count: 100_000)
        #expect(throws: ParquetError.self) { try open(nested) }
        // Lists of lists of lists.
        #expect(throws: ParquetError.self) { try open([UInt8](repeating: 0x19, count: 100_000)) }
    }

    @Test
    func `a list longer than the bytes behind it is refused at once`() {
        // Field 2, a list of 2^31 structures.
        #expect(throws: ParquetError.self) {
            try open([0x29, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0, 0, 0])
        }
    }

    @Test
    func `more chunks than there may be columns are refused`() {
        // Field 4, a list of one row group; in it field 1, a list of 70,000 empty chunks.
        var footer: [UInt8] = [0x49, 0x1C, 0x19, 0xFC]
        footer.append(varint: 70_000)
        footer += [UInt8](repeating: 0, count: 70_002)
        #expect(throws: ParquetError.self) { try open(footer) }
    }

    @Test(arguments: [0, 1, 3, 4, 7, 8, 11, 12])
    func `fewer bytes than a file has are no file`(count: Int) {
        let bytes = [UInt8](repeating: 0x50, count: count)
        #expect(throws: ParquetError.self) { try FileReader(bytes) }
    }

    @Test
    func `an encrypted file is named as such`() {
        let bytes = Array(Self.file.dropLast(4)) + encryptedMagic
        #expect(throws: ParquetError.encrypted) { try FileReader(bytes) }
    }

    @Test
    func `what a row group decodes to is bounded`() throws {
        var metadata = ChunkMetadata(type: .int64, codec: .uncompressed)
        metadata.path = ["a"]
        metadata.valueCount = 1 << 24
        let kind = LeafKind(type: .long, physical: .int64, typeLength: 0, conversion: .none)
        let leaf = Leaf(
            path: ["a"], type: .int64, typeLength: 0, definitionMax: 1, repetitionMax: 0,
            isText: false)
        // A page of sixteen million nulls in a few bytes.
        var levels: [UInt8] = []
        levels.appendPrefixed { $0.append(varint: UInt64(1 << 25)); $0.append(0) }
        var page = ThriftWriter.encode { writer in
            writer.field(1, int32: PageKind.data.rawValue)
            writer.field(2, int32: Int32(levels.count))
            writer.field(3, int32: Int32(levels.count))
            writer.field(5) { writer in
                writer.field(1, int32: 1 << 24)
                writer.field(2, int32: Encoding.plain.rawValue)
            }
        }
        page += levels
        metadata.compressedByteCount = Int64(page.count)
        let file = FileParts([(0, page)])

        var allowance = ReadAllowance(byteCount: 1 << 26)
        #expect(throws: ParquetError.self) {
            try ChunkReader.read(
                metadata, leaf, kind, from: file, fileByteCount: page.count, &allowance)
        }
    }
}
