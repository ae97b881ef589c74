internal import Bytes
internal import Columns

/// The quick way from a body into its row, for bodies like those before them.
///
/// Values are read where they stand, without a tape, as long as every one is what its column wants:
/// fields that are known, strings without escapes, numbers in their usual form, arrays of plain
/// values. At the first that is not, the row is left to the usual way, which decides every such
/// case, and nothing has been appended. So this way never has to rescue, discover or refuse
/// anything; a law holds both ways against each other.
extension RowWriter {
    /// A value that has been read and fits its column.
    struct QuickValue: BitwiseCopyable {
        let column: Int32
        let form: Form
        /// Of bytes how many they are.
        let byteCount: Int32
        /// The value's bits; of bytes where they begin in the body.
        let bits: UInt64

        enum Form: UInt8, BitwiseCopyable { case bytes, int64, int32, double, bit }
    }

    /// Whether the body's row was appended. Otherwise nothing has changed.
    mutating func landQuickly(
        _ body: borrowing IndexedBody, partition: Int32, offset: Int64
    ) -> Bool {
        quick.pop(to: 0)
        row &+= 1
        var next = 0
        guard body.byte(0) == UInt8(ascii: "{"),
            walkQuickly(plan.roots[0], &next, body, depth: 1), next == body.count
        else { return false }
        columns[PlanTable.partition].append(int32: partition)
        columns[PlanTable.offset].append(int64: offset)
        let rowCount = rowCounts[0]
        for place in 0..<quick.count { append(quick[place], to: rowCount, body) }
        rowCounts[0] &+= 1
        return true
    }

    @inline(__always)
    private mutating func append(
        _ value: QuickValue, to rowCount: Int, _ body: borrowing IndexedBody
    ) {
        let column = Int(value.column)
        let missing = rowCount &- columns[column].count
        if missing > 0 { columns[column].appendNulls(missing) }
        switch value.form {
        case .bytes:
            let start = Int(truncatingIfNeeded: value.bits)
            columns[column].append(
                bytes: body.bytes.extracting(start..<start &+ Int(value.byteCount)))
        case .int64: columns[column].append(int64: Int64(bitPattern: value.bits))
        case .int32: columns[column].append(int32: Int32(truncatingIfNeeded: value.bits))
        case .double: columns[column].append(double: Double(bitPattern: value.bits))
        case .bit: columns[column].append(bit: value.bits != 0)
        }
    }

    // MARK: The walk

    /// Reads the fields of the object at `next`, which is behind it afterwards.
    private mutating func walkQuickly(
        _ object: Int32, _ next: inout Int, _ body: borrowing IndexedBody, depth: Int
    ) -> Bool {
        next &+= 1
        if body.byte(next) == UInt8(ascii: "}") {
            next &+= 1
            return true
        }
        guard depth <= depthMax else { return false }
        var previous: Int32 = -1
        while true {
            guard body.byte(next) == UInt8(ascii: "\""), let key = body.string(next),
                body.byte(next &+ 1) == UInt8(ascii: ":")
            else { return false }
            let field = field(called: key, of: body, in: object, after: previous)
            guard field >= 0, seen[Int(field)].row != row else { return false }
            seen[Int(field)] = Sighting(row: row, value: 0)
            next &+= 2
            guard takeQuickly(field, &next, body, depth: depth) else { return false }
            let mark = body.byte(next)
            next &+= 1
            if mark == UInt8(ascii: "}") { return true }
            guard mark == UInt8(ascii: ",") else { return false }
            previous = field
        }
    }

    /// The field with this key, which is mostly the one that followed in the last document; -1
    /// when there is none, or its key may have to be escaped.
    @inline(__always)
    private mutating func field(
        called key: Range<Int>, of body: borrowing IndexedBody, in object: Int32,
        after previous: Int32
    ) -> Int32 {
        let expected = previous < 0 ? leading[Int(object)] : following[Int(previous)]
        if expected >= 0, fields[Int(expected)].hasKey(key, of: body, among: plan.keys) {
            return expected
        }
        let text = body.bytes.extracting(key)
        let found = plan.index.find(text, in: object, plan.fields, plan.keys.rawSpan)
        guard found >= 0, fields[Int(found)].treatment.contains(.hasPlainKey) else { return -1 }
        if previous < 0 {
            leading[Int(object)] = found
        } else {
            following[Int(previous)] = found
        }
        return found
    }

    /// Reads the value at `next`, which is behind it afterwards.
    @inline(__always)
    private mutating func takeQuickly(
        _ field: Int32, _ next: inout Int, _ body: borrowing IndexedBody, depth: Int
    ) -> Bool {
        switch body.byte(next) {
        case UInt8(ascii: "{"):
            guard fields[Int(field)].treatment.contains(.descends) else { return false }
            return walkQuickly(field, &next, body, depth: depth &+ 1)
        case UInt8(ascii: "n"):
            guard body.isWord(next, 0x6C6C_756E) else { return false }
            next &+= 1
            return true
        default:
            let column = fields[Int(field)].column
            guard column >= 0 else { return false }
            let landing = landings[Int(column)]
            guard !landing.isList,
                let value = read(landing.conversion, &next, body, column: column)
            else { return false }
            quick.push(value)
            return true
        }
    }

    /// The value at `next` for a column.
    @inline(__always)
    private func read(
        _ conversion: Conversion, _ next: inout Int, _ body: borrowing IndexedBody, column: Int32
    ) -> QuickValue? {
        let first = body.byte(next)
        defer { next &+= 1 }
        switch conversion {
        case .string, .text:
            guard first == UInt8(ascii: "\""), let text = body.string(next), body.isPlain(text)
            else { return nil }
            return QuickValue(bytes: text, column)
        case .moment(let form):
            guard first == UInt8(ascii: "\""), let text = body.string(next),
                let moment = ISO8601.microseconds(body.bytes.extracting(text), form)
            else { return nil }
            return QuickValue(column, .int64, UInt64(bitPattern: moment))
        case .double:
            guard let value = body.number(next)?.double ?? body.longDouble(next) else {
                return nil
            }
            return QuickValue(column, .double, value.bitPattern)
        case .long:
            guard let value = body.number(next)?.integer else { return nil }
            return QuickValue(column, .int64, UInt64(bitPattern: value))
        case .boolean:
            if body.isWord(next, 0x6575_7274) { return QuickValue(column, .bit, 1) }
            return body.isFalse(next) ? QuickValue(column, .bit, 0) : nil
        case .json:
            guard first == UInt8(ascii: "["), let text = plainArray(&next, body) else {
                return nil
            }
            return QuickValue(bytes: text, column)
        default: return readRarely(conversion, next, body, column)
        }
    }

    private func readRarely(
        _ conversion: Conversion, _ next: Int, _ body: borrowing IndexedBody, _ column: Int32
    ) -> QuickValue? {
        guard let value = body.number(next)?.integer else { return nil }
        switch conversion {
        case .int32(let lowest, let highest):
            guard value >= lowest, value <= highest else { return nil }
            return QuickValue(column, .int32, UInt64(bitPattern: value))
        case .epoch(let unit):
            let (moment, overflow) = value.multipliedReportingOverflow(by: unit)
            return overflow ? nil : QuickValue(column, .int64, UInt64(bitPattern: moment))
        default: return nil
        }
    }

    /// The array at `next`, if its text is what `JSONText` would write: without white space, and
    /// with nothing in it but strings without escapes, whole numbers, and words. `next` is at its
    /// closing bracket afterwards.
    private func plainArray(_ next: inout Int, _ body: borrowing IndexedBody) -> Range<Int>? {
        let start = body.position(next)
        next &+= 1
        guard body.position(next) == start &+ 1 else { return nil }
        if body.byte(next) == UInt8(ascii: "]") { return start..<start &+ 2 }
        while true {
            guard isPlainElement(next, body) else { return nil }
            next &+= 1
            let mark = body.byte(next)
            if mark == UInt8(ascii: "]") { return start..<body.position(next) &+ 1 }
            guard mark == UInt8(ascii: ","),
                body.position(next &+ 1) == body.position(next) &+ 1
            else { return nil }
            next &+= 1
        }
    }

    /// Whether the next place follows the value at once, and its text is its JSON text.
    @inline(__always)
    private func isPlainElement(_ number: Int, _ body: borrowing IndexedBody) -> Bool {
        switch body.byte(number) {
        case UInt8(ascii: "\""):
            guard let text = body.string(number) else { return false }
            return body.isPlain(text)
        case UInt8(ascii: "t"): return body.isWord(number, 0x6575_7274)
        case UInt8(ascii: "f"): return body.isFalse(number)
        case UInt8(ascii: "n"): return body.isWord(number, 0x6C6C_756E)
        default:
            // Zero has no sign in an integer.
            guard let value = body.number(number), let integer = value.integer else { return false }
            return integer != 0 || !value.isNegative
        }
    }
}

extension RowWriter.QuickValue {
    @inline(__always)
    init(_ column: Int32, _ form: Form, _ bits: UInt64) {
        self.init(column: column, form: form, byteCount: 0, bits: bits)
    }

    @inline(__always)
    init(bytes range: Range<Int>, _ column: Int32) {
        self.init(
            column: column, form: .bytes, byteCount: Int32(truncatingIfNeeded: range.count),
            bits: UInt64(range.lowerBound))
    }
}
