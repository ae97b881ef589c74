import StreamLog

/// What the journal up to a cut says that a store has to hold, and what it may hold.
struct Expectations {
    struct Acknowledged {
        let partition: PartitionID
        let name: BatchName
        let base: Int64
    }

    struct Numbered {
        let partition: PartitionID
        let name: BatchName
        let numbering: Entry.Numbering
        var base: Int64?
    }

    private(set) var created: Set<PartitionID> = []
    private(set) var deleting: Set<PartitionID> = []
    private(set) var deleted: Set<PartitionID> = []
    private(set) var sent: [PartitionID: Set<BatchName>] = [:]
    private(set) var acknowledged: [Acknowledged] = []
    private(set) var placing: [PartitionID: [Int64]] = [:]
    private(set) var placed: [PartitionID: Int64] = [:]
    private(set) var seen: [PartitionID: Int64] = [:]
    private(set) var landed: [PartitionID: Int64] = [:]
    private(set) var operated: [PartitionID: Int64] = [:]
    /// In the order of their sequences; those without a base were not acknowledged.
    private(set) var numbered: [Numbered] = []

    init(_ entries: some Sequence<Entry>) {
        for entry in entries { note(entry) }
    }

    private mutating func note(_ entry: Entry) {
        switch entry {
        case .created(let id): created.insert(id)
        case .deleting(let id): deleting.insert(id)
        case .deleted(let id): deleted.insert(id)
        case .sending(let id, let name, let numbering):
            sent[id, default: []].insert(name)
            guard let numbering else { return }
            numbered.removeAll { $0.numbering.sequence == numbering.sequence }
            numbered.append(Numbered(partition: id, name: name, numbering: numbering, base: nil))
        case .appended(let id, let name, let numbering, let base):
            acknowledged.append(Acknowledged(partition: id, name: name, base: base))
            guard numbering != nil else { return }
            for place in numbered.indices where numbered[place].name == name {
                numbered[place].base = base
            }
        case .placing(let id, let offset): placing[id, default: []].append(offset)
        case .placed(let id, let offset): placed[id] = offset
        case .seen(let id, let end): seen[id] = end
        case .landed(let id, let end): landed[id] = end
        case .operated(let id, let end): operated[id] = end
        case .began: break
        }
    }
}
