extension ColumnBuilder {
    /// Appends the places of a finished column of the same type, all of them or those whose bit is
    /// set in `kept`.
    package mutating func append(_ column: Column, kept: Bits? = nil) {
        precondition(column.type.storage == storage, "\(column.type) is no \(type)")
        precondition(
            kept.map { $0.count == column.count } ?? true, "a bit for each of \(column.count)")
        switch column.values {
        case .int32(let values):
            appendPlaces(of: column, kept) { $0.append(int32: values[$1]) }
        case .int64(let values):
            appendPlaces(of: column, kept) { $0.append(int64: values[$1]) }
        case .int128(let values):
            appendPlaces(of: column, kept) { $0.append(int128: values[$1]) }
        case .float(let values):
            appendPlaces(of: column, kept) { $0.append(float: values[$1]) }
        case .double(let values):
            appendPlaces(of: column, kept) { $0.append(double: values[$1]) }
        case .bits(let values):
            appendPlaces(of: column, kept) { $0.append(bit: values[$1]) }
        case .strings(let values):
            appendPlaces(of: column, kept) { $0.append(bytes: values[$1]) }
        case .structure(let columns): append(structures: columns, of: column, kept)
        case .lists(let ends, let columns): append(lists: columns, ends, of: column, kept)
        }
    }

    /// Appends each place that is kept: nulls here, values by `append`, which gets their index.
    private mutating func appendPlaces(
        of column: Column, _ kept: Bits?, _ append: (inout ColumnBuilder, Int) -> Void
    ) {
        var index = 0
        for place in 0..<column.count {
            let isKept = kept?[place] ?? true
            if column.validity[place] {
                if isKept { append(&self, index) }
                index += 1
            } else if isKept {
                appendNull()
            }
        }
    }

    private mutating func append(
        structures columns: [Column], of column: Column, _ kept: Bits?
    ) {
        var keptBelow: Bits?
        if let kept {
            var bits = Bits()
            for place in 0..<column.count where column.validity[place] { bits.append(kept[place]) }
            keptBelow = bits
        }
        for (index, child) in columns.enumerated() {
            children[index].append(child, kept: keptBelow)
        }
        appendPlaces(of: column, kept) { builder, _ in builder.validity.appendValue() }
    }

    private mutating func append(
        lists columns: [Column], _ listEnds: [Int], of column: Column, _ kept: Bits?
    ) {
        var keptBelow: Bits?
        if let kept {
            var bits = Bits()
            var index = 0
            for place in 0..<column.count where column.validity[place] {
                let start = index == 0 ? 0 : listEnds[index - 1]
                bits.append(repeating: kept[place], count: listEnds[index] - start)
                index += 1
            }
            keptBelow = bits
        }
        var end = children.first?.count ?? 0
        for (index, child) in columns.enumerated() {
            children[index].append(child, kept: keptBelow)
        }
        appendPlaces(of: column, kept) { builder, index in
            end += listEnds[index] - (index == 0 ? 0 : listEnds[index - 1])
            builder.ends.append(end)
            builder.validity.appendValue()
        }
    }
}

extension BatchBuilder {
    /// Appends the rows of a batch with the same schema, all of them or those whose bit is set.
    package mutating func append(_ batch: ColumnBatch, kept: Bits? = nil) {
        precondition(batch.schema == schema, "the batch has another schema")
        for index in columns.indices { self[index].append(batch.columns[index], kept: kept) }
        rowCount += kept.map { $0.ones(in: 0..<$0.count) } ?? batch.rowCount
    }
}
