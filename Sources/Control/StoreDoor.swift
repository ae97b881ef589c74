internal import DurableFiles
package import StreamLog
internal import Synchronization

/// The way to a store for a command: it opens the store when nobody has it, and talks to the owner
/// otherwise.
///
/// When the owner goes away, the next question goes to whoever has the store then, which may be
/// this process.
package final class StoreDoor: Sendable {
    /// Whether a store is made where there is none.
    package enum IfMissing: Sendable { case create, fail }

    /// Who answers.
    package enum Side: Sendable, Equatable { case owner, client }

    private let path: String
    private let configuration: LogConfiguration
    private let ifMissing: IfMissing
    private let random: any RandomNumberGenerator & Sendable
    private let current = Mutex<(any StoreAccess)?>(nil)

    /// An owner that is starting or stopping holds the lock without answering; for so long a
    /// command waits for it.
    private static let patience = Duration.seconds(5)
    private static let pause = Duration.milliseconds(25)

    /// A way to the store in the directory `path`. Nothing is opened yet.
    package init(
        _ path: String, _ configuration: LogConfiguration, ifMissing: IfMissing,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.path = path
        self.configuration = configuration
        self.ifMissing = ifMissing
        self.random = random
    }

    /// Whoever answers now, opened or connected when there is nobody yet.
    package func access() async throws(AccessError) -> any StoreAccess {
        if let known = current.withLock({ $0 }) { return known }
        let opened = try await open()
        current.withLock { $0 = opened }
        return opened
    }

    /// Who answered last; nil before the first question and after `close`.
    package var side: Side? {
        current.withLock { access in access.map { $0 is OwnedStore ? .owner : .client } }
    }

    /// Asks until somebody answers. Only for what may be asked twice.
    package func repeatedly<Answer: Sendable>(
        _ question: (any StoreAccess) async throws(AccessError) -> Answer
    ) async throws(AccessError) -> Answer {
        while true {
            let access = try await access()
            do throws(AccessError) {
                return try await question(access)
            } catch {
                guard error.isLossOfOwner, access is ControlClient else { throw error }
                await letGo(of: access)
            }
        }
    }

    /// Lets go of the store or the connection. The next question opens it again.
    package func close() async {
        let access = current.withLock { current in
            defer { current = nil }
            return current
        }
        await access?.close()
    }

    /// Forgets who answered until now. The next question finds out who has the store.
    package func letGo(of access: any StoreAccess) async {
        let wasCurrent = current.withLock { current in
            guard current === access else { return false }
            current = nil
            return true
        }
        if wasCurrent { await access.close() }
    }

    private func open() async throws(AccessError) -> any StoreAccess {
        if ifMissing == .fail, !Self.hasStore(at: path) { throw .noStore(path: path) }
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            do throws(OpenError) {
                return try await OwnedStore(opening: path, configuration, random: random)
            } catch {
                guard case .inUse(let path, let processID) = error else { throw .open(error) }
                do throws(ConnectionFault) {
                    return try ControlClient(connectingTo: path)
                } catch {
                    switch error {
                    case .otherVersion, .garbage: throw .connection(error)
                    case .notServed, .lost:
                        if clock.now - start >= Self.patience || Task.isCancelled {
                            throw .connection(.notServed(path: path, processID: processID))
                        }
                    }
                }
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Whether there is anything of a log, so that a question does not make a store.
    package static func hasStore(at path: String) -> Bool {
        (try? Directory(path + "/log")) != nil
    }
}

/// Reads everything of a store: through its owner when it has one, and otherwise without opening
/// it, so that nothing in it is changed.
///
/// `progress` is told, on any thread, how many segments are done, where this process reads them.
package func verifyStore(
    at path: String, _ depth: VerifyDepth = .checksums,
    progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
) async throws(AccessError) -> StoreReport {
    guard StoreDoor.hasStore(at: path) else { throw .noStore(path: path) }
    do throws(OpenError) {
        return StoreReport(try StreamLog.verify(storeAt: path, depth, progress: progress))
    } catch {
        guard case .inUse(_, let processID) = error else { throw .open(error) }
        return try await askOwner(of: path, processID) { client throws(AccessError) in
            try await client.verify(depth)
        }
    }
}

/// What the owner of a store answers.
func askOwner<Answer: Sendable>(
    of path: String, _ processID: Int32?,
    _ question: (ControlClient) async throws(AccessError) -> Answer
) async throws(AccessError) -> Answer {
    let client: ControlClient
    do throws(ConnectionFault) {
        client = try ControlClient(connectingTo: path)
    } catch {
        guard case .notServed = error else { throw .connection(error) }
        throw .connection(.notServed(path: path, processID: processID))
    }
    let result: Result<Answer, AccessError>
    do throws(AccessError) {
        result = .success(try await question(client))
    } catch {
        result = .failure(error)
    }
    await client.close()
    return try result.get()
}
