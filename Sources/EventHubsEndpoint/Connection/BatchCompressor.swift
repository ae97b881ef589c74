internal import Compression
internal import NIOPosix
internal import StreamLog
internal import StreamModel
internal import Synchronization

/// Closes batches of records; what compressing needs is kept once per thread, not per connection.
enum BatchCompressor {
    private final class Tool: Sendable {
        /// Never waited for: each thread has its own.
        let zstd = Mutex(ZstdCompressor())
    }

    private static let tools = ThreadSpecificVariable<Tool>()

    static func finish(
        _ builder: inout RecordBatchBuilder, _ compression: StreamConfiguration.Compression,
        from producer: BatchProducer?
    ) -> RecordBatch {
        guard compression == .zstd else { return builder.finish(from: producer) }
        let tool: Tool
        if let known = tools.currentValue {
            tool = known
        } else {
            tool = Tool()
            tools.currentValue = tool
        }
        return tool.zstd.withLock { builder.finish(from: producer, compressor: &$0) }
    }
}
