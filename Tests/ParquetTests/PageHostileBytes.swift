import Bytes
import Columns
import TestKit
import Testing

@testable import Parquet

/// Every encoding of values that can be read: each prefix, each byte changed, counts that lie.
///
/// Nothing may trap, and what is made must not be more than what was asked for.
@Suite("Parquet: hostile pages")
struct PageHostileBytes {
    /// Values of one type in one encoding, with a dictionary where the encoding needs one.
    struct Page: CustomTestStringConvertible, Sendable {
        let encoding: Encoding
        let kind: LeafKind
        let count: Int
        let bytes: [UInt8]
        /// Nine entries, or nothing.
        var dictionary: [UInt8] = []

        var testDescription: String { "\(kind.physical) \(encoding)" }

        /// The values of a page like this one, of which there are said to be `count`.
        func read(
            _ bytes: [UInt8], count: Int, copying copyMax: Int = 100_000
        ) throws(DecodeError) -> StoredValues {
            var values = StoredValues(kind)
            if !dictionary.isEmpty { try readDictionary(into: &values) }
            _ = try append(bytes, count, to: &values, copying: copyMax)
            return values
        }

        func readDictionary(into values: inout StoredValues) throws(DecodeError) {
            var reader = ByteReader(dictionary.rawSpan)
            try values.readDictionary(9, &reader)
        }

        func append(
            _ bytes: [UInt8], _ count: Int, to values: inout StoredValues, copying copyMax: Int
        ) throws(DecodeError) -> Int {
            var reader = ByteReader(bytes.rawSpan)
            return try values.append(count, encoding, &reader, copying: copyMax)
        }
    }

    static let pages: [Page] = {
        let int64s = (0..<300).map { Int64($0 * $0) &* 0x9E37_79B9 }
        let int32s = int64s.map { Int32(truncatingIfNeeded: $0) }
        let words = int64s.map { Array("word \($0 % 50)".utf8) }
        let numbers = (0..<300).map { UInt32($0 % 9) }
        var pages: [Page] = []
        func add(
            _ encoding: Encoding, _ type: PhysicalType, _ count: Int = 300, _ length: Int = 0,
            dictionary: [UInt8] = [], _ body: (inout [UInt8]) -> Void
        ) {
            var bytes: [UInt8] = []
            body(&bytes)
            let kind = LeafKind(
                type: .binary, physical: type, typeLength: length, conversion: .none)
            pages.append(
                Page(
                    encoding: encoding, kind: kind, count: count, bytes: bytes,
                    dictionary: dictionary))
        }
        add(.plain, .int32) { $0.append(copying: int32s.span.rawSpan) }
        add(.plain, .int64) { $0.append(copying: int64s.span.rawSpan) }
        add(.plain, .boolean) { $0 += [UInt8](repeating: 0xA5, count: 38) }
        add(.plain, .byteArray) { for word in words { $0.append(plain: word.rawSpan) } }
        add(.plain, .fixedLengthByteArray, 300, 3) { $0 += [UInt8](repeating: 7, count: 900) }
        add(.deltaBinaryPacked, .int32) { DeltaEncoder.append(int32s.span, to: &$0) }
        add(.deltaBinaryPacked, .int64) { DeltaEncoder.append(int64s.span, to: &$0) }
        let lengths = words.map { Int32($0.count) }
        add(.deltaLengthByteArray, .byteArray) { output in
            DeltaEncoder.append(lengths.span, to: &output)
            for word in words { output += word }
        }
        let prefixes = (0..<300).map { Int32($0 == 0 ? 0 : 5) }
        let suffixes = zip(lengths, prefixes).map { $0 - $1 }
        add(.deltaByteArray, .byteArray) { output in
            DeltaEncoder.append(prefixes.span, to: &output)
            DeltaEncoder.append(suffixes.span, to: &output)
            for (word, prefix) in zip(words, prefixes) { output += word.dropFirst(Int(prefix)) }
        }
        add(.byteStreamSplit, .double) { $0 += (0..<2400).map { UInt8(truncatingIfNeeded: $0) } }
        add(.byteStreamSplit, .fixedLengthByteArray, 300, 5) {
            $0 += (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        }
        let bits = numbers.map { $0 & 1 }
        add(.rle, .boolean) { output in
            output.appendPrefixed { HybridEncoder.append(bits.span, width: 1, to: &$0) }
        }
        var entries: [UInt8] = []
        for word in words.prefix(9) { entries.append(plain: word.rawSpan) }
        add(.rleDictionary, .byteArray, dictionary: entries) { output in
            output.append(4)
            HybridEncoder.append(numbers.span, width: 4, to: &output)
        }
        add(
            .rleDictionary, .int64, dictionary: [UInt8](repeating: 3, count: 72)
        ) { output in
            output.append(4)
            HybridEncoder.append(numbers.span, width: 4, to: &output)
        }
        return pages
    }()

    @Test(arguments: pages)
    func `a page gives all of its values`(page: Page) throws {
        #expect(try page.read(page.bytes, count: page.count).count == page.count)
    }

    @Test(arguments: pages)
    func `no prefix of a page is a trap, or gives values that are not there`(page: Page) {
        for length in 0..<page.bytes.count {
            let prefix = Array(page.bytes.prefix(length))
            if let read = try? page.read(prefix, count: page.count) {
                #expect(read.count == page.count)
            }
        }
        #expect(throws: DecodeError.self) { try page.read([], count: page.count) }
    }

    @Test(arguments: pages)
    func `no changed byte of a page is a trap, or makes more values`(page: Page) {
        for index in page.bytes.indices {
            for byte in [0, 1, 0x7F, 0x80, 0xFF, page.bytes[index] ^ 0x10] as [UInt8] {
                var changed = page.bytes
                changed[index] = byte
                if let read = try? page.read(changed, count: page.count) {
                    #expect(read.count == page.count)
                }
            }
        }
    }

    @Test(arguments: pages, [0, 1, 7, 299, 301, 100_000])
    func `a count that lies gives that many values or an error`(page: Page, count: Int) {
        if let read = try? page.read(page.bytes, count: count) { #expect(read.count == count) }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `random bytes are no trap in any encoding`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for page in Self.pages {
            let bytes = (0..<Int.random(in: 0..<200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = try? page.read(bytes, count: Int.random(in: 0..<2000, using: &random))
        }
    }

    @Test
    func `a prefix that is repeated over and over makes no more than it may`() throws {
        let page = try #require(Self.pages.first { $0.encoding == .deltaByteArray })

        #expect(throws: DecodeError.self) {
            try page.read(page.bytes, count: page.count, copying: 1000)
        }
    }

    @Test
    func `strings of the dictionary behind others are copied, as far as allowed`() throws {
        let page = try #require(
            Self.pages.first { $0.encoding == .rleDictionary && $0.kind.physical == .byteArray })
        let plain = try #require(
            Self.pages.first { $0.encoding == .plain && $0.kind.physical == .byteArray })
        var values = StoredValues(page.kind)
        try page.readDictionary(into: &values)
        _ = try plain.append(plain.bytes, 1, to: &values, copying: 0)

        let copied = try page.append(page.bytes, page.count, to: &values, copying: 10_000)
        let more = try? page.append(page.bytes, page.count, to: &values, copying: 100)

        #expect(copied > 300 * 5)
        #expect(more == nil)
        #expect(values.count < 601)
    }
}
