/// A named pair of keys and what their holders may do, with the whole namespace or with one hub.
///
/// There are two keys so that one can be replaced while clients still use the other.
package struct AccessRule: Codable, Hashable, Sendable {
    /// What tokens and connection strings call it (`SharedAccessKeyName`).
    package var name: String
    /// Used as text: its UTF-8 bytes are the key of the signature.
    package var primaryKey: String
    /// The other key, worth as much as the first.
    package var secondaryKey: String?
    /// What its holders may do.
    package var claims: Claims
    /// The hub it is about; nil for the whole namespace.
    package var hub: String?

    /// A rule as it is stored.
    package init(
        name: String, primaryKey: String, secondaryKey: String? = nil, claims: [Claim],
        hub: String? = nil
    ) {
        self.name = name
        self.primaryKey = primaryKey
        self.secondaryKey = secondaryKey
        self.claims = Claims(claims)
        self.hub = hub
    }

    /// A rule with two new random keys of 256 bits.
    package init(
        name: String, claims: [Claim], hub: String? = nil,
        random: inout some RandomNumberGenerator
    ) {
        self.init(
            name: name, primaryKey: Self.randomKey(&random),
            secondaryKey: Self.randomKey(&random), claims: claims, hub: hub)
    }

    /// What the rule covers.
    package var scope: ResourcePath { hub.map(ResourcePath.init) ?? .namespace }

    var keys: [String] { [primaryKey] + (secondaryKey.map { [$0] } ?? []) }

    private static func randomKey(_ random: inout some RandomNumberGenerator) -> String {
        Base64.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
}
