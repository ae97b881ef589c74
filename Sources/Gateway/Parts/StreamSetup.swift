internal import Logging
internal import StreamLog
internal import StreamModel

/// Makes the streams of a configuration what it says.
struct StreamSetup {
    private let log: StreamLog
    private let logger: Logger

    init(_ log: StreamLog, _ logger: Logger) {
        self.log = log
        self.logger = logger
    }

    /// Streams that are missing are made, and those there are changed where they differ. Streams
    /// that the configuration does not name stay as they are.
    func prepare(_ streams: [GatewayConfiguration.StreamChoice]) async throws {
        for stream in streams {
            do throws(CommitError) {
                try await prepare(stream)
            } catch {
                throw GatewayError.stream(name: stream.name.text, reason: error.description)
            }
        }
    }

    private func prepare(
        _ choice: GatewayConfiguration.StreamChoice
    ) async throws(CommitError) {
        guard let known = try? log.stream(named: choice.name) else {
            let made = try await log.createStream(
                choice.name, partitionCount: choice.partitionCount, choice.configuration)
            logger.info(
                "created a stream",
                metadata: ["stream": "\(made.name)", "partitions": "\(made.partitionCount)"])
            return
        }
        if choice.partitionCount < known.partitionCount {
            logger.warning(
                "a stream keeps its partitions, since their number can only grow",
                metadata: [
                    "stream": "\(known.name)", "partitions": "\(known.partitionCount)",
                    "configured": "\(choice.partitionCount)",
                ])
        }
        let partitionCount = max(choice.partitionCount, known.partitionCount)
        let compression = choice.configuration.compression
        guard
            partitionCount != known.partitionCount
                || compression != known.configuration.compression
        else { return }
        var configuration = known.configuration
        configuration.compression = compression
        try await log.perform(
            .configureStream(choice.name, partitionCount: partitionCount, configuration))
        logger.info("changed a stream", metadata: ["stream": "\(known.name)"])
    }
}
