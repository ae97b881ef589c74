extension ColumnBuilder {
    /// What was appended, as a column; afterwards the builder is empty and takes values again.
    ///
    /// The memory goes with the column, nothing is copied and nothing is kept.
    package mutating func take() -> Column {
        let column = Column(type: type, validity: validity, values: takeValues())
        validity = Validity()
        return column
    }

    private mutating func takeValues() -> Column.Values {
        switch storage {
        case .int32: return .int32(emptied(&int32s))
        case .int64: return .int64(emptied(&int64s))
        case .int128: return .int128(emptied(&int128s))
        case .float: return .float(emptied(&floats))
        case .double: return .double(emptied(&doubles))
        case .bits:
            defer { bits = Bits() }
            return .bits(bits)
        case .bytes:
            defer {
                dictionary = StringDictionary(budget: dictionaryBudget)
                strings = ByteStrings()
                isDictionaryFull = false
            }
            return .strings(
                StringValues(
                    dictionary: dictionary.entries, numbers: emptied(&numbers), rest: strings))
        case .group:
            let columns = children.indices.map { children[$0].take() }
            return isList ? .lists(ends: emptied(&ends), columns) : .structure(columns)
        }
    }

    /// What the column takes in memory, with what is reserved for more.
    package var byteCount: Int {
        let own =
            switch storage {
            case .int32: int32s.capacity * 4
            case .int64: int64s.capacity * 8
            case .int128: int128s.capacity * 16
            case .float: floats.capacity * 4
            case .double: doubles.capacity * 8
            case .bits: bits.byteCount
            case .bytes: numbers.capacity * 4 + dictionary.byteCount + strings.byteCount
            case .group: children.reduce(ends.capacity * 8) { $0 + $1.byteCount }
            }
        return own + validity.byteCount
    }
}

/// What was in `array`, which is empty afterwards, without a copy.
private func emptied<Element>(_ array: inout [Element]) -> [Element] {
    var taken: [Element] = []
    swap(&array, &taken)
    return taken
}
