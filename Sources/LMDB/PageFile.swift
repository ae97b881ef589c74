/// Where a ``PageFile`` gets its bytes from: a file, for all but a test.
package protocol PageSource: Sendable {
    associatedtype Fault: Error
    /// Up to `count` bytes from `position`; fewer only where the source ends.
    func read(at position: Int, count: Int) throws(Fault) -> [UInt8]
}

/// Reads an LMDB file page by page, without LMDB and without a memory map.
///
/// LMDB trusts its pages: one flipped bit in a branch page can end in a signal. This reader trusts
/// nothing, so it can be pointed at a file that a stranger or a failing disk has written.
package struct PageFile<Source: PageSource>: Sendable {
    private let source: Source
    /// The size of a page, at least 512.
    package let pageByteCount: Int
    /// The length of the source.
    package let byteCount: Int

    /// Reads `byteCount` bytes of `source` as pages of `pageByteCount` bytes.
    package init(_ source: Source, byteCount: Int, pageByteCount: Int) {
        precondition(pageByteCount >= 512, "a page of \(pageByteCount) bytes")
        self.source = source
        self.pageByteCount = pageByteCount
        self.byteCount = byteCount
    }

    /// One of the two meta pages (number 0 or 1), when it is whole.
    package func meta(_ number: Int) throws(Source.Fault) -> Meta? {
        let page = try source.read(at: number * pageByteCount, count: pageByteCount)
        return Meta(page)
    }

    /// The page size that the file's first meta page names, whatever this reader assumes.
    package static func statedPageByteCount(of source: Source) throws(Source.Fault) -> Int? {
        let head = try source.read(at: 0, count: PageLayout.metaByteCount)
        return Meta(head)?.pageByteCount
    }

    /// The keys and the places of the values in the tree of a meta page, in key order.
    ///
    /// A page that contradicts the format is named in `damage`, and the walk goes on beside it.
    package func walk(from meta: Meta) throws(Source.Fault) -> PageTree {
        var tree = PageTree()
        guard meta.root != PageLayout.noPage else { return tree }
        try walk(page: meta.root, depth: 1, into: &tree)
        return tree
    }

    private func walk(
        page number: UInt64, depth: Int, into tree: inout PageTree
    ) throws(Source.Fault) {
        guard let start = position(of: number), depth <= PageLayout.depthMax,
            tree.visited.insert(number).inserted
        else { return tree.damage.append(PageDamage(page: number, reason: .unreachable)) }
        let page = try source.read(at: start, count: pageByteCount)
        guard let nodes = Page(page, number: number) else {
            return tree.damage.append(PageDamage(page: number, reason: .malformed))
        }
        switch nodes.kind {
        case .branch:
            for child in nodes.children { try walk(page: child, depth: depth + 1, into: &tree) }
        case .leaf:
            for entry in nodes.entries { tree.add(entry, on: number) }
        }
    }

    /// The entry with the greatest key of a meta page's tree, or nil when the way to it is broken.
    package func lastEntry(from meta: Meta) throws(Source.Fault) -> PageEntry? {
        var number = meta.root
        for _ in 0..<PageLayout.depthMax {
            guard let start = position(of: number) else { return nil }
            let bytes = try source.read(at: start, count: pageByteCount)
            guard let page = Page(bytes, number: number) else { return nil }
            switch page.kind {
            case .leaf: return page.entries.last
            case .branch:
                guard let child = page.children.last else { return nil }
                number = child
            }
        }
        return nil
    }

    /// Where a page begins in the file, when the file has it.
    private func position(of page: UInt64) -> Int? {
        guard page >= 2, page < UInt64(byteCount / pageByteCount) else { return nil }
        return Int(page) * pageByteCount
    }

    /// Where the value of an overflow run that begins at `page` lies, when the file has it.
    package func valuePosition(of page: UInt64) -> Int? {
        position(of: page).map { $0 + PageLayout.headerByteCount }
    }
}

/// What a walk over the pages of a tree found.
package struct PageTree: Sendable {
    /// In the order of the tree.
    package fileprivate(set) var entries: [PageEntry] = []
    /// What was stepped over, in the order in which it was met.
    package fileprivate(set) var damage: [PageDamage] = []
    fileprivate var visited: Set<UInt64> = []

    fileprivate mutating func add(_ entry: PageEntry, on page: UInt64) {
        if let last = entries.last, !last.key.lexicographicallyPrecedes(entry.key) {
            damage.append(PageDamage(page: page, reason: .outOfOrder))
        }
        entries.append(entry)
    }
}

/// A key and where its value lies.
package struct PageEntry: Equatable, Sendable {
    /// At most 511 bytes.
    package let key: [UInt8]
    /// The first page of the value's own pages, or nil for a value inside the leaf.
    package let page: UInt64?
    /// The length of the value.
    package let byteCount: Int
}

/// A page that does not obey the format.
package struct PageDamage: Equatable, Sendable {
    /// Which rule the page breaks.
    package enum Reason: String, Sendable {
        case malformed = "the page contradicts LMDB's format"
        case unreachable = "the page is referred to but cannot exist, or twice"
        case outOfOrder = "keys are out of order"
    }

    /// The number of the page.
    package let page: UInt64
    /// Which rule it breaks.
    package let reason: Reason
}
