import LMDB
import TestKit
import Testing

@Suite("PageFile: hostile bytes", .proves(.hostileBytesAreHarmless))
struct PageHostileBytes {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// The pages of a tree: those that begin with a branch's, a leaf's or a meta page's flags.
    private func treePages(of stored: StoredTree) -> [Int] {
        (0..<(stored.bytes.count / 4096)).filter { page in
            let flags = stored.bytes[page * 4096 + 10]
            let number = stored.bytes[page * 4096]
            return number == UInt8(truncatingIfNeeded: page) && [1, 2, 8].contains(flags & 0x0B)
        }
    }

    /// Reads all it can.
    private func visit(_ stored: StoredTree) -> Int {
        let pages = stored.pages
        for number in 0..<2 {
            if let meta = pages.meta(number) { _ = pages.lastEntry(from: meta) }
        }
        guard let tree = stored.tree else { return 0 }
        for entry in tree.entries {
            guard let page = entry.page, let at = pages.valuePosition(of: page) else { continue }
            #expect(at < stored.bytes.count)
        }
        return tree.damage.count
    }

    @Test
    func `every changed byte of a tree's pages is harmless`() throws {
        let stored = try StoredTree.written(60, in: directory)
        var named = 0
        for page in treePages(of: stored) {
            let used = Array(0..<160) + Array(3700..<4096)
            for byte in used {
                for change in [0x01, 0x80, 0xFF] as [UInt8] {
                    var changed = stored
                    changed.bytes[page * 4096 + byte] ^= change
                    named += visit(changed)
                }
            }
        }
        #expect(named > 0)
    }

    @Test
    func `a file cut anywhere is harmless`() throws {
        let stored = try StoredTree.written(30, in: directory)
        for count in stride(from: 0, through: stored.bytes.count, by: 257) {
            var cut = stored
            cut.bytes = Array(stored.bytes.prefix(count))
            _ = visit(cut)
        }
    }

    /// A branch whose children are itself would be walked for ever.
    @Test
    func `a page that is its own child is named once`() throws {
        var stored = try StoredTree.written(400, in: directory)
        let metas = [stored.pages.meta(0), stored.pages.meta(1)].compactMap(\.self)
        let newer = try #require(metas.max { $0.transaction < $1.transaction })
        let root = Int(newer.root) * 4096
        try #require(stored.bytes[root + 10] & 1 == 1, "the tree has a branch")
        let lower = Int(stored.bytes[root + 12]) | Int(stored.bytes[root + 13]) << 8
        for pointer in stride(from: root + 16, to: root + lower, by: 2) {
            let node = root + Int(stored.bytes[pointer]) + Int(stored.bytes[pointer + 1]) << 8
            stored.bytes[node] = UInt8(truncatingIfNeeded: newer.root)
            stored.bytes[node + 1] = UInt8(truncatingIfNeeded: newer.root >> 8)
            stored.bytes[node + 2] = 0
            stored.bytes[node + 3] = 0
        }

        let tree = try #require(stored.tree)

        #expect(tree.entries.isEmpty)
        #expect(Set(tree.damage.map(\.reason)) == [.unreachable])
        #expect(stored.pages.lastEntry(from: newer) == nil)
    }

    @Test
    func `a leaf that says more than it holds is named`() throws {
        let stored = try StoredTree.written(3, in: directory)
        let metas = [stored.pages.meta(0), stored.pages.meta(1)].compactMap(\.self)
        let newer = try #require(metas.max { $0.transaction < $1.transaction })
        let root = Int(newer.root) * 4096
        for (offset, value) in [(12, 0xFF), (13, 0x0F), (15, 0x20)] as [(Int, UInt8)] {
            var changed = stored
            changed.bytes[root + offset] = value
            guard changed.bytes != stored.bytes else { continue }
            let tree = try #require(changed.tree)
            #expect(tree.damage.map(\.reason) == [.malformed], "byte \(offset)")
        }
        // A node whose key would end beyond the page.
        var changed = stored
        let node = root + Int(stored.bytes[root + 16]) + Int(stored.bytes[root + 17]) << 8
        changed.bytes[node + 7] = 0xFF
        #expect(try #require(changed.tree).damage.map(\.reason) == [.malformed])
    }
}
