/// The names of the objects in a table's log (contract, section 1).
enum LogPath {
    static let directory = "_delta_log"
    static let lastCheckpoint = directory + "/_last_checkpoint"

    static func commit(_ version: Int64) -> String { "\(directory)/\(padded(version)).json" }

    static func checkpoint(_ version: Int64) -> String {
        "\(directory)/\(padded(version)).checkpoint.parquet"
    }

    /// The version of a commit's name; nil when it is the name of something else.
    static func commitVersion(_ name: String) -> Int64? {
        guard name.utf8.count == 25, name.hasSuffix(".json") else { return nil }
        return version(name.prefix(20))
    }

    /// Twenty digits.
    static func version(_ digits: Substring) -> Int64? {
        guard digits.utf8.count == 20, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(digits)
    }

    private static func padded(_ version: Int64) -> String {
        let digits = String(version)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }
}
