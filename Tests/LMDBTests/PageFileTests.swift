import Bytes
import DurableFiles
import LMDB
import TestKit
import Testing

/// A file that LMDB wrote, in memory, where a test can change it.
struct StoredTree: PageSource {
    var bytes: [UInt8]
    var entries: [(key: [UInt8], value: [UInt8])] = []

    func read(at position: Int, count: Int) throws(Never) -> [UInt8] {
        guard position >= 0, position < bytes.count, count > 0 else { return [] }
        return Array(bytes[position..<min(bytes.count, position + count)])
    }

    var pages: PageFile<StoredTree> {
        PageFile(self, byteCount: bytes.count, pageByteCount: 4096)
    }

    /// The newer meta page's tree, if there is one.
    var tree: PageTree? {
        let metas = [pages.meta(0), pages.meta(1)].compactMap(\.self)
        return metas.max { $0.transaction < $1.transaction }.map { pages.walk(from: $0) }
    }

    /// `count` values of a page and more, each in a transaction of its own, under ascending keys.
    static func written(_ count: Int, in directory: TemporaryDirectory) throws -> StoredTree {
        let path = directory.path(of: "tree.mdb")
        var entries: [(key: [UInt8], value: [UInt8])] = []
        do {
            let environment = try Environment(creating: path, mapByteCount: 64 << 20)
            for number in 0..<count {
                var key = ByteWriter()
                key.append(UInt8(ascii: "b"))
                key.append(bigEndian: UInt64(number))
                let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 4080)
                var transaction = try environment.begin()
                let position = try transaction.append(key: key.bytes, byteCount: value.count) {
                    $0.append(copying: value.rawSpan)
                }
                #expect(position % 4096 == 16)
                try transaction.commit()
                entries.append((key.bytes, value))
            }
        }
        let file = try File(path, .reading)
        let bytes = try file.read(at: 0, count: try file.status().byteCount)
        return StoredTree(bytes: bytes, entries: entries)
    }
}

@Suite("PageFile: LMDB's pages without LMDB")
struct PageFileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: [1, 2, 50, 400])
    func `what LMDB stored is found in order, where it says`(count: Int) throws {
        let stored = try StoredTree.written(count, in: directory)

        let tree = try #require(stored.tree)

        #expect(tree.damage == [])
        #expect(tree.entries.map(\.key) == stored.entries.map(\.key))
        for (entry, expected) in zip(tree.entries, stored.entries) {
            let page = try #require(entry.page)
            let position = try #require(stored.pages.valuePosition(of: page))
            #expect(entry.byteCount == expected.value.count)
            #expect(stored.read(at: position, count: entry.byteCount) == expected.value)
        }
    }

    @Test
    func `the last entry is the last that was stored`() throws {
        let stored = try StoredTree.written(300, in: directory)
        let newer = try #require(
            [stored.pages.meta(0), stored.pages.meta(1)].compactMap(\.self)
                .max { $0.transaction < $1.transaction })

        let last = stored.pages.lastEntry(from: newer)

        #expect(last?.key == stored.entries.last?.key)
        #expect(newer.pageByteCount == 4096)
        #expect(PageFile.statedPageByteCount(of: stored) == 4096)
    }

    @Test
    func `an empty tree has no entries`() throws {
        do {
            let path = directory.path(of: "tree.mdb")
            let environment = try Environment(creating: path, mapByteCount: 1 << 20)
            _ = environment.pageByteCount
        }
        let file = try File(directory.path(of: "tree.mdb"), .reading)
        let stored = StoredTree(bytes: try file.read(at: 0, count: 1 << 20))

        let tree = try #require(stored.tree)

        #expect(tree.entries.isEmpty && tree.damage.isEmpty)
    }

    @Test
    func `a put beyond the map is an error and the environment goes on`() throws {
        let environment = try Environment(
            creating: directory.path(of: "small.mdb"), mapByteCount: 64 << 10)
        var failure: LMDBError?
        for number in 0..<40 where failure == nil {
            do throws(LMDBError) {
                var transaction = try environment.begin()
                _ = try transaction.append(key: [UInt8(number)], byteCount: 4080) {
                    $0.append(zeros: 4080)
                }
                try transaction.commit()
            } catch {
                failure = error
            }
        }

        #expect(failure?.isMapFull == true)
        _ = try environment.begin()
    }
}
