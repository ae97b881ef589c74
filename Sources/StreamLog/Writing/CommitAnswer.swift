internal import StreamModel
internal import Synchronization

/// Who is to be told of what, once a draft is durable.
enum CommitAnswer {
    case commit(CommitCompletion, CommitReceipt)
    case records([RecordContinuation], AppendOutcome)

    var callerCount: Int {
        switch self {
        case .commit: 1
        case .records(let continuations, _): continuations.count
        }
    }
}

extension LogWriter {
    func answer(_ waiting: [CommitAnswer]) {
        for answer in waiting {
            switch answer {
            case .commit(let completion, let receipt): completion(.success(receipt))
            case .records(let continuations, .appended(let base)):
                for (index, continuation) in continuations.enumerated() {
                    continuation.resume(.success(base.advanced(by: index)))
                }
            case .records(_, .duplicate):
                preconditionFailure("single records have no sequence that could be a duplicate")
            }
        }
    }

    func refuse(_ waiting: [CommitAnswer], _ error: CommitError) {
        shared.view.withLock { $0.counters.refusals += waiting.count }
        for answer in waiting {
            switch answer {
            case .commit(let completion, _): completion(.failure(error))
            case .records(let continuations, _):
                for continuation in continuations { continuation.resume(.failure(error)) }
            }
        }
    }
}
