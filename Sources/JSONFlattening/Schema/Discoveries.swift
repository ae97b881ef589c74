internal import Bytes
internal import Columns

/// Fields that have no column yet, and what they held.
///
/// A tree of keys, found by their object and their bytes: a value at a path that is known already
/// costs no memory. Merging is associative and commutative: the discoveries of a range are the same
/// however it was cut into tasks, as long as none of them has overflowed.
package struct Discoveries: Sendable {
    private var nodes: [Node] = []
    /// The keys of all nodes.
    private var keys: [UInt8] = []
    /// 0 for a free slot, else the node's number plus one.
    private var slots: [Int32] = []
    /// How many fields held something.
    package private(set) var count = 0

    /// How many paths are remembered; those beyond stay in `_rescued_data`.
    static let countMax = 4_096
    /// A longer path gets no column.
    static let pathByteCountMax = 1_024

    private struct Node {
        /// The object's node; of a table's own value, the table's number from -1 downwards.
        let parent: Int32
        let key: Range<Int>
        /// Of all keys from the table's value down to here.
        let pathByteCount: Int
        var kinds = KindsSeen()
    }

    /// Nothing discovered.
    package init() {}

    /// Whether every field has had a column.
    package var isEmpty: Bool { count == 0 }

    // MARK: Taking in

    /// The node of a table's own value; nil when there is no room for it.
    mutating func root(of table: Int) -> Int32? {
        let nothing: [UInt8] = []
        return child(of: -1 - Int32(table), nothing.rawSpan)
    }

    /// The node of the field called `key` in an object's node; nil when there is no room for it, or
    /// its path is too long.
    mutating func child(of parent: Int32, _ key: RawSpan) -> Int32? {
        if nodes.count * 2 >= slots.count { grow() }
        var slot = FieldIndex.hash(parent, key) & (slots.count - 1)
        while slots[slot] != 0 {
            let node = nodes[Int(slots[slot] - 1)]
            if node.parent == parent, keys.rawSpan.extracting(node.key).isEqual(to: key) {
                return slots[slot] - 1
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        let above = parent < 0 ? 0 : nodes[Int(parent)].pathByteCount
        guard nodes.count < Self.countMax * 2, above + key.byteCount <= Self.pathByteCountMax
        else { return nil }
        let start = keys.count
        keys.append(copying: key)
        nodes.append(
            Node(
                parent: parent, key: start..<keys.count, pathByteCount: above + key.byteCount))
        slots[slot] = Int32(nodes.count)
        return Int32(nodes.count - 1)
    }

    /// Notes that a field held a value of this kind.
    mutating func note(_ kind: InferredKind, of node: Int32, at place: Place) {
        if nodes[Int(node)].kinds.isEmpty {
            guard count < Self.countMax else { return }
            count += 1
        }
        nodes[Int(node)].kinds.note(kind, at: place)
    }

    /// Takes in what another task has found.
    package mutating func merge(_ other: Discoveries) {
        for (number, node) in other.nodes.enumerated() where !node.kinds.isEmpty {
            guard let own = self.node(at: other.path(of: Int32(number)), of: other.table(number))
            else { continue }
            for (kind, place) in node.kinds.all { note(kind, of: own, at: place) }
        }
    }

    /// The node at a path, made on the way.
    mutating func node(at path: [String], of table: Int) -> Int32? {
        var node = root(of: table)
        for key in path {
            let bytes = Array(key.utf8)
            node = node.flatMap { child(of: $0, bytes.rawSpan) }
        }
        return node
    }

    private mutating func grow() {
        var grown = [Int32](repeating: 0, count: max(64, slots.count * 4))
        for (number, node) in nodes.enumerated() {
            let key = keys.rawSpan.extracting(node.key)
            var slot = FieldIndex.hash(node.parent, key) & (grown.count - 1)
            while grown[slot] != 0 { slot = (slot + 1) & (grown.count - 1) }
            grown[slot] = Int32(number) + 1
        }
        slots = grown
    }

    // MARK: Giving out

    /// The fields in the order in which they first came, with the kind of their columns.
    var inLogOrder: [(table: Int, path: [String], kind: InferredKind)] {
        let found = nodes.enumerated().compactMap { number, node -> (Place, Int, [String],
            InferredKind)? in
            guard let place = node.kinds.earliest, let kind = node.kinds.decision else {
                return nil
            }
            return (place, table(number), path(of: Int32(number)), kind)
        }
        return found.sorted {
            if $0.0 != $1.0 { return $0.0 < $1.0 }
            if $0.1 != $1.1 { return $0.1 < $1.1 }
            return $0.2.lexicographicallyPrecedes($1.2)
        }.map { ($0.1, $0.2, $0.3) }
    }

    /// The keys that lead to a node from its table's value.
    private func path(of node: Int32) -> [String] {
        var path: [String] = []
        var node = nodes[Int(node)]
        while node.parent >= 0 {
            path.append(String(utf8: keys.rawSpan.extracting(node.key)))
            node = nodes[Int(node.parent)]
        }
        return path.reversed()
    }

    private func table(_ number: Int) -> Int {
        var parent = nodes[number].parent
        while parent >= 0 { parent = nodes[Int(parent)].parent }
        return Int(-1 - parent)
    }
}
