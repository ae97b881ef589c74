extension AddFile {
    /// A file that is durable and waits for its commit, as somebody noted it who wants to make that
    /// commit later.
    package init(
        path: String, partitionValues: [String: String?], byteCount: Int64,
        modificationTime: Int64, statistics: String?
    ) {
        self.init(
            path: path, partitionValues: partitionValues, byteCount: byteCount,
            modificationTime: modificationTime, isDataChange: true, statistics: statistics)
    }
}
