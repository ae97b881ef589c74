package import Columns

/// A table at one version, for reading: what it is, and its files.
package struct TableSnapshot: Sendable {
    /// Everything but the files.
    package let state: TableState
    /// Live ones, and those whose removal the log still remembers.
    package let files: FileSet

    /// The newest version. Refuses a table whose reader features would make its rows wrong.
    package init(newestIn storage: some TableStorage) async throws(TableError) {
        try await self.init(in: storage, at: .newest)
    }

    /// The version that is meant. Refuses a table whose reader features would make its rows wrong.
    package init(
        in storage: some TableStorage, at place: LogPlace
    ) async throws(TableError) {
        let reader = LogReader(storage: storage)
        let version = place == .newest ? Int64.max : try await reader.version(at: place)
        state = try await reader.state(at: version).state
        do { try FeatureCheck.checkRead(of: state.proto, state.metadata) } catch {
            throw .unsupported(error)
        }
        files = try await reader.files(at: state.version)
    }

    /// The version that was read.
    package var version: Int64 { state.version }

    /// The table's columns, partition columns included.
    package var schema: Schema { state.metadata.schema.schema }

    /// The live files, by path.
    package var liveFiles: [AddFile] { files.liveFiles }
}
