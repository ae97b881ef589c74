internal import Bytes
internal import Glibc

/// Values of a tape in the types of columns; nil where a value does not fit exactly.
extension Tape {
    /// A whole number, also one that is written with a point or an exponent.
    func long(_ index: Int) -> Int64? {
        switch tag(index) {
        case Tag.integer: integer(index)
        case Tag.double: Int64(exactly: double(index))
        default: nil
        }
    }

    func long(_ index: Int, from lowest: Int64, to highest: Int64) -> Int32? {
        guard let value = long(index), value >= lowest, value <= highest else { return nil }
        return Int32(truncatingIfNeeded: value)
    }

    /// A number, unless it is an integer of so many digits that a double would change it.
    func exactDouble(_ index: Int) -> Double? {
        switch tag(index) {
        case Tag.double: return double(index)
        case Tag.integer: return Double(exactly: integer(index))
        case Tag.unsigned: return Double(exactly: unsigned(index))
        default: return nil
        }
    }

    func boolean(_ index: Int) -> Bool? {
        switch tag(index) {
        case Tag.yes: true
        case Tag.no: false
        default: nil
        }
    }

    func moment(_ index: Int, _ form: ISO8601.Form) -> Int64? {
        tag(index) == Tag.string ? ISO8601.microseconds(string(index), form) : nil
    }

    func days(_ index: Int) -> Int32? {
        tag(index) == Tag.string ? ISO8601.days(string(index)) : nil
    }

    /// A number of units as microseconds, rounded to the nearest.
    func epoch(_ index: Int, unit: Int64) -> Int64? {
        switch tag(index) {
        case Tag.integer:
            let (value, overflow) = integer(index).multipliedReportingOverflow(by: unit)
            return overflow ? nil : value
        case Tag.double: return Int64(exactly: (double(index) * Double(unit)).rounded())
        default: return nil
        }
    }

    /// A number, or a text that is one, as the integer that is left when the point of a decimal is
    /// dropped. Of a double, the fewest digits that tell it from others count.
    func unscaled(_ index: Int, precision: Int, scale: Int) -> Int128? {
        switch tag(index) {
        case Tag.integer:
            DecimalText.unscaled(integer(index).description, precision: precision, scale: scale)
        case Tag.unsigned:
            DecimalText.unscaled(unsigned(index).description, precision: precision, scale: scale)
        case Tag.double:
            DecimalText.unscaled(double(index).description, precision: precision, scale: scale)
        case Tag.vast, Tag.string:
            DecimalText.unscaled(String(utf8: string(index)), precision: precision, scale: scale)
        default: nil
        }
    }
}
