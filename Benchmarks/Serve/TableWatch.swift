import Foundation

/// A reader of a Delta log: when each commit was there to be read, and how far it reaches.
struct TableWatch {
    /// What one commit shows.
    struct Commit {
        let seen: ContinuousClock.Instant
        /// The next offset of each partition that the commit moves.
        let ends: [Int: Int]
    }

    private let log: String
    private var version = 0
    private(set) var commits: [Commit] = []

    /// A reader of the table at `path`, which need not be there yet.
    init(_ path: String) { log = path + "/_delta_log" }

    /// Takes what has become visible since the last time.
    mutating func look() {
        while true {
            let digits = String(version)
            let name = String(repeating: "0", count: 20 - digits.count) + digits + ".json"
            let path = "\(log)/\(name)"
            guard let bytes = FileManager.default.contents(atPath: path) else { return }
            commits.append(Commit(seen: .now, ends: Self.ends(in: bytes)))
            version += 1
        }
    }

    /// The cursors in the actions of a commit. Their names end in the partition.
    static func ends(in commit: Data) -> [Int: Int] {
        var ends: [Int: Int] = [:]
        for line in commit.split(separator: UInt8(ascii: "\n")) {
            let action = try? JSONSerialization.jsonObject(with: line) as? [String: Any]
            guard let cursor = action?["txn"] as? [String: Any],
                let end = cursor["version"] as? Int, let name = cursor["appId"] as? String,
                let partition = name.split(separator: "/").last.flatMap({ Int($0) })
            else { continue }
            ends[partition] = end
        }
        return ends
    }

    /// Looks until each partition has been seen to hold as many events.
    mutating func wait(for counts: [Int]) {
        while counts.indices.contains(where: { seen(partition: $0, end: counts[$0]) == nil }) {
            usleep(1000)
            look()
        }
    }

    /// When the events of a partition below `end` could be read; nil: not yet.
    func seen(partition: Int, end: Int) -> ContinuousClock.Instant? {
        commits.first { ($0.ends[partition] ?? 0) >= end }?.seen
    }
}
