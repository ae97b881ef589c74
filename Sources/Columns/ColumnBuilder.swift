internal import Bytes

/// Takes the values of one column, one after another.
///
/// One struct for every type, with room for each kind of storage and only one of them in use: so a
/// row of builders is an array, an append is a check and a store, and nothing is allocated for a
/// value. Appending a value of another storage than the column's is a mistake of ours, and traps.
@usableFromInline
package struct ColumnBuilder: Sendable {
    /// What the values are.
    package let type: DataType
    @usableFromInline let storage: ColumnStorage
    /// Whether a place holds any number of places of the children.
    @usableFromInline let isList: Bool
    @usableFromInline package internal(set) var validity = Validity()

    @usableFromInline var int32s: [Int32] = []
    @usableFromInline var int64s: [Int64] = []
    @usableFromInline var int128s: [Int128] = []
    @usableFromInline var floats: [Float] = []
    @usableFromInline var doubles: [Double] = []
    @usableFromInline var bits = Bits()
    @usableFromInline var dictionary: StringDictionary
    @usableFromInline var numbers: [UInt32] = []
    @usableFromInline var strings = ByteStrings()
    /// Once a string has found the dictionary full, all later ones are kept as they are.
    @usableFromInline var isDictionaryFull = false
    /// Where the elements of each list end in the children.
    @usableFromInline var ends: [Int] = []
    /// The columns below: a structure's fields, a list's elements, a map's keys and values.
    ///
    /// What is appended to them belongs to the group that the next `appendGroup()` completes.
    @usableFromInline package var children: [ColumnBuilder] = []
    let dictionaryBudget: Int

    /// How many bytes of strings a column keeps once each, before it takes them as they come.
    package static let dictionaryBudgetDefault = 1 << 20

    /// A column without places.
    package init(_ type: DataType, dictionaryBudget: Int = dictionaryBudgetDefault) {
        self.type = type
        self.dictionaryBudget = dictionaryBudget
        storage = type.storage
        isList = type.isRepeated
        dictionary = StringDictionary(budget: dictionaryBudget)
        children = type.children.map {
            ColumnBuilder($0.type, dictionaryBudget: dictionaryBudget)
        }
    }

    /// The number of places so far.
    @inlinable package var count: Int { validity.count }

    // MARK: Values

    /// A place without a value.
    @inlinable package mutating func appendNull() { validity.appendNull() }

    /// So many places without a value.
    @inlinable package mutating func appendNulls(_ count: Int) { validity.appendNulls(count) }

    /// Appends nulls until there are `count` places; none when there are as many already.
    @inlinable @inline(__always)
    package mutating func appendNulls(upTo count: Int) {
        if validity.count < count { validity.appendNulls(count &- validity.count) }
    }

    /// A value of a column of long, timestamp, or a decimal of 10 to 18 digits (unscaled).
    @inlinable package mutating func append(int64 value: Int64) {
        precondition(storage == .int64, "the column does not store 64-bit integers")
        int64s.append(value)
        validity.appendValue()
    }

    /// Several values of a column that stores 64-bit integers.
    @inlinable package mutating func append(int64s values: Span<Int64>) {
        precondition(storage == .int64, "the column does not store 64-bit integers")
        int64s.reserveCapacity(int64s.count + values.count)
        for index in values.indices { int64s.append(values[index]) }
        validity.appendValues(values.count)
    }

    /// A value of a column of integer, short, byte, date, or a decimal of up to 9 digits
    /// (unscaled).
    @inlinable package mutating func append(int32 value: Int32) {
        precondition(storage == .int32, "the column does not store 32-bit integers")
        int32s.append(value)
        validity.appendValue()
    }

    /// A value of a column of decimals of more than 18 digits (unscaled).
    @inlinable package mutating func append(int128 value: Int128) {
        precondition(storage == .int128, "the column does not store 128-bit integers")
        int128s.append(value)
        validity.appendValue()
    }

    /// A value of a column of floats.
    @inlinable package mutating func append(float value: Float) {
        precondition(storage == .float, "the column does not store floats")
        floats.append(value)
        validity.appendValue()
    }

    /// A value of a column of doubles.
    @inlinable package mutating func append(double value: Double) {
        precondition(storage == .double, "the column does not store doubles")
        doubles.append(value)
        validity.appendValue()
    }

    /// Several values of a column of doubles.
    @inlinable package mutating func append(doubles values: Span<Double>) {
        precondition(storage == .double, "the column does not store doubles")
        doubles.reserveCapacity(doubles.count + values.count)
        for index in values.indices { doubles.append(values[index]) }
        validity.appendValues(values.count)
    }

    /// A value of a column of booleans.
    @inlinable package mutating func append(bit value: Bool) {
        precondition(storage == .bits, "the column does not store booleans")
        bits.append(value)
        validity.appendValue()
    }

    /// A value of a column of strings or binaries. A string's bytes are UTF-8: the caller has
    /// checked.
    @inlinable package mutating func append(bytes value: RawSpan) {
        precondition(storage == .bytes, "the column does not store bytes")
        if isDictionaryFull {
            strings.append(value)
        } else if let number = dictionary.number(of: value) {
            numbers.append(number)
        } else {
            isDictionaryFull = true
            strings.append(value)
        }
        validity.appendValue()
    }

    /// The same as `append(bytes:)` with the text's UTF-8.
    package mutating func append(string value: String) {
        let bytes = [UInt8](value.utf8)
        append(bytes: bytes.rawSpan)
    }

    /// A decimal, as the integer that is left when its point is dropped.
    ///
    /// Nothing is appended when it has more digits than the column.
    package mutating func append(unscaled value: Int128) throws(ColumnError) {
        guard case .decimal(let precision, _) = type else {
            preconditionFailure("\(type) is no decimal")
        }
        guard value.magnitude < Self.powerOfTen(precision) else {
            throw .tooManyDigits(precision: precision)
        }
        switch storage {
        case .int32: append(int32: Int32(value))
        case .int64: append(int64: Int64(value))
        default: append(int128: value)
        }
    }

    private static func powerOfTen(_ exponent: Int) -> UInt128 {
        (0..<exponent).reduce(UInt128(1)) { power, _ in power * 10 }
    }
}

/// Why a column does not take a value.
package enum ColumnError: Error, Equatable, Sendable {
    case tooManyDigits(precision: Int)
}

extension ColumnError: CustomStringConvertible {
    /// For the operator.
    package var description: String {
        switch self {
        case .tooManyDigits(let precision): "the decimal has more than \(precision) digits"
        }
    }
}
