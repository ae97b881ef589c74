internal import Bytes
internal import Columns

extension RowWriter {
    // MARK: What does not land

    /// A value that fits neither the column of its field nor another use of it.
    mutating func miss(_ number: Int32, _ value: Int, _ tape: Tape) {
        let field = fields[Int(number)]
        guard !field.treatment.contains(.ignores) else { return }
        if field.treatment.contains(.discovers), plan.tables[Int(field.table)].hasRoom {
            discover(node(of: number), value, tape)
        }
        rescue(number, value: value)
    }

    /// A value whose field is not known.
    mutating func missUndeclared(_ key: Int, in object: Int32, _ tape: Tape) {
        guard plan.mapping.undeclared != .ignore, isSomething(key + 1, tape) else { return }
        let table = Int(fields[Int(object)].table)
        if plan.tables[table].hasRoom {
            let node = node(of: object).flatMap { discoveries.child(of: $0, tape.string(key)) }
            discover(node, key + 1, tape)
        }
        rescues.append(
            Rescue(parent: object, field: -1, value: Int32(truncatingIfNeeded: key + 1)))
    }

    mutating func rescue(_ field: Int32, value: Int) {
        rescues.append(
            Rescue(
                parent: fields[Int(field)].parent, field: field,
                value: Int32(truncatingIfNeeded: value)))
    }

    /// Whether there is anything but nulls and empty objects.
    private func isSomething(_ index: Int, _ tape: Tape) -> Bool {
        switch tape.tag(index) {
        case Tag.null: return false
        case Tag.object:
            var key = index + 1
            while key < tape.closing(of: index) {
                if isSomething(key + 1, tape) { return true }
                key = tape.end(of: key + 1)
            }
            return false
        default: return true
        }
    }

    /// Where the discoveries keep a field of the plan; nil when they are full.
    private mutating func node(of field: Int32) -> Int32? {
        let known = fields[Int(field)]
        guard known.parent >= 0 else { return discoveries.root(of: Int(known.table)) }
        guard let parent = node(of: known.parent) else { return nil }
        let keys = plan.keys
        return discoveries.child(of: parent, keys.rawSpan.extracting(known.keyRange))
    }

    /// Notes what kind of value stands at a place without a column, and at all places below.
    private mutating func discover(_ node: Int32?, _ value: Int, _ tape: Tape) {
        guard let node else { return }
        if tape.tag(value) == Tag.object {
            var key = value + 1
            while key < tape.closing(of: value) {
                discover(discoveries.child(of: node, tape.string(key)), key + 1, tape)
                key = tape.end(of: key + 1)
            }
        } else if let kind = InferredKind.of(value, in: tape) {
            let found = Place(partition: place.partition, offset: place.offset, word: value)
            discoveries.note(kind, of: node, at: found)
        }
    }

    /// Undoes what an earlier value of the same key has left: the last one wins.
    mutating func forget(_ number: Int32, at value: Int, _ tape: Tape) {
        let field = fields[Int(number)]
        guard !field.treatment.contains(.ignores) else { return }
        let end = tape.end(of: value)
        let isOld = { (place: Int32) in Int(place) >= value && Int(place) < end }
        entries.removeAll {
            $0.field >= number && $0.field < field.end && isOld($0.value)
        }
        rescues.removeAll { isOld($0.value) }
        for below in Int(number) + 1..<Int(field.end) {
            seen[below] = Sighting(row: 0, value: 0)
        }
        if tape.tag(value) != Tag.null { rescue(number, value: value) }
    }

    // MARK: The column of what did not land

    /// Writes what the row has rescued, as the part of its document that did not land. Returns how
    /// many values that are.
    mutating func appendRescued(_ table: Int, _ tape: Tape) -> Int {
        guard !rescues.isEmpty else { return 0 }
        let count = rescues.count
        countRescues()
        writeRescued(plan.roots[table], tape)
        rescues.removeAll(keepingCapacity: true)
        let column = plan.columnStarts[table] + plan.tables[table].rescued
        let missing = rowCounts[table] - columns[column].count
        if missing > 0 { columns[column].appendNulls(missing) }
        Self.append(rescued, to: &columns[column])
        return count
    }

    private static func append(_ text: borrowing TextBuffer, to column: inout ColumnBuilder) {
        column.append(bytes: text.bytes)
    }

    private mutating func countRescues() {
        for rescue in rescues {
            if rescue.field >= 0 {
                rescueCounts[Int(rescue.field)] += 1
            } else {
                undeclaredCounts[Int(rescue.parent)] += 1
            }
        }
    }

    private mutating func writeRescued(_ root: Int32, _ tape: Tape) {
        rescued.removeAll()
        if rescues[0].parent < 0 {
            JSONText.append(Int(rescues[0].value), of: tape, to: &rescued)
            return
        }
        rescues.sort { $0.value < $1.value }
        var open: [Int32] = [root]
        rescued.append(UInt8(ascii: "{"))
        for rescue in rescues {
            let chain = chain(to: rescue.parent)
            close(&open, downTo: commonPrefix(open, chain))
            while open.count < chain.count {
                let next = chain[open.count]
                beginMember(plan.key(of: next))
                rescued.append(UInt8(ascii: "{"))
                open.append(next)
            }
            separate()
            JSONText.append(quoted: tape.string(Int(rescue.value) - 1), to: &rescued)
            rescued.append(UInt8(ascii: ":"))
            JSONText.append(Int(rescue.value), of: tape, to: &rescued)
        }
        close(&open, downTo: 0)
    }

    /// The objects from the table's value down to `field`.
    private func chain(to field: Int32) -> [Int32] {
        var chain: [Int32] = []
        var field = field
        while field >= 0 {
            chain.append(field)
            field = fields[Int(field)].parent
        }
        return chain.reversed()
    }

    private func commonPrefix(_ left: [Int32], _ right: [Int32]) -> Int {
        zip(left, right).prefix { $0 == $1 }.count
    }

    private mutating func close(_ open: inout [Int32], downTo count: Int) {
        while open.count > count {
            rescued.append(UInt8(ascii: "}"))
            open.removeLast()
        }
    }

    private mutating func beginMember(_ key: String) {
        separate()
        JSONText.append(quoted: key, to: &rescued)
        rescued.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if rescued.last != UInt8(ascii: "{") { rescued.append(UInt8(ascii: ",")) }
    }
}
