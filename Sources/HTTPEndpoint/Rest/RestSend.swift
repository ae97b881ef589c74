internal import Access
internal import Bytes
internal import EventModel
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// Turns a request to send into records, and returns once they are durable.
///
///     token ──▶ hub ──▶ events ──▶ a batch for each partition ──▶ one commit
///
/// Events with a key go where Event Hubs would put them; those without stay together.
struct RestSend: Sendable {
    /// Where a request is addressed.
    struct Target: Equatable {
        let hub: String
        /// The partition, as the path spells it; nil: by key, or in turn.
        var partition: String?
        /// The resource a token has to cover.
        var path: String {
            partition.map { "\(hub)/partitions/\($0)" } ?? hub
        }
    }

    let log: StreamLog
    let access: AccessRules
    let configuration: HTTPConfiguration
    let turn: Turn

    /// Whose turn it is among partitions.
    final class Turn: Sendable {
        private let next = Mutex(RoundRobin())

        func take(count: Int) -> PartitionIndex { next.withLock { $0.next(count: count) } }
    }

    /// How far the clock of a client may be behind, in seconds.
    private static let skew: Int64 = 300

    /// Throws when `authorization` does not allow to send to `target`.
    func authorize(_ authorization: String?, for target: Target) throws(RestError) {
        let now = configuration.now() / 1000
        let grant: Grant
        do throws(Access.AccessError) {
            grant = try access.grant(
                forToken: authorization ?? "", audience: target.path, now: now, skew: Self.skew)
        } catch {
            throw .access(error)
        }
        guard grant.allows(.send, on: ResourcePath(target.path), now: now) else {
            throw .forbidden(target.hub)
        }
    }

    /// Returns how many bytes the events' bodies have, once all of them are durable.
    func send(_ events: [EventDraft], to target: Target) async throws(RestError) {
        let stream = try await stream(named: target.hub)
        let fixed = try partition(of: target, in: stream)
        let keyless = fixed ?? turn.take(count: stream.partitionCount)
        let time = Timestamp(milliseconds: configuration.now())
        var records: [PartitionIndex: [Record]] = [:]
        for event in events {
            let record = event.record(at: time)
            let partition =
                fixed ?? record.key.map { self.partition(forKey: $0, in: stream) } ?? keyless
            records[partition, default: []].append(record)
        }
        do throws(CommitError) {
            var appends: [Commit.Append] = []
            for (partition, records) in records.sorted(by: { $0.key < $1.key }) {
                let id = PartitionID(stream.incarnation, UInt32(partition.rawValue))
                appends.append(Commit.Append(try log.encode(records, for: id), to: id))
            }
            _ = try await log.commit(Commit(appends: appends))
        } catch {
            throw .commit(error)
        }
    }

    // MARK: Where to

    /// The stream that is called so, made where the configuration lets anybody make one.
    private func stream(named text: String) async throws(RestError) -> StreamDefinition {
        guard let name = try? StreamName(text) else { throw .unknownHub(text) }
        if let known = try? log.stream(named: name) { return known }
        guard case .create(let partitionCount) = configuration.unknownHubs else {
            throw .unknownHub(text)
        }
        do throws(CommitError) {
            return try await log.createStream(name, partitionCount: partitionCount)
        } catch {
            // Another request may have been faster.
            if let known = try? log.stream(named: name) { return known }
            throw .commit(error)
        }
    }

    private func partition(
        of target: Target, in stream: StreamDefinition
    ) throws(RestError) -> PartitionIndex? {
        guard let text = target.partition else { return nil }
        guard let index = Int32(text), (0..<Int32(stream.partitionCount)).contains(index) else {
            throw .unknownPartition(text, count: stream.partitionCount)
        }
        return PartitionIndex(unchecked: index)
    }

    private func partition(forKey key: [UInt8], in stream: StreamDefinition) -> PartitionIndex {
        PartitionHash.partition(forKey: key.rawSpan, count: stream.partitionCount)
    }
}
