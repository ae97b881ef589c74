/// How a pipeline stands, for whoever asks the owner of its store.
package struct PipelineReport: Equatable, Sendable {
    /// One partition: the next offset that the tables lack, where the log ends, and since when its
    /// oldest waiting event waits, in milliseconds since 1970; nil when none does.
    package struct Partition: Equatable, Sendable {
        /// From 0.
        package let index: UInt32
        /// The next offset that the tables lack.
        package let position: Int64
        /// The offset that the next event gets.
        package let end: Int64
        /// Milliseconds since 1970.
        package let waitingSince: Int64?

        /// A partition as its owner sees it.
        package init(index: UInt32, position: Int64, end: Int64, waitingSince: Int64?) {
            self.index = index
            self.position = position
            self.end = end
            self.waitingSince = waitingSince
        }
    }

    /// How far long work has got, in things of `all`.
    package struct Progress: Equatable, Sendable {
        /// How many of `all`.
        package let done: Int64
        /// Offsets for a rebuild, rows for a redrive.
        package let all: Int64

        /// Work that is under way.
        package init(done: Int64, all: Int64) {
            self.done = done
            self.all = all
        }
    }

    /// The newest order: its number, and once it has ended what it did or why it was not done.
    package struct Order: Equatable, Sendable {
        /// Counts the orders of a pipeline since its owner started, from 1 on.
        package let serial: UInt64
        /// Whether it has ended, well or not.
        package let isDone: Bool
        /// What it did, when it ended well.
        package let figures: [StoreStatistics.Figure]
        /// Why it was not done; nil while it is under way, and when it ended well.
        package let failure: String?

        /// An order as its owner sees it.
        package init(
            serial: UInt64, isDone: Bool, figures: [StoreStatistics.Figure], failure: String?
        ) {
            self.serial = serial
            self.isDone = isDone
            self.figures = figures
            self.failure = failure
        }
    }

    /// The pipeline's.
    package let name: String
    /// The stream's name.
    package let stream: String
    /// The directory of the parent table.
    package let root: String
    /// One word for what it does, and one for what stands in its way.
    package let state: String
    /// Nil when nothing stands in its way.
    package let cause: String?
    /// Both for people.
    package let text: String
    /// By index; none until the stream is there.
    package let partitions: [Partition]
    /// In the order in which people want to read them.
    package let figures: [StoreStatistics.Figure]
    /// Nil unless a rebuild or a redrive is under way.
    package let progress: Progress?
    /// Nil when none was given since the owner started.
    package let order: Order?
    /// What operators should know, newest last.
    package let notices: [String]

    /// A pipeline as its owner sees it.
    package init(
        name: String, stream: String, root: String, state: String, cause: String?, text: String,
        partitions: [Partition], figures: [StoreStatistics.Figure], progress: Progress?,
        order: Order?, notices: [String]
    ) {
        self.name = name
        self.stream = stream
        self.root = root
        self.state = state
        self.cause = cause
        self.text = text
        self.partitions = partitions
        self.figures = figures
        self.progress = progress
        self.order = order
        self.notices = notices
    }
}

/// What a command wants done with a pipeline.
package struct PipelineCommand: Equatable, Sendable {
    /// The byte that says it on the socket.
    package enum Verb: UInt8, Sendable {
        /// `millrace table rebuild`, and the three choices of a pipeline that is paused.
        case rebuild = 1
        case goOn, accept
        /// What was quarantined lands, where it can now.
        case redrive
    }

    /// Its name.
    package let pipeline: String
    /// What is wanted.
    package let verb: Verb
    /// A mapping in JSON; nil for the pipeline's own.
    package let mapping: [UInt8]?
    /// Whether rows may go that the log cannot give again.
    package let mayDiscard: Bool

    /// A command that nobody has checked yet: the owner refuses a mapping it cannot read.
    package init(_ verb: Verb, _ pipeline: String, mapping: [UInt8]?, mayDiscard: Bool) {
        self.pipeline = pipeline
        self.verb = verb
        self.mapping = mapping
        self.mayDiscard = mayDiscard
    }
}

/// Whoever has the pipelines of a store. Neither call may wait.
package protocol PipelineDesk: Sendable {
    /// How all of them stand, by name.
    func reports() -> [PipelineReport]

    /// Begins to do what a command wants. Returns the order's number in the pipeline's reports.
    func order(_ command: PipelineCommand) throws(Refusal) -> UInt64
}
