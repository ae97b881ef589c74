/// Files taken out of a table and others put in their place, in one commit.
package struct Edit: Equatable, Sendable {
    /// What a reader of the table sees of it: decides `dataChange`, and which features refuse it.
    package enum Operation: Equatable, Sendable {
        /// The same rows in other files.
        case optimize
        /// Fewer rows.
        case delete
        /// Other rows, and perhaps another schema.
        case replace
    }

    /// What is taken out of the table.
    package enum Removal: Equatable, Sendable {
        /// These, which were live at `Edit.basis`.
        case files([AddFile])
        /// All that are live. Refused when somebody has changed rows since `Edit.basis`.
        case everything
    }

    /// Decides whether the commit counts as a change of rows.
    package var operation: Operation
    /// Removed by the same commit that adds `added`: no reader sees one without the other.
    package var removed: Removal
    /// The version at which the files to be removed were listed.
    package var basis: Int64
    /// Complete and durable before the commit is tried.
    package var added: [AddFile]
    /// How far applications have got with this commit.
    package var transactions: [TransactionMark]
    /// What the table is from now on. It keeps its identity.
    package var definition: TableDefinition?
    /// Members of our own for `commitInfo`.
    package var info: [JSON.Member]

    /// A definition goes only with an operation that changes rows.
    package init(
        _ operation: Operation, removed: Removal, basis: Int64, added: [AddFile] = [],
        transactions: [TransactionMark] = [], definition: TableDefinition? = nil,
        info: [JSON.Member] = []
    ) {
        precondition(operation != .optimize || definition == nil, "the same rows, the same columns")
        self.operation = operation
        self.removed = removed
        self.basis = basis
        self.added = added
        self.transactions = transactions
        self.definition = definition
        self.info = info
    }

    /// Whether a reader that has the old rows has to look again.
    var isDataChange: Bool { operation != .optimize }
}

/// What a commit is made for.
enum Change: Equatable, Sendable {
    case append(Append)
    case edit(Edit)

    var files: [AddFile] {
        switch self {
        case .append(let append): append.files
        case .edit(let edit): edit.added
        }
    }

    var transactions: [TransactionMark] {
        switch self {
        case .append(let append): append.transactions
        case .edit(let edit): edit.transactions
        }
    }
}

extension RemoveFile {
    /// Takes `file` away, with all that a reader of changes and a vacuum may want to know of it.
    init(_ file: AddFile, at now: Int64, isDataChange: Bool) {
        var rest = [
            JSON.Member("extendedFileMetadata", .bool(true)),
            JSON.Member("partitionValues", JSON(file.partitionValues)),
            JSON.Member("size", .integer(file.byteCount)),
        ]
        if let tags = file.tags { rest.append(JSON.Member("tags", JSON(tags))) }
        self.init(
            path: file.path, deletionTimestamp: now, isDataChange: isDataChange,
            deletionVector: file.deletionVector, rest: rest)
    }
}
