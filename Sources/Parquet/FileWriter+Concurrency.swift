package import Columns

extension FileWriter where Sink == [UInt8] {
    /// The bytes since the last call, or since the start.
    package mutating func takeBytes() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &sink)
        return taken
    }
}

extension FileWriter {
    /// The same as `append`, with the columns encoded on as many cores as are free.
    ///
    /// It is not stopped by cancellation.
    package mutating func appendConcurrently(
        _ batch: ColumnBatch
    ) async throws(Sink.Failure) {
        guard batch.rowCount >= Self.rowCountMin else { return try append(batch) }
        let group = beginRowGroup(of: batch)
        let leaves = Shredder.leaves(of: batch, in: parquetSchema)
        let options = options
        let chunks = await withTaskGroup(of: (Int, EncodedChunk).self) { tasks in
            for (index, leaf) in leaves.enumerated() {
                tasks.addTask {
                    var encoder = ChunkEncoder(options)
                    return (index, encoder.encode(leaf))
                }
            }
            var chunks = [EncodedChunk?](repeating: nil, count: leaves.count)
            for await (index, chunk) in tasks { chunks[index] = chunk }
            return chunks.compactMap { $0 }
        }
        try append(chunks, to: group)
    }

    /// Fewer rows are encoded sooner than tasks are started.
    private static var rowCountMin: Int { 10_000 }
}
