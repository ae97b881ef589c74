package import Columns

/// A table at one version, for reading: what it is, and its files.
package struct TableSnapshot: Sendable {
    package let state: TableState
    package let files: FileSet

    /// The newest version. Refuses a table whose reader features would make its rows wrong.
    package init(newestIn storage: some TableStorage) async throws(TableError) {
        let reader = LogReader(storage: storage)
        state = try await reader.state().state
        do { try FeatureCheck.checkRead(of: state.proto, state.metadata) } catch {
            throw .unsupported(error)
        }
        files = try await reader.files(at: state.version)
    }

    package var version: Int64 { state.version }

    package var schema: Schema { state.metadata.schema.schema }

    /// The live files, by path.
    package var liveFiles: [AddFile] { files.live.values.sorted { $0.path < $1.path } }
}
