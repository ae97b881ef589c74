extension ColumnBuilder {
    /// Completes a list, map or structure of what was appended to `children` since the last one.
    ///
    /// A list has as many elements as each of the children took places, a structure exactly one
    /// place in each of its fields. Children that differ in length are a mistake of ours, and trap.
    @inlinable package mutating func appendGroup() {
        precondition(storage == .group, "the column has no columns below it")
        let reached = children.first?.count ?? 0
        for child in children.indices {
            precondition(
                children[child].count == reached, "the columns below differ in length")
        }
        if isList {
            ends.append(reached)
        } else {
            precondition(
                children.isEmpty || reached == validity.count - validity.nullCount + 1,
                "a structure has one place in each of its fields")
        }
        validity.appendValue()
    }

    /// A list, map or structure. `body` appends the elements, or one place to each field.
    package mutating func appendGroup<Failure: Error>(
        _ body: (inout [ColumnBuilder]) throws(Failure) -> Void
    ) throws(Failure) {
        try body(&children)
        appendGroup()
    }

    /// Forgets all places but the first `kept`, and what has been appended below for a group that
    /// was not completed.
    ///
    /// Costs what is forgotten, not what is kept. Strings stay in the dictionary.
    package mutating func truncate(to kept: Int) {
        precondition(kept >= 0 && kept <= count, "there are no \(kept) places among \(count)")
        let dropped = validity.valueCount(in: kept..<count)
        let valueCount = count - validity.nullCount - dropped
        validity.truncate(to: kept)
        switch storage {
        case .int32: int32s.removeLast(dropped)
        case .int64: int64s.removeLast(dropped)
        case .int128: int128s.removeLast(dropped)
        case .float: floats.removeLast(dropped)
        case .double: doubles.removeLast(dropped)
        case .bits: bits.truncate(to: valueCount)
        case .bytes:
            strings.truncate(to: max(0, valueCount - numbers.count))
            numbers.removeLast(max(0, numbers.count - valueCount))
        case .group:
            if isList { ends.removeLast(dropped) }
            let reached = isList ? ends.last ?? 0 : valueCount
            for child in children.indices { children[child].truncate(to: reached) }
        }
    }
}
