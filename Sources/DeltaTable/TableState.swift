/// What an append has to know of a table: everything but its files.
///
/// It does not grow with the table, so neither does the cost of opening it and committing to it.
package struct TableState: Equatable, Sendable {
    /// The newest version whose actions are in it.
    package private(set) var version: Int64
    /// What the table demands of readers and writers.
    package private(set) var proto: TableProtocol
    /// What the table is.
    package private(set) var metadata: Metadata
    /// The newest mark of each application, by its `appId`.
    package private(set) var transactions: [String: TransactionMark]
    /// The configurations that are not removed, by domain.
    package private(set) var domains: [String: DomainMetadata]
    /// The time in the newest commit, where commits have one.
    private(set) var inCommitTimestamp: Int64?

    /// Collects actions until there is a state.
    struct Builder {
        private(set) var version: Int64 = -1
        private(set) var proto: TableProtocol?
        private(set) var metadata: Metadata?
        private var transactions: [String: TransactionMark] = [:]
        private var domains: [String: DomainMetadata] = [:]
        private var inCommitTimestamp: Int64?

        init() {}

        init(_ state: TableState) {
            version = state.version
            proto = state.proto
            metadata = state.metadata
            transactions = state.transactions
            domains = state.domains
            inCommitTimestamp = state.inCommitTimestamp
        }

        /// Takes in the actions of `version`. The latest of a kind wins, not the largest.
        mutating func apply(_ actions: some Sequence<Action>, of version: Int64) {
            self.version = version
            for action in actions { apply(action) }
        }

        mutating func apply(_ action: Action) {
            switch action {
            case .proto(let value): proto = value
            case .metadata(let value): metadata = value
            case .transaction(let mark): transactions[mark.application] = mark
            case .domain(let value): domains[value.domain] = value.isRemoved ? nil : value
            case .commitInfo(let info): inCommitTimestamp = info["inCommitTimestamp"]?.integer
            case .add, .remove, .other: break
            }
        }

        func finish() throws(LogDamage) -> TableState {
            guard let proto else { throw .nothingSaid(of: "protocol", version: version) }
            guard let metadata else { throw .nothingSaid(of: "metadata", version: version) }
            return TableState(
                version: version, proto: proto, metadata: metadata, transactions: transactions,
                domains: domains, inCommitTimestamp: inCommitTimestamp)
        }
    }

    /// Takes in the actions of the next version.
    mutating func apply(_ actions: [Action]) {
        var builder = Builder(self)
        builder.apply(actions, of: version + 1)
        // A state has both, and no action takes one away.
        if let next = try? builder.finish() { self = next }
    }
}

/// The files of a table at one version, and those that were removed from it.
package struct FileSet: Sendable {
    /// What a reader of the version reads, once for each file.
    package private(set) var live: [FileKey: AddFile] = [:]
    /// Tombstones. They keep a vacuum from files that readers of older versions may still read.
    package private(set) var removed: [FileKey: RemoveFile] = [:]

    /// The live files, by path.
    package var liveFiles: [AddFile] { live.values.sorted { $0.path < $1.path } }

    mutating func apply(_ actions: some Sequence<Action>) {
        for action in actions {
            switch action {
            case .add(let file):
                live[file.key] = file
                removed[file.key] = nil
            case .remove(let file):
                live[file.key] = nil
                removed[file.key] = file
            default: break
            }
        }
    }
}
