internal import Bytes
internal import Columns

extension RowWriter {
    /// Appends a body that is not looked into.
    mutating func landRaw(_ body: RawSpan, partition: Int32, offset: Int64) {
        columns[PlanTable.partition].append(int32: partition)
        columns[PlanTable.offset].append(int64: offset)
        let last = columns.count - 1
        columns[last].append(bytes: body)
        rowCounts[0] += 1
    }

    var byteCount: Int { (0..<columns.count).reduce(0) { $0 + columns[$1].byteCount } }

    /// The rows of each table; afterwards there are none.
    mutating func takeBatches(source: [UInt8]) -> [ColumnBatch] {
        var batches: [ColumnBatch] = []
        for table in plan.schemas.indices {
            let rowCount = rowCounts[table]
            rowCounts[table] = 0
            let range = plan.columnStarts[table]..<plan.columnStarts[table + 1]
            var taken = [Self.column(of: source, rowCount)]
            for column in range.dropFirst() {
                columns[column].appendNulls(rowCount - columns[column].count)
                taken.append(columns[column].take())
            }
            batches.append(
                ColumnBatch(schema: plan.schemas[table], columns: taken, rowCount: rowCount))
        }
        return batches
    }

    /// The same string in each row.
    private static func column(of source: [UInt8], _ rowCount: Int) -> Column {
        var dictionary = ByteStrings()
        if rowCount > 0 { dictionary.append(source.rawSpan) }
        var validity = Validity()
        validity.appendValues(rowCount)
        let numbers = [UInt32](repeating: 0, count: rowCount)
        return Column(
            type: .string, validity: validity,
            values: .strings(
                StringValues(dictionary: dictionary, numbers: numbers, rest: ByteStrings())))
    }

    mutating func takeDiscoveries() -> Discoveries {
        defer { discoveries = Discoveries() }
        return discoveries
    }

    /// What was rescued, by field.
    mutating func takeRescues() -> [ColumnRescues] {
        var result: [ColumnRescues] = []
        for number in 0..<fields.count {
            let field = fields[number]
            let path = plan.path(of: Int32(number))
            if rescueCounts[number] > 0 {
                result.append(
                    ColumnRescues(
                        table: Int(field.table), path: path, column: columnName(of: field),
                        count: rescueCounts[number]))
            }
            if undeclaredCounts[number] > 0 {
                result.append(
                    ColumnRescues(
                        table: Int(field.table), path: path, column: nil,
                        count: undeclaredCounts[number]))
            }
            rescueCounts[number] = 0
            undeclaredCounts[number] = 0
        }
        return result
    }

    private func columnName(of field: PlanField) -> String? {
        guard field.column >= 0 else { return nil }
        let table = Int(field.table)
        return plan.schemas[table].fields[Int(field.column) - plan.columnStarts[table]].name
    }
}
