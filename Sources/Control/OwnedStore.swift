internal import DurableFiles
package import StreamLog
internal import Synchronization

/// A store that this process has open, and serves to others at its control socket.
package final class OwnedStore: StoreAccess {
    /// The log, for what is not asked through ``StoreAccess``.
    package let log: StreamLog
    private let handler: RequestHandler
    private let server: ControlServer

    /// Opens the store at `path`, or makes one.
    package init(
        opening path: String, _ configuration: LogConfiguration = LogConfiguration(),
        clock: any LogClock = SystemClock(), random: any RandomNumberGenerator & Sendable
    ) async throws(OpenError) {
        let log = try StreamLog(opening: path, configuration, clock: clock, random: random)
        handler = RequestHandler(log)
        do throws(FileFault) {
            server = try ControlServer(serving: log, by: handler)
        } catch {
            await log.close()
            throw .storage(.file(error))
        }
        self.log = log
    }

    /// From now on commands can ask about the store's pipelines.
    package func serve(_ desk: any PipelineDesk) { handler.desk.withLock { $0 = desk } }

    /// Does what the request says in this process.
    package func submit(
        _ request: ControlRequest, completion: @escaping AccessCompletion
    ) {
        handler.handle(request, completion: completion)
    }

    /// Stops answering others, commits what has been handed over, and lets go of the store.
    package func close() async {
        server.stop()
        await log.close()
    }
}
