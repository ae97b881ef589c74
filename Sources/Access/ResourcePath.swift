/// The path of what a token or a link is about: a namespace, a hub, or something inside a hub.
///
/// Hosts, ports and schemes say nothing about who may do what, because a gateway is reached under
/// many names; they are dropped. Segments are compared without regard to case, as Event Hubs does.
package struct ResourcePath: Hashable, Sendable {
    /// Lower-case, none of them empty. No segments: the namespace.
    package let segments: [String]

    /// The namespace: everything.
    package static let namespace = ResourcePath(segments: [])

    private init(segments: [String]) { self.segments = segments }

    /// The path in `text`: a URI of any scheme, an absolute path, or a bare one. Any text is one.
    package init(_ text: String) {
        var rest = text[...]
        if let scheme = Self.range(of: "://", in: rest) {
            rest = rest[scheme.upperBound...].drop { $0 != "/" }
        }
        rest = rest.prefix { $0 != "?" && $0 != "#" }
        segments = rest.split(separator: "/").map { $0.lowercased() }
    }

    /// Whether `other` is this or something inside it.
    package func covers(_ other: ResourcePath) -> Bool {
        other.segments.starts(with: segments)
    }

    private static func range(
        of mark: String, in text: Substring
    ) -> Range<Substring.Index>? {
        var start = text.startIndex
        while start < text.endIndex {
            if text[start...].hasPrefix(mark) {
                return start..<text.index(start, offsetBy: mark.count)
            }
            start = text.index(after: start)
        }
        return nil
    }
}

extension ResourcePath: CustomStringConvertible {
    /// The path with a slash before each segment.
    package var description: String { "/" + segments.joined(separator: "/") }
}
