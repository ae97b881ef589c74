package import Parquet

/// How files are to be put together.
package struct OptimizeOptions: Sendable {
    /// Files below two thirds of this are put together to files of about this size.
    package var targetByteCount: Int64
    /// Fewer files than this in a partition are left as they are, unless one has rows to drop.
    package var fileCountMin: Int
    /// At most so many bytes are rewritten by one commit.
    package var commitByteCount: Int64
    /// Row groups, codec and statistics of the new files.
    package var writer: WriterOptions
    /// Members of our own for `commitInfo`.
    package var info: [JSON.Member]

    /// Limits below what makes sense are raised to it.
    package init(
        targetByteCount: Int64 = 128 << 20, fileCountMin: Int = 2,
        commitByteCount: Int64 = 1 << 30, writer: WriterOptions = WriterOptions(),
        info: [JSON.Member] = []
    ) {
        self.targetByteCount = max(1, targetByteCount)
        self.fileCountMin = max(2, fileCountMin)
        self.commitByteCount = max(1, commitByteCount)
        self.writer = writer
        self.info = info
    }
}

/// What became of putting files together.
package struct OptimizeReport: Equatable, Sendable {
    /// In the order in which they were made.
    package var commits: [CommitReceipt] = []
    /// Commits that did not go with what others had done. The next run tries again.
    package var refused: [Conflict] = []
    /// Files that are live no longer; a vacuum removes them from the disk.
    package var removedFileCount = 0
    /// Their bytes, by the log's word.
    package var removedByteCount: Int64 = 0
    /// Files that took their place.
    package var addedFileCount = 0
    /// Their bytes, as written.
    package var addedByteCount: Int64 = 0
    /// Rows that are in the new files.
    package var rowCount: Int64 = 0
}

extension Table {
    /// Puts small files of one partition together, and drops what deletion vectors take away.
    ///
    /// The rows stay the same: before each commit their number and a digest of them is compared
    /// with what was read. Files that it made and could not commit are removed again.
    package mutating func optimize(
        _ options: OptimizeOptions = OptimizeOptions()
    ) async throws(TableError) -> OptimizeReport {
        try await refresh()
        let probe = Edit(.optimize, removed: .files([]), basis: version)
        do { try FeatureCheck.checkEdit(probe, state.proto, state.metadata) } catch {
            throw .unsupported(error)
        }
        let bins = OptimizePlan.bins(try await files(), options)
        var report = OptimizeReport()
        for group in OptimizePlan.commits(bins, options) {
            try await optimize(group, options, &report)
        }
        return report
    }

    private mutating func optimize(
        _ bins: [[AddFile]], _ options: OptimizeOptions, _ report: inout OptimizeReport
    ) async throws(TableError) {
        let basis = version
        var added: [AddFile] = []
        var rowCount: Int64 = 0
        do throws(TableError) {
            for bin in bins {
                let (file, count) = try await merged(bin, options)
                if let file { added.append(file) }
                rowCount += count
            }
        } catch {
            await discard(added)
            throw error
        }
        let removed = bins.flatMap { $0 }
        let edit = Edit(
            .optimize, removed: .files(removed), basis: basis, added: added, info: options.info)
        switch try await commit(edit) {
        case .refused(let conflict):
            await discard(added)
            report.refused.append(conflict)
        case .committed(let receipt):
            report.commits.append(receipt)
            report.removedFileCount += removed.count
            report.removedByteCount += removed.reduce(0) { $0 + $1.byteCount }
            report.addedFileCount += added.count
            report.addedByteCount += added.reduce(0) { $0 + $1.byteCount }
            report.rowCount += rowCount
        }
    }

    /// One file with the rows of all of a bin.
    private func merged(
        _ bin: [AddFile], _ options: OptimizeOptions
    ) async throws(TableError) -> (AddFile?, rowCount: Int64) {
        var before = RowDigest()
        var rows = rows(of: bin)
        var rewriter = Rewriter<Storage>(fileSchema, options.writer)
        while let batch = try await rows.next() {
            let batch = stored(batch)
            before.add(batch)
            try await rewriter.append(batch, to: self, bin[0].partitionValues)
        }
        let logged = bin.map(\.liveRowCount)
        let sum = logged.reduce(0) { $0 + ($1 ?? 0) }
        guard logged.contains(nil) || sum == before.rowCount else {
            throw .dataFile(
                bin[0].path, .rowsNotKept("\(before.rowCount) rows read, \(sum) in the log"))
        }
        guard let file = try await rewriter.finish() else { return (nil, 0) }
        var after = RowDigest()
        var written = self.rows(of: [file])
        while let batch = try await written.next() { after.add(stored(batch)) }
        guard after == before else {
            await discard([file])
            throw .dataFile(file.path, .rowsNotKept("other rows were read back"))
        }
        return (file, before.rowCount)
    }

    /// Removes files that no commit names. What stays behind is for a vacuum.
    func discard(_ files: [AddFile]) async {
        for file in files { try? await storage.remove(PathEncoding.decoded(file.path)) }
    }
}

/// Decides which files are put together.
enum OptimizePlan {
    /// Groups of files, each of one partition, whose rows fit one file.
    static func bins(_ files: [AddFile], _ options: OptimizeOptions) -> [[AddFile]] {
        let small = options.targetByteCount / 3 * 2
        var partitions: [[String: String?]: [AddFile]] = [:]
        for file in files where file.byteCount < small || file.deletionVector != nil {
            partitions[file.partitionValues, default: []].append(file)
        }
        var bins: [[AddFile]] = []
        for (_, files) in partitions.sorted(by: { $0.value[0].path < $1.value[0].path }) {
            let needed = files.contains { $0.deletionVector != nil } ? 1 : options.fileCountMin
            guard files.count >= needed else { continue }
            // Oldest first, so that neighbours in time end up in one file.
            let ordered = files.sorted {
                ($0.modificationTime, $0.path) < ($1.modificationTime, $1.path)
            }
            bins += packed(ordered, options.targetByteCount)
        }
        return bins
    }

    private static func packed(_ files: [AddFile], _ target: Int64) -> [[AddFile]] {
        var bins: [[AddFile]] = []
        var current: [AddFile] = []
        var byteCount: Int64 = 0
        for file in files {
            if !current.isEmpty, byteCount + file.byteCount > target {
                bins.append(current)
                (current, byteCount) = ([], 0)
            }
            current.append(file)
            byteCount += file.byteCount
        }
        bins.append(current)
        // One file alone would be copied for nothing.
        return bins.filter { $0.count > 1 || $0.first?.deletionVector != nil }
    }

    /// The bins of each commit.
    static func commits(_ bins: [[AddFile]], _ options: OptimizeOptions) -> [[[AddFile]]] {
        var commits: [[[AddFile]]] = []
        var byteCount: Int64 = .max
        for bin in bins {
            let more = bin.reduce(0) { $0 + max(0, $1.byteCount) }
            if byteCount > options.commitByteCount - min(more, options.commitByteCount) {
                commits.append([])
                byteCount = 0
            }
            commits[commits.count - 1].append(bin)
            byteCount += more
        }
        return commits
    }
}
