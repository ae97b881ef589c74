internal import Bytes
internal import Columns

extension ColumnBuilder {
    /// Appends the value at `index`; whether it fitted. Nothing is appended when it did not.
    @inline(__always)
    mutating func land(
        _ index: Int, of tape: Tape, _ landing: Landing, scratch: inout TextBuffer
    ) -> Bool {
        guard !landing.isList else {
            return landList(index, of: tape, landing.conversion, scratch: &scratch)
        }
        return land(index, of: tape, as: landing.conversion, scratch: &scratch)
    }

    private mutating func land(
        _ index: Int, of tape: Tape, as conversion: Conversion, scratch: inout TextBuffer
    ) -> Bool {
        switch conversion {
        case .string:
            guard tape.tag(index) == Tag.string else { return false }
            append(bytes: tape.string(index))
        case .double:
            guard let value = tape.exactDouble(index) else { return false }
            append(double: value)
        case .long:
            guard let value = tape.long(index) else { return false }
            append(int64: value)
        case .moment(let form):
            guard let value = tape.moment(index, form) else { return false }
            append(int64: value)
        case .boolean:
            guard let value = tape.boolean(index) else { return false }
            append(bit: value)
        case .json:
            landText(index, of: tape, scratch: &scratch)
        default: return landRarely(index, of: tape, as: conversion, scratch: &scratch)
        }
        return true
    }

    private mutating func landRarely(
        _ index: Int, of tape: Tape, as conversion: Conversion, scratch: inout TextBuffer
    ) -> Bool {
        switch conversion {
        case .int32(let lowest, let highest):
            guard let value = tape.long(index, from: lowest, to: highest) else { return false }
            append(int32: value)
        case .float:
            guard let value = tape.exactDouble(index) else { return false }
            append(float: Float(value))
        case .date:
            guard let value = tape.days(index) else { return false }
            append(int32: value)
        case .epoch(let unit):
            guard let value = tape.epoch(index, unit: unit) else { return false }
            append(int64: value)
        case .decimal(let precision, let scale):
            guard let value = tape.unscaled(index, precision: precision, scale: scale),
                (try? append(unscaled: value)) != nil
            else { return false }
        case .text: return landAnyText(index, of: tape, scratch: &scratch)
        default: return false
        }
        return true
    }

    /// Appends the JSON text of any value.
    private mutating func landText(_ index: Int, of tape: Tape, scratch: inout TextBuffer) {
        scratch.removeAll()
        JSONText.append(index, of: tape, to: &scratch)
        append(bytes: scratch.bytes)
    }

    private mutating func landAnyText(
        _ index: Int, of tape: Tape, scratch: inout TextBuffer
    ) -> Bool {
        switch tape.tag(index) {
        case Tag.string: append(bytes: tape.string(index))
        case Tag.object, Tag.array: return false
        default: landText(index, of: tape, scratch: &scratch)
        }
        return true
    }

    private mutating func landList(
        _ index: Int, of tape: Tape, _ element: Conversion, scratch: inout TextBuffer
    ) -> Bool {
        guard tape.tag(index) == Tag.array else { return false }
        // A list lands whole or not at all, so it is tried on a column that is thrown away.
        guard case .array(let type, _) = self.type else { return false }
        var trial = ColumnBuilder(type)
        guard trial.landElements(index, of: tape, element, scratch: &scratch) else { return false }
        appendGroup { children in
            _ = children[0].landElements(index, of: tape, element, scratch: &scratch)
        }
        return true
    }

    private mutating func landElements(
        _ index: Int, of tape: Tape, _ conversion: Conversion, scratch: inout TextBuffer
    ) -> Bool {
        var place = index + 1
        while place < tape.closing(of: index) {
            if tape.tag(place) == Tag.null {
                appendNull()
            } else if !land(place, of: tape, as: conversion, scratch: &scratch) {
                return false
            }
            place = tape.end(of: place)
        }
        return true
    }
}
