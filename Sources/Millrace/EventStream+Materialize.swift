internal import JSONFlattening
internal import Materializer
internal import StreamLog
internal import StreamModel

extension EventStream {
    /// Until when a stream is written into its table.
    public enum Materialization: Sendable {
        /// Until the table has what the stream had when the call was made.
        case untilCaughtUp
        /// Until the task is cancelled.
        case untilCancelled
    }

    /// Writes the stream's events into the Delta table at `path`, each exactly once.
    ///
    /// The table remembers how far it is: the next call goes on there, also after a crash. Fields
    /// become columns as they appear, unless `mapping`, a JSON text, says otherwise. One call at a
    /// time for one stream and table; `millrace serve` does the same for all streams.
    ///
    /// Cancellation leaves a table that can be read, and that the next call goes on with.
    @discardableResult
    public func materialize(
        into path: String, mapping: String = "{}", _ duration: Materialization = .untilCaughtUp
    ) async throws(MaterializeError) -> Table {
        let definition = try pipeline(path, mapping)
        let materializer = Materializer(
            log, MachineLimits(), random: { UInt64.random(in: .min ... .max) })
        materializer.add(definition)
        if duration == .untilCaughtUp { materializer.stop() }
        await materializer.run()
        for pipeline in materializer.statistics() {
            switch pipeline.state {
            case .paused: throw .paused(path: path, reason: "\(pipeline.state)")
            case .retrying: throw .failed(path: path, reason: "\(pipeline.state)")
            case .waitingForStream, .starting, .following, .working, .stopped: continue
            }
        }
        return try await Table(at: path)
    }

    private func pipeline(
        _ path: String, _ mapping: String
    ) throws(MaterializeError) -> PipelineDefinition {
        let parsed: Mapping
        do throws(MappingError) {
            parsed = try Mapping(parsing: mapping)
        } catch {
            throw .mapping(error.description)
        }
        let name: FeedName
        do throws(NameError) {
            name = try FeedName(definition.name.text)
        } catch {
            throw .badName(error)
        }
        return PipelineDefinition(
            name: name, stream: definition.name, mapping: parsed, root: path,
            flush: FlushLimits(freshness: 1_000))
    }
}
