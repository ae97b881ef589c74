/// What the address of a link names.
///
/// SDKs write one address in three ways: bare, with a leading slash, or as a URI of some scheme and
/// host. Keywords have no case. A hub's name may have slashes, so keywords are looked for from the
/// right.
enum LinkAddress: Hashable, Sendable {
    /// Where tokens are put.
    case tokens
    /// Where hubs and partitions are asked about.
    case management
    /// A hub, which chooses the partition.
    case hub(String)
    /// One partition of a hub.
    case partition(hub: String, id: String)
    /// One partition as one consumer group reads it.
    case consumer(hub: String, group: String, partition: String)

    /// Nil for an address that names nothing.
    init?(_ text: String) {
        let segments = Self.path(of: text).split(separator: "/").map(String.init)
        guard let last = segments.last else { return nil }
        switch last.lowercased() {
        case "$cbs": self = .tokens
        case "$management": self = .management
        default:
            guard let named = Self.entity(segments) else { return nil }
            self = named
        }
    }

    private static func entity(_ segments: [String]) -> LinkAddress? {
        let count = segments.count
        if keyword(segments, fromEnd: 4) == "consumergroups",
            keyword(segments, fromEnd: 2) == "partitions"
        {
            guard count > 4 else { return nil }
            return .consumer(
                hub: hub(segments.dropLast(4)), group: segments[count - 3],
                partition: segments[count - 1])
        }
        switch keyword(segments, fromEnd: 2) {
        case "partitions":
            guard count > 2 else { return nil }
            return .partition(hub: hub(segments.dropLast(2)), id: segments[count - 1])
        case "publishers":
            guard count > 2 else { return nil }
            return .hub(hub(segments.dropLast(2)))
        default: return .hub(hub(segments[...]))
        }
    }

    private static func keyword(_ segments: [String], fromEnd place: Int) -> String? {
        segments.count >= place ? segments[segments.count - place].lowercased() : nil
    }

    private static func hub(_ segments: ArraySlice<String>) -> String {
        segments.joined(separator: "/")
    }

    private static func path(of text: String) -> Substring {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            return text[...]
        }
        return text[colon...].dropFirst(3).drop { $0 != "/" }
    }
}
