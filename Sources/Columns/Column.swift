/// A finished column: places, of which each holds a value or is null.
///
/// `values` holds only what is there, so the third value need not be at the third place. In the
/// same
/// way a child of a structure has a place for each structure that is there, and no other.
package struct Column: Sendable {
    /// What the values are.
    package let type: DataType
    /// Which places hold a value.
    package let validity: Validity
    /// What is there, in order.
    package let values: Values

    /// The values in the storage of their type.
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

    /// A column of finished parts, which have to agree.
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
    /// Each numbered string once.
    package let dictionary: ByteStrings
    /// Of the first values, which string each is.
    package let numbers: [UInt32]
    /// The values behind the numbered ones.
    package let rest: ByteStrings

    /// The values that the three parts say.
    package init(dictionary: ByteStrings, numbers: [UInt32], rest: ByteStrings) {
        self.dictionary = dictionary
        self.numbers = numbers
        self.rest = rest
    }

    /// Values without a dictionary.
    package init(_ strings: ByteStrings) {
        self.init(dictionary: ByteStrings(), numbers: [], rest: strings)
    }

    /// The number of values.
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
    /// The names and types of the columns.
    package let schema: Schema
    /// One for each field of the schema.
    package let columns: [Column]
    /// The length of every column.
    package let rowCount: Int

    /// Rows of finished columns. Traps when they differ in number or length.
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
