package import JSONFlattening

/// What an operator wants done with a pipeline, once. It is done between two flushes.
package struct PipelineOrder: Equatable, Sendable {
    /// What is to be done.
    package enum Task: Equatable, Sendable {
        /// The word on a table that is not as it was left, or a rebuild that nothing forces.
        case resolve(Choice)
        /// What was quarantined lands, where it can now.
        case redrive
    }

    /// What is to be done, under `mapping`.
    package let task: Task
    /// The mapping from now on for a rebuild, that of this once for a redrive. Nil: as it is.
    package let mapping: Mapping?
    /// Whether rows may go that the log cannot give again.
    package let mayDiscard: Bool

    /// An order that has no number yet.
    package init(_ task: Task, mapping: Mapping? = nil, mayDiscard: Bool = false) {
        self.task = task
        self.mapping = mapping
        self.mayDiscard = mayDiscard
    }
}

/// What has become of an order.
package struct OrderStatus: Equatable, Sendable {
    /// Counts the orders of a pipeline since it was added, from 1 on.
    package let serial: UInt64
    /// As it was given.
    package let order: PipelineOrder
    /// Nil while it is under way.
    package internal(set) var result: OrderResult?
    var isBegun = false
    /// What this process has done for it so far.
    var tally = OrderTally()

    init(serial: UInt64, order: PipelineOrder) {
        self.serial = serial
        self.order = order
    }
}

/// How an order ended.
package enum OrderResult: Equatable, Sendable {
    case done(OrderTally)
    /// What stands in the way. A wish that is in the log already is carried out later, by itself.
    case failed(Interruption)
}

/// What an order has done.
package struct OrderTally: Equatable, Sendable {
    /// Of a rebuild: the offsets that were read, the rows of parent and children, the rows of the
    /// quarantine, and the offsets that gaps name.
    package var offsets: Int64 = 0
    /// Of parent and children together.
    package var rows: Int64 = 0
    /// Rows of the quarantine.
    package var quarantined: Int64 = 0
    /// Offsets that only a gap accounts for.
    package var missing: Int64 = 0
    /// Of a redrive: events that are in the table now, and those that stay in the quarantine.
    package var landed: Int64 = 0
    /// Events that do not land under the mapping of the redrive either.
    package var left: Int64 = 0

    /// Nothing has been done.
    package init() {}
}

/// Why an order is not carried out. Nothing has changed.
package enum OrderRefusal: Error, Equatable, Sendable {
    case unknownPipeline(String)
    /// Another order is under way.
    case busy
    /// The log begins at that offset, and the table has rows of events before it.
    case wouldDiscard(partition: UInt32, before: Int64)
    /// The table has rows of another store, stream or pipeline.
    case foreignRows(source: String)
    /// A rebuild has put some of its tables in place, and can only go on.
    case isBeingReplaced
    /// What is written anew does not fit the budget of the tables beside what is there, in bytes.
    case noRoom(needed: Int64, left: Int64)
}

extension OrderRefusal: CustomStringConvertible {
    /// What stands in the way, and what to do about it.
    package var description: String {
        switch self {
        case .unknownPipeline(let name): "there is no pipeline called '\(name)'"
        case .busy: "another order for this pipeline is under way: wait for it"
        case .wouldDiscard(let partition, let offset):
            "the log has partition \(partition) from offset \(offset) on: rows of events before "
                + "it cannot be made again, and would go; say --discard if they may"
        case .foreignRows(let source):
            "the table has rows of another source (\(source)), which a rebuild would remove; say "
                + "--discard if they may go"
        case .isBeingReplaced:
            "a rebuild has replaced some of the pipeline's tables already: let it end"
        case .noRoom(let needed, let left):
            "it may write \(needed) bytes, and tables.budget leaves \(left): raise it, or vacuum "
                + "tables"
        }
    }
}

/// Long work of a pipeline beside following, and how far it has got.
package struct PipelineWork: Equatable, Sendable {
    /// What following waits for.
    package enum Kind: String, Sendable { case rebuilding, redriving }

    /// Which of the two.
    package let kind: Kind
    /// In offsets of the log for a rebuild, in rows of the quarantine for a redrive.
    package let done: Int64
    /// At the end, `done` is as much.
    package let all: Int64
}
