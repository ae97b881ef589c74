/// What a rule lets its holder do.
package enum Claim: String, Codable, CaseIterable, Sendable {
    /// Send events to a hub.
    case send = "Send"
    /// Receive events from a hub, and read about it.
    case listen = "Listen"
    /// Everything, including what the other two allow.
    case manage = "Manage"
}

/// A set of claims. Whoever may manage may also send and listen.
package struct Claims: Hashable, Sendable {
    private var held: Set<Claim>

    /// The claims listed, and what they imply.
    package init(_ claims: some Sequence<Claim>) {
        held = Set(claims)
        if held.contains(.manage) { held = Set(Claim.allCases) }
    }

    /// Whether the set holds `claim`, directly or through `manage`.
    package func contains(_ claim: Claim) -> Bool { held.contains(claim) }

    /// In the order of their declaration.
    package var list: [Claim] { Claim.allCases.filter(held.contains) }
}

extension Claims: Codable {
    /// Reads a list of names.
    package init(from decoder: any Decoder) throws {
        self.init(try [Claim](from: decoder))
    }

    /// Writes a list of names.
    package func encode(to encoder: any Encoder) throws { try list.encode(to: encoder) }
}
