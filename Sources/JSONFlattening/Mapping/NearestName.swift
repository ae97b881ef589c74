/// Finds what somebody who mistyped a name probably meant.
enum NearestName {
    /// The name nearest to `text`; nil when none is near.
    static func find(_ text: String, among names: [String]) -> String? {
        let near = names.map { (name: $0, distance: distance(text.lowercased(), $0)) }
            .min { $0.distance < $1.distance }
        guard let near, near.distance <= max(2, near.name.count / 3) else { return nil }
        return near.name
    }

    /// How many characters have to be put in, taken out or changed.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.prefix(64))
        let right = Array(right)
        var row = Array(0...right.count)
        for (line, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let changed = diagonal + (character == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
