internal import Control

/// A pipeline and its tables, as `millrace stats` shows them.
extension PipelineReport {
    /// How many events the log has and the tables lack.
    private var lag: Int64 { partitions.reduce(0) { $0 + max(0, $1.end - $1.position) } }

    /// Its state and what to do about it, then each figure with the pipeline's name before it.
    var lines: [String] {
        ["pipeline\t\(name)\t\(state)\t\(text)", "\(name).root\t\(root)", "\(name).lag\t\(lag)"]
            + figures.map { "\(name).\($0.name)\t\($0.value)" }
            + notices.map { "\(name).notice\t\($0)" }
    }

    /// The same for a script, with the partitions apart.
    func fill(_ object: inout JSONText) {
        object.add("pipeline", name)
        object.add("stream", stream)
        object.add("root", root)
        object.add("state", state)
        object.add("cause", cause)
        object.add("text", text)
        object.add("lag", lag)
        for figure in figures { object.add(figure.name, figure.value) }
        object.array("partitions", partitions) { partition, line in
            line.add("partition", partition.index)
            line.add("position", partition.position)
            line.add("end", partition.end)
            if let since = partition.waitingSince { line.add("waitingSince", since) }
        }
    }
}
