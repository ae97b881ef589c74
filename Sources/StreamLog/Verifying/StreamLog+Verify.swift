internal import DurableFiles
internal import Glibc
internal import Synchronization

extension StreamLog {
    /// Reads everything of the log, beside its writer, and says what of it is damaged.
    package func verify(
        _ depth: VerifyDepth = .checksums,
        progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(ReadError) -> VerifyReport {
        shared.finishBackground()
        let (segments, active) = shared.view.withLock { view in
            (
                view.segments.keys.sorted(),
                LogVerifier.Active(
                    segment: view.active.segment, last: view.state.nextBlock.previous)
            )
        }
        do {
            return try LogVerifier(
                shared.log, pageByteCount: shared.pageByteCount, active: active, depth: depth
            ).run(segments, progress: progress)
        } catch {
            throw .storage(.file(error))
        }
    }

    /// The same for a store that nobody has open. Nothing in it is changed, so what an unfinished
    /// roll or a power cut left is still there to be seen.
    package static func verify(
        storeAt path: String, _ depth: VerifyDepth = .checksums,
        progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(OpenError) -> VerifyReport {
        let store: Directory
        do { store = try Directory(path) } catch { throw OpenError(error) }
        let lock = try StoreLock(store)
        defer { withExtendedLifetime(lock) {} }
        do throws(FileFault) {
            let log = try LogDirectory(existingIn: path)
            return try LogVerifier(
                log, pageByteCount: Int(sysconf(Int32(_SC_PAGESIZE))), active: nil,
                depth: depth
            ).run(try log.segments(), progress: progress)
        } catch {
            throw OpenError(error)
        }
    }

    /// Damage that has been met since the log was opened, at most a thousand pieces of it.
    package var damageFound: [Damage] { shared.view.withLock { $0.damage } }
}
