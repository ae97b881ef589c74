internal import Columns

/// Puts the leaves of a row group together to columns: the inverse of `Shredder`.
struct Assembler {
    /// All leaves of the file; those that were not asked for are nil.
    let leaves: [ReadLeaf?]

    /// One column of `rowCount` rows.
    func column(_ node: ReadNode, rowCount: Int) throws(ParquetError) -> Column {
        try column(node, places: rowCount, Depth(definition: 0, repetition: 0))
    }

    /// What the level entries of a place have in common: at least this definition level, and a
    /// repetition level of at most that in the first of them.
    private struct Depth {
        var definition: UInt8
        var repetition: UInt8
    }

    private func column(
        _ node: ReadNode, places: Int, _ depth: Depth
    ) throws(ParquetError) -> Column {
        guard let leaf = leaves[node.leaves.lowerBound] else { throw .inconsistent(.schema) }
        var below = depth
        if node.isOptional { below.definition += 1 }
        let validity = try validity(leaf, places: places, depth, isOptional: node.isOptional)
        let count = validity.count - validity.nullCount
        let values: Column.Values
        switch node.kind {
        case .leaf(let kind):
            values = try leaf.values.converted(kind)
            guard leaf.values.count == count else { throw .inconsistent(.valueCount) }
        case .structure:
            var columns: [Column] = []
            for child in node.children {
                columns.append(try column(child, places: count, below))
            }
            values = .structure(columns)
        case .list, .map:
            let ends = self.ends(leaf, below)
            guard ends.count == count else { throw .inconsistent(.levels) }
            let inner = Depth(definition: below.definition + 1, repetition: below.repetition + 1)
            var columns: [Column] = []
            for child in node.children {
                columns.append(try column(child, places: ends.last ?? 0, inner))
            }
            values = .lists(ends: ends, columns)
        }
        return Column(type: node.type, validity: validity, values: values)
    }

    /// Which of the places hold a value.
    private func validity(
        _ leaf: ReadLeaf, places: Int, _ depth: Depth, isOptional: Bool
    ) throws(ParquetError) -> Validity {
        var validity = Validity()
        guard leaf.leaf.definitionMax > 0 else {
            validity.appendValues(leaf.values.count)
            guard validity.count == places else { throw .inconsistent(.rowCount) }
            return validity
        }
        for index in leaf.definitions.indices {
            let definition = leaf.definitions[index]
            guard definition >= depth.definition,
                leaf.leaf.repetitionMax == 0 || leaf.repetitions[index] <= depth.repetition
            else { continue }
            if isOptional && definition == depth.definition {
                validity.appendNull()
            } else {
                validity.appendValue()
            }
        }
        guard validity.count == places else { throw .inconsistent(.levels) }
        return validity
    }

    /// Where the elements of each list end, among those of all lists.
    private func ends(_ leaf: ReadLeaf, _ depth: Depth) -> [Int] {
        var ends: [Int] = []
        var count = 0
        for index in leaf.definitions.indices where leaf.definitions[index] >= depth.definition {
            let repetition = leaf.repetitions[index]
            if repetition <= depth.repetition { ends.append(count) }
            guard leaf.definitions[index] > depth.definition,
                repetition <= depth.repetition + 1, !ends.isEmpty
            else { continue }
            count += 1
            ends[ends.count - 1] = count
        }
        return ends
    }
}
