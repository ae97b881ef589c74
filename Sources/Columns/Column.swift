/// A finished column: places, of which each holds a value or is null.
///
/// `values` holds only what is there, so the third value need not be at the third place. In the
/// same
/// way a child of a structure has a place for each structure that is there, and no other.
package struct Column: Sendable {
    package let type: DataType
    package let validity: Validity
    package let values: Values

    package enum Values: Sendable {
        case int32([Int32])
        case int64([Int64])
        case int128([Int128])
        case float([Float])
        case double([Double])
        case bits(Bits)
        case strings(StringValues)
        /// A structure's fields.
        case structure([Column])
        /// Where the elements of each list end in the children: one child, or a map's two.
        case lists(ends: [Int], [Column])
    }

    package init(type: DataType, validity: Validity, values: Values) {
        self.type = type
        self.validity = validity
        self.values = values
    }

    /// The number of places.
    package var count: Int { validity.count }

    /// The number of places that hold a value.
    package var valueCount: Int { validity.count - validity.nullCount }
}

/// The values of a column of strings: numbers in a dictionary, and from where that was full, the
/// strings themselves.
package struct StringValues: Sendable {
    package let dictionary: ByteStrings
    package let numbers: [UInt32]
    package let rest: ByteStrings

    package init(dictionary: ByteStrings, numbers: [UInt32], rest: ByteStrings) {
        self.dictionary = dictionary
        self.numbers = numbers
        self.rest = rest
    }

    package init(_ strings: ByteStrings) {
        self.init(dictionary: ByteStrings(), numbers: [], rest: strings)
    }

    package var count: Int { numbers.count + rest.count }

    /// One value, in place.
    package subscript(index: Int) -> RawSpan {
        @_lifetime(borrow self)
        get {
            index < numbers.count ? dictionary[Int(numbers[index])] : rest[index - numbers.count]
        }
    }
}

/// Rows as columns of one length.
package struct ColumnBatch: Sendable {
    package let schema: Schema
    package let columns: [Column]
    package let rowCount: Int

    package init(schema: Schema, columns: [Column], rowCount: Int) {
        precondition(columns.count == schema.fields.count, "a column for each field of the schema")
        for (field, column) in zip(schema.fields, columns) {
            precondition(
                column.count == rowCount, "\(field.name) has \(column.count) of \(rowCount) rows")
        }
        self.schema = schema
        self.columns = columns
        self.rowCount = rowCount
    }
}
