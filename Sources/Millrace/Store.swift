// WHY: exported, so that `import Millrace` alone names records, offsets, gaps and errors; the
// library would have to repeat every one of those types otherwise.
internal import Control
@_exported public import StreamLog
@_exported public import StreamModel

/// A store of event streams in a directory of a local file system.
///
/// One process opens a store, and any number of its tasks use it. While it is open, the commands
/// of `millrace` work on it too, through `control.sock` in its directory. `close` it at the end.
public final class Store: Sendable {
    private let owned: OwnedStore

    /// Opens the store at `path`, or makes one. Takes as long as reading one segment, however
    /// large the store is.
    ///
    /// Throws `OpenError.inUse` when another process has it.
    public init(
        opening path: String, _ configuration: LogConfiguration = LogConfiguration()
    ) async throws(OpenError) {
        owned = try await OwnedStore(
            opening: path, configuration, random: SystemRandomNumberGenerator())
    }

    private var log: StreamLog { owned.log }

    /// Which store this is: a number that it keeps for life.
    public var id: StoreID { log.storeID }

    // MARK: Streams

    /// The stream of that name, made with `partitionCount` partitions when there is none.
    ///
    /// The number of partitions of a stream that exists is not changed.
    public func stream(
        named name: StreamName, partitionCount: Int = 4,
        _ configuration: StreamConfiguration = StreamConfiguration()
    ) async throws(CommitError) -> EventStream {
        if let known = try? log.stream(named: name) { return EventStream(log, known) }
        do throws(CommitError) {
            return EventStream(
                log,
                try await log.createStream(
                    name, partitionCount: partitionCount, configuration))
        } catch {
            // Another task may have been faster.
            guard case .stream(.exists) = error, let known = try? log.stream(named: name) else {
                throw error
            }
            return EventStream(log, known)
        }
    }

    /// The stream of that name, which has to exist.
    public func existingStream(named name: StreamName) throws(ReadError) -> EventStream {
        EventStream(log, try log.stream(named: name))
    }

    /// All streams, in the order of their names.
    public func streams() -> [StreamDefinition] { log.streams() }

    /// Changes a stream. What is nil stays. The number of partitions can only grow.
    ///
    /// With more partitions, keys may go to others than before.
    @discardableResult
    public func configureStream(
        named name: StreamName, partitionCount: Int? = nil,
        _ configuration: StreamConfiguration? = nil
    ) async throws(CommitError) -> StreamDefinition {
        let answer = try await log.perform(
            .configureStream(name, partitionCount: partitionCount, configuration))
        guard case .stream(let definition) = answer else {
            preconditionFailure("configuring a stream was answered with \(answer)")
        }
        return definition
    }

    /// Deletes a stream with its events, positions and feeds. A stream made later under its name is
    /// another one.
    public func deleteStream(named name: StreamName) async throws(CommitError) {
        try await log.perform(.deleteStream(name))
    }

    // MARK: Producers

    /// The producer of that name, with the identity it had before.
    ///
    /// Other instances of it are refused from now on.
    public func producer(named name: ProducerName) async throws(CommitError) -> Producer {
        let (id, epoch) = try await log.registerProducer(name, .raiseEpoch)
        return Producer(log, id: id, epoch: epoch)
    }

    // MARK: Closing

    /// Commits what has been handed over and lets go of the store. Nothing can be done with the
    /// store, or its streams, afterwards.
    public func close() async { await owned.close() }
}
