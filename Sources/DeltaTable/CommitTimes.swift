/// When the commits of a log were made.
///
/// A commit's time is the one that it carries where the table has such times, and else that of its
/// file; where a clock went back, a version counts as a millisecond later than the one before it
/// (PROTOCOL.md, "In-Commit Timestamps" and the rules of time travel).
struct CommitTimes {
    /// By version, in order.
    private(set) var times: [(version: Int64, time: Int64)] = []

    init(
        _ log: LogReader<some TableStorage>, _ versions: [Int64], inCommits: Bool
    ) async throws(TableError) {
        for version in versions {
            var time: Int64?
            if inCommits, let actions = try await log.commitIfPresent(version) {
                time = actions.inCommitTimestamp
            }
            if time == nil {
                do {
                    time = try await log.storage.status(of: LogPath.commit(version))?
                        .modificationTime
                } catch { throw .storage(error) }
            }
            guard let time else { continue }
            let floor = times.last.map { $0.time &+ 1 } ?? .min
            times.append((version, max(time, floor)))
        }
    }

    /// The newest version that is not younger than `time`.
    func version(at time: Int64) -> Int64? { times.last { $0.time <= time }?.version }
}

extension [Action] {
    var inCommitTimestamp: Int64? {
        for case .commitInfo(let info) in self { return info["inCommitTimestamp"]?.integer }
        return nil
    }
}
