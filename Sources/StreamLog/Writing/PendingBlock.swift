internal import StreamModel

/// What a caller asked for, as it came.
enum PendingWork: Sendable {
    case commit(Commit, CommitCompletion)
    case records(RecordBatch, PartitionID, [RecordContinuation])

    func refuse(_ error: CommitError) {
        switch self {
        case .commit(_, let completion): completion(.failure(error))
        case .records(_, _, let continuations):
            for continuation in continuations { continuation.resume(.failure(error)) }
        }
    }

    var byteCount: Int {
        switch self {
        case .commit(let commit, _): commit.byteCount
        case .records(let batch, _, _): batch.byteCount
        }
    }

    var batchCount: Int {
        switch self {
        case .commit(let commit, _): commit.appends.count
        case .records: 1
        }
    }
}

/// A draft, what its callers asked for, and what they are told once it is durable.
struct PendingBlock {
    private(set) var draft: BlockDraft
    private(set) var answers: [CommitAnswer] = []
    private var work: [PendingWork] = []

    init(appendTime: Int64) { draft = BlockDraft(appendTime: appendTime) }

    var isEmpty: Bool { draft.isEmpty }

    /// Adds all of it, or nothing; the answer is why not.
    mutating func add(_ new: PendingWork, to state: LogState) -> CommitError? {
        do throws(CommitError) {
            switch new {
            case .commit(let commit, let completion):
                let receipt = try draft.add(commit, to: state).get()
                answers.append(.commit(completion, receipt))
            case .records(let batch, let partition, let continuations):
                let outcome = try draft.add(batch, to: partition, state)
                answers.append(.records(continuations, outcome))
            }
        } catch {
            return error
        }
        work.append(new)
        return nil
    }

    /// The same work decided anew, and what of it is refused now: the state has moved while the
    /// draft waited, and a stream may be gone, or a producer have been replaced.
    func decidedAgain(
        at appendTime: Int64, against state: LogState
    ) -> (block: PendingBlock, refused: [(work: PendingWork, error: CommitError)]) {
        var block = PendingBlock(appendTime: appendTime)
        var refused: [(work: PendingWork, error: CommitError)] = []
        for one in work {
            if let error = block.add(one, to: state) { refused.append((one, error)) }
        }
        return (block, refused)
    }
}
