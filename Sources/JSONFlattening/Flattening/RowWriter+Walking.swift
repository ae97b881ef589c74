internal import Bytes

extension RowWriter {
    /// Notes what is found at a field: a value for its column, rows of its child, or fields below.
    @inline(__always)
    mutating func visit(_ field: Int32, _ value: Int, _ tape: Tape) {
        let before = seen[Int(field)]
        seen[Int(field)] = Sighting(row: row, value: value)
        if before.row == row { forget(field, at: before.value, tape) }
        switch tape.tag(value) {
        case Tag.null: break
        case Tag.object: visitObject(field, value, tape)
        case Tag.array: visitArray(field, value, tape)
        default:
            if fields[Int(field)].column >= 0 {
                entries.push(Entry(field: field, value: Int32(truncatingIfNeeded: value)))
            } else {
                miss(field, value, tape)
            }
        }
    }

    private mutating func visitObject(_ number: Int32, _ value: Int, _ tape: Tape) {
        let field = fields[Int(number)]
        if field.treatment.contains(.descends) {
            walk(number, value, tape)
        } else if field.treatment.contains(.takesObjects) || field.treatment.contains(.isMap) {
            entries.push(Entry(field: number, value: Int32(truncatingIfNeeded: value)))
        } else {
            miss(number, value, tape)
        }
    }

    private mutating func visitArray(_ number: Int32, _ value: Int, _ tape: Tape) {
        let field = fields[Int(number)]
        let takesRows = field.child >= 0 && !field.treatment.contains(.isMap)
        if field.column >= 0 || takesRows {
            entries.push(Entry(field: number, value: Int32(truncatingIfNeeded: value)))
        } else {
            miss(number, value, tape)
        }
    }

    /// Looks up the fields of the object at `start`, in the hope that they come as last time.
    private mutating func walk(_ object: Int32, _ start: Int, _ tape: Tape) {
        let closing = tape.closing(of: start)
        var expected = leading[Int(object)]
        var previous: Int32 = -1
        var key = start &+ 1
        while key < closing {
            let value = key &+ 1
            var field = expected
            if field < 0 || !fields[Int(field)].hasKey(key, of: tape, among: plan.keys) {
                field = lookUp(key, in: object, after: previous, tape)
            }
            if field >= 0 {
                visit(field, value, tape)
                previous = field
                expected = following[Int(field)]
            } else {
                missUndeclared(key, in: object, tape)
            }
            key = tape.end(of: value)
        }
    }

    /// Finds a field by its key, and expects it in the same place next time.
    private mutating func lookUp(
        _ key: Int, in object: Int32, after previous: Int32, _ tape: Tape
    ) -> Int32 {
        let field = plan.index.find(
            tape.string(key), in: object, plan.fields, plan.keys.rawSpan)
        guard field >= 0 else { return field }
        if previous < 0 {
            leading[Int(object)] = field
        } else {
            following[Int(previous)] = field
        }
        return field
    }
}
