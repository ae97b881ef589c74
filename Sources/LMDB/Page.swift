internal import Bytes

/// The part of a meta page that says where the tree is.
package struct Meta: Equatable, Sendable {
    /// The number of the transaction that wrote the page.
    package let transaction: UInt64
    /// The page at which the tree begins.
    package let root: UInt64
    /// The last page in use, from 0 on.
    package let lastPage: UInt64
    /// The size of the file's pages, as the page claims.
    package let pageByteCount: Int

    /// Nil when the page is not a meta page of this format.
    init?(_ page: [UInt8]) {
        guard page.count >= PageLayout.metaByteCount,
            page.native(UInt16.self, at: 10) & PageLayout.metaFlag != 0,
            page.native(UInt32.self, at: 16) == PageLayout.magic,
            page.native(UInt32.self, at: 20) == PageLayout.version
        else { return nil }
        pageByteCount = Int(page.native(UInt32.self, at: 40))
        root = page.native(UInt64.self, at: 88 + 40)
        lastPage = page.native(UInt64.self, at: 136)
        transaction = page.native(UInt64.self, at: 144)
    }
}

/// A branch or leaf page whose every pointer has been checked.
struct Page {
    enum Kind { case branch, leaf }

    let kind: Kind
    private(set) var children: [UInt64] = []
    private(set) var entries: [PageEntry] = []

    /// Nil when the page contradicts the format anywhere.
    init?(_ page: [UInt8], number: UInt64) {
        guard page.count > PageLayout.headerByteCount, page.native(UInt64.self, at: 0) == number
        else { return nil }
        switch page.native(UInt16.self, at: 10) {
        case PageLayout.branchFlag: kind = .branch
        case PageLayout.leafFlag: kind = .leaf
        default: return nil
        }
        let lower = Int(page.native(UInt16.self, at: 12))
        let upper = Int(page.native(UInt16.self, at: 14))
        guard lower >= PageLayout.headerByteCount, lower <= upper, upper <= page.count,
            lower.isMultiple(of: 2)
        else { return nil }
        for pointer in stride(from: PageLayout.headerByteCount, to: lower, by: 2) {
            let node = Int(page.native(UInt16.self, at: pointer))
            guard node >= upper, addNode(page, at: node) else { return nil }
        }
    }

    private mutating func addNode(_ page: [UInt8], at start: Int) -> Bool {
        let keyStart = start + PageLayout.nodeByteCount
        guard keyStart <= page.count else { return false }
        let low = page.native(UInt16.self, at: start)
        let high = page.native(UInt16.self, at: start + 2)
        let flags = page.native(UInt16.self, at: start + 4)
        let keyEnd = keyStart + Int(page.native(UInt16.self, at: start + 6))
        guard keyEnd <= page.count else { return false }
        let size = UInt64(low) | UInt64(high) << 16
        if kind == .branch {
            children.append(size | UInt64(flags) << 32)
            return true
        }
        let isBig = flags & PageLayout.bigDataFlag != 0
        let dataEnd = keyEnd + (isBig ? 8 : Int(size))
        guard dataEnd <= page.count else { return false }
        entries.append(
            PageEntry(
                key: Array(page[keyStart..<keyEnd]),
                page: isBig ? page.native(UInt64.self, at: keyEnd) : nil, byteCount: Int(size)))
        return true
    }
}

extension [UInt8] {
    /// An integer in the machine's byte order. The caller has checked that it is there.
    fileprivate func native<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at start: Int) -> T {
        rawSpan.extracting(start..<(start + MemoryLayout<T>.size)).loadNative()
    }
}

extension RawSpan {
    fileprivate func loadNative<T: FixedWidthInteger & BitwiseCopyable>() -> T {
        precondition(byteCount == MemoryLayout<T>.size, "an integer of \(byteCount) bytes")
        // SAFETY: the line above has checked the size, and any bit pattern is a valid integer.
        return unsafe unsafeLoadUnaligned(as: T.self)
    }
}
