/// One thing that is wrong with what the operator chose.
package struct ConfigurationProblem: Error, Equatable, Sendable {
    /// What is wrong, as a clause.
    package let text: String
    /// Where in the file; nil where it is not in the file.
    let place: SettingNode.Place?

    init(_ text: String, at place: SettingNode.Place? = nil) {
        self.text = text
        self.place = place
    }
}

/// Everything that is wrong with a configuration, in the order of the file.
package struct ConfigurationError: Error, Equatable, Sendable {
    /// The file; nil when there is none.
    package let file: String?
    /// At least one.
    package let problems: [ConfigurationProblem]

    init(_ problems: [ConfigurationProblem], in file: String?) {
        self.file = file
        self.problems = problems.sorted { left, right in
            (left.place?.line ?? 0, left.place?.column ?? 0)
                < (right.place?.line ?? 0, right.place?.column ?? 0)
        }
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// A line for each problem: file, line, column, what is wrong and what would be right.
    package var description: String {
        problems.map { problem in
            guard let place = problem.place, let file else { return problem.text }
            return "\(file):\(place.line):\(place.column): \(problem.text)"
        }
        .joined(separator: "\n")
    }
}

/// The name that somebody may have meant.
func nearest(to name: String, among names: [String]) -> String? {
    let scored = names.map { (name: $0, distance: editDistance(from: name, to: $0)) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, name.count / 3) ? best.name : nil
}

/// How many letters have to be put in, taken out or changed.
private func editDistance(from left: String, to right: String) -> Int {
    let right = Array(right.lowercased().prefix(64))
    var row = Array(0...right.count)
    for (index, letter) in left.lowercased().prefix(64).enumerated() {
        var previous = row[0]
        row[0] = index + 1
        for (column, other) in right.enumerated() {
            let changed = previous + (letter == other ? 0 : 1)
            previous = row[column + 1]
            row[column + 1] = min(changed, min(row[column], previous) + 1)
        }
    }
    return row[right.count]
}
