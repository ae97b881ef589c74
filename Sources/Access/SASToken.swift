/// A shared access signature as text: who signed what, and until when it counts.
///
///     SharedAccessSignature sr=<encoded URI>&sig=<encoded base64>&se=<seconds>&skn=<rule>
///
/// The signature is over `sr` exactly as it stands in the token, a line feed, and `se`. Reading a
/// token proves nothing; `AccessRules` checks it.
package struct SASToken: Hashable, Sendable {
    private static let prefix = "sharedaccesssignature "
    /// More than any SDK sends; what is longer is not looked at.
    private static let byteCountMax = 8192

    /// What `sr` names, decoded.
    package let resource: ResourcePath
    /// Whose key signed it (`skn`).
    package let ruleName: String
    /// Seconds since 1970.
    package let expiry: Int64
    let signature: [UInt8]
    /// What the signature may be over: `sr` as sent, and in the two cases of its digits.
    let signedTexts: [String]

    /// Reads the parts of a token, in any order.
    package init(_ text: String) throws(AccessError) {
        guard text.utf8.count <= Self.byteCountMax else { throw .malformedToken(.length) }
        guard text.lowercased().hasPrefix(Self.prefix) else { throw .malformedToken(.prefix) }
        var fields: [String: Substring] = [:]
        for pair in text.dropFirst(Self.prefix.count).split(separator: "&") {
            let parts = pair.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            fields[parts[0].lowercased()] = parts[1]
        }
        guard let resource = fields["sr"] else { throw .malformedToken(.resource) }
        guard let expiry = fields["se"], let seconds = Int64(expiry), seconds >= 0 else {
            throw .malformedToken(.expiry)
        }
        guard let name = fields["skn"], !name.isEmpty else { throw .malformedToken(.ruleName) }
        guard let encoded = fields["sig"],
            let signature = Base64.decode(Percent.decode(encoded))
        else { throw .malformedToken(.signature) }

        let decoded = Percent.decode(resource)
        self.resource = ResourcePath(decoded)
        self.ruleName = Percent.decode(name)
        self.expiry = seconds
        self.signature = signature
        var signed: [String] = []
        for candidate in [
            String(resource), Percent.encode(decoded, .lower), Percent.encode(decoded, .upper),
        ] where !signed.contains("\(candidate)\n\(expiry)") {
            signed.append("\(candidate)\n\(expiry)")
        }
        signedTexts = signed
    }

    /// The text of a token for `uri`, signed with a rule's primary key.
    package static func text(for uri: String, by rule: AccessRule, expiry: Int64) -> String {
        let resource = Percent.encode(uri)
        let signature = Signature.code(of: "\(resource)\n\(expiry)", key: rule.primaryKey)
        return "SharedAccessSignature sr=\(resource)"
            + "&sig=\(Percent.encode(Base64.encode(signature)))"
            + "&se=\(expiry)&skn=\(Percent.encode(rule.name))"
    }
}
