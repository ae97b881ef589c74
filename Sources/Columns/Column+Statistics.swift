internal import Bytes

extension Column {
    /// What is known of `values`, a range of the values that are there, and of the `nullCount`
    /// places between them.
    ///
    /// Columns with columns below them have no bounds. For strings the dictionary is sorted only
    /// once: hand in the `order` that `dictionaryOrder()` returned.
    package func statistics(
        of range: Range<Int>, nullCount: Int, order: [UInt32]?
    ) -> ColumnStatistics {
        var result = ColumnStatistics(valueCount: range.count, nullCount: nullCount)
        guard !range.isEmpty else { return result }
        switch values {
        case .int32(let all):
            result.bounds = Bounds.range(of: all.span.extracting(range)).map(Bounds.int32)
        case .int64(let all):
            result.bounds = Bounds.range(of: all.span.extracting(range)).map(Bounds.int64)
        case .int128(let all):
            result.bounds = Bounds.range(of: all.span.extracting(range)).map(Bounds.int128)
        case .float(let all):
            let found = Bounds.range(of: all.span.extracting(range))
            result.bounds = found.range.map(Bounds.float)
            result.nanCount = found.nanCount
        case .double(let all):
            let found = Bounds.range(of: all.span.extracting(range))
            result.bounds = found.range.map(Bounds.double)
            result.nanCount = found.nanCount
        case .bits(let all):
            let ones = all.ones(in: range)
            result.bounds = .bits(smallest: ones == range.count, largest: ones > 0)
        case .strings(let all):
            result.bounds = all.bounds(of: range, order: order ?? all.dictionaryOrder())
        case .structure, .lists: break
        }
        return result
    }
}

extension StringValues {
    /// The place of each string of the dictionary when they are sorted by their bytes.
    package func dictionaryOrder() -> [UInt32] {
        let sorted = (0..<UInt32(dictionary.count)).sorted {
            dictionary[Int($0)].precedes(dictionary[Int($1)])
        }
        var order = [UInt32](repeating: 0, count: sorted.count)
        for (place, number) in sorted.enumerated() { order[Int(number)] = UInt32(place) }
        return order
    }

    func bounds(of range: Range<Int>, order: [UInt32]) -> Bounds? {
        let numbered = range.clamped(to: 0..<numbers.count)
        let others = range.clamped(to: numbers.count..<count)
        var result = numbered.isEmpty ? nil : boundsOfNumbered(numbered, order)
        if !others.isEmpty {
            let more = boundsOfRest(
                others.lowerBound - numbers.count..<others.upperBound - numbers.count)
            result = result.map { $0.widened(by: more) } ?? more
        }
        return result
    }

    private func boundsOfNumbered(_ range: Range<Int>, _ order: [UInt32]) -> Bounds {
        var smallest = numbers[range.lowerBound]
        var largest = smallest
        var smallestPlace = order[Int(smallest)]
        var largestPlace = smallestPlace
        for index in range {
            let number = numbers[index]
            let place = order[Int(number)]
            if place < smallestPlace { (smallest, smallestPlace) = (number, place) }
            if place > largestPlace { (largest, largestPlace) = (number, place) }
        }
        return .bytes(
            smallest: dictionary.array(Int(smallest)), largest: dictionary.array(Int(largest)))
    }

    private func boundsOfRest(_ range: Range<Int>) -> Bounds {
        var smallest = range.lowerBound
        var largest = smallest
        for index in range {
            if rest[index].precedes(rest[smallest]) { smallest = index }
            if rest[largest].precedes(rest[index]) { largest = index }
        }
        return .bytes(smallest: rest.array(smallest), largest: rest.array(largest))
    }
}
