import StreamLog
import StreamModel
import Synchronization
import TestKit

/// One run: a store, what clients and operators do to it, what its machine does to it, and the
/// model that all of it is held against.
///
///     seed ──▶ next action ──▶ log, endpoint, materializer ──▶ until all is quiet ──▶ model
///                              (clock, disk and thread held)
///
/// Everything is called from one task. The writer has a thread of its own and stands at its gate
/// while the simulation acts.
final class Simulation {
    let options: Options
    let clock = SimulatedClock()
    let gate = WriterGate()
    let loop = DirectLoop()
    let payload: Payload
    let disk: SimulatedDisk
    let plan: RunPlan
    let directory: TemporaryDirectory
    var random: SeededGenerator
    var model = Model()
    var trace = Trace()
    var store: StreamLog?
    var hubs: SimulatedHubs?
    var producers: [NumberedProducer] = []
    var hubProducers: [HubProducer] = []
    var tables: SimulatedTables?
    /// The mapping that the pipeline works under.
    var mapping = "{}"
    /// So many times a bit was flipped whose damage nobody has met yet.
    var flipsLeft = 0
    /// The true age when the store was closed last.
    private(set) var ageAtClose: Int64 = 0
    /// What feeds kept from being removed when the turn began.
    var heldBefore: Set<HeldByFeed> = []
    private let answers = Answers()
    private var handlers: [Int: Handler] = [:]
    private var nextTicket = 0

    typealias Handler = (Result<CommitReceipt, CommitError>) throws(Violation) -> Void

    init(_ options: Options, seed: UInt64, on disk: SimulatedDisk) throws {
        self.options = options
        self.disk = disk
        random = SeededGenerator(seed: seed)
        payload = Payload(seed: seed)
        plan = RunPlan(&random)
        trace.isLoud = options.isLoud
        directory = try TemporaryDirectory()
    }

    /// The directory of the store.
    var path: String { directory.path(of: "store") }

    /// The log while the store is open.
    var log: StreamLog {
        guard let store else { preconditionFailure("an action came while the store was closed") }
        return store
    }

    // MARK: The run

    /// Does as many steps as the options say; what is left of it is the trace.
    func run() async throws {
        trace.note("plan \(plan)")
        try open()
        try await createFirstStream()
        for step in 1...options.steps {
            let action = plan.draw(&random)
            trace.note("\(step) \(action)")
            try await perform(action)
            try turn()
        }
        disk.heal()
        try await endTables()
        await close()
        try open()
        try checkAll()
        await close()
        trace.note("\(model.eventCount) events, \(model.commits) commits")
    }

    private func perform(_ action: Action) async throws {
        switch action {
        case .append: try append()
        case .burst: try burst()
        case .numbered: try appendNumbered()
        case .commitPosition: try commitPosition()
        case .consume: try consume()
        case .setFeed: try setFeed()
        case .createStream: try createStream()
        case .deleteStream: try deleteStream()
        case .growStream: try growStream()
        case .advance: advance()
        case .jump: jump()
        case .heal: healClock()
        case .searchTime: try searchTime()
        case .crash: try await crash()
        case .restart: try await restart()
        case .failDisk: try await failDisk()
        case .flip: try flip()
        case .checkAll: try checkAll()
        case .hubs: try useHubs()
        case .tables: try await useTables()
        }
    }

    // MARK: Commits

    /// Hands a commit to the log; `handler` is called within the next turn.
    func submit(_ commit: Commit, _ handler: @escaping Handler) {
        let ticket = nextTicket
        nextTicket += 1
        handlers[ticket] = handler
        log.enqueue(commit) { [answers] result in answers.add(ticket, result) }
    }

    /// Lets everything happen that follows from what was done, until nothing moves, and holds the
    /// log against the model.
    func turn(isReopened: Bool = false) throws {
        let before = model.commits
        heldBefore = heldByFeeds()
        var isBusy = true
        while isBusy {
            gate.turn(log)
            isBusy = try takeAnswers()
            isBusy = loop.run() || isBusy
            isBusy = try hubs?.exchange() ?? false || isBusy
        }
        precondition(handlers.isEmpty, "\(handlers.count) commits were never answered")
        for id in model.livePartitions { try look(at: id, isReopened: isReopened) }
        try model.settle(isReopened: isReopened)
        try checkHubs()
        try checkSpace()
        if model.commits != before { clock.noteBlock() }
    }

    private func takeAnswers() throws -> Bool {
        let taken = answers.take()
        for (ticket, result) in taken {
            if case .success(let receipt) = result, receipt.hasWritten { model.noteCommit() }
            try handlers.removeValue(forKey: ticket)?(result)
        }
        return !taken.isEmpty
    }

    // MARK: The store

    /// Opens the store and leaves the writer at its gate.
    func open() throws {
        let log: StreamLog
        do throws(OpenError) {
            log = try StreamLog(
                opening: path, plan.configuration, clock: clock,
                random: SeededGenerator(seed: random.next()))
        } catch {
            throw Violation("P1", "the store does not open: \(Words.of(error))")
        }
        store = log
        gate.close(log)
        openHubs()
        try checkStreams()
        try checkPositions()
        try turn(isReopened: true)
        let statistics = log.statistics()
        let age = "age \(statistics.age) of \(clock.age)"
        trace.note("  open: segments \(statistics.segments), \(age)")
    }

    /// Closes the store as a shutdown does; with a disk that is dead, as a crash does.
    func close() async {
        ageAtClose = clock.age
        hubs?.clients.forEach { $0.cut() }
        hubs = nil
        tables = nil
        gate.open()
        await store?.close()
        store = nil
        loop.clear()
    }

    // MARK: Draws

    func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    func chance(_ percent: Int) -> Bool { draw(1...100) <= percent }

    func pick<T>(_ all: [T]) -> T? { all.isEmpty ? nil : all[draw(0...(all.count - 1))] }
}

/// What the writer's thread has answered and the simulation has not taken yet.
private final class Answers: Sendable {
    private let waiting = Mutex<[(Int, Result<CommitReceipt, CommitError>)]>([])

    func add(_ ticket: Int, _ result: Result<CommitReceipt, CommitError>) {
        waiting.withLock { $0.append((ticket, result)) }
    }

    func take() -> [(Int, Result<CommitReceipt, CommitError>)] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}

extension CommitReceipt {
    /// Whether it took a block: what a producer sends again takes none.
    fileprivate var hasWritten: Bool {
        !answers.isEmpty
            || appends.contains { outcome in
                if case .appended = outcome { true } else { false }
            }
    }
}
