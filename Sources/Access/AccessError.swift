/// Why somebody is not let in.
package enum AccessError: Error, Hashable, Sendable {
    /// The token cannot be read.
    case malformedToken(TokenPart)
    /// There is no rule of that name.
    case unknownRule(String)
    /// No key of the rule made this signature, or the password is not one of its keys.
    case badSignature
    /// The token's time is over; both in seconds since 1970.
    case expired(at: Int64, now: Int64)
    /// The token is about something else.
    case wrongAudience(String, token: ResourcePath)
    /// The text is no connection string.
    case malformedConnectionString(String)

    /// What of a token is missing or cannot be read.
    package enum TokenPart: String, Hashable, Sendable {
        case prefix = "the words 'SharedAccessSignature '"
        case length = "a reasonable length"
        case resource = "sr"
        case expiry = "se"
        case ruleName = "skn"
        case signature = "sig"
    }
}

extension AccessError: CustomStringConvertible {
    /// What happened, with the words that Event Hubs begins with where it has any.
    package var description: String {
        switch self {
        case .malformedToken(let part):
            "MalformedToken: the token lacks \(part.rawValue), or it cannot be read."
        case .unknownRule(let name):
            "InvalidSignature: there is no rule '\(name)'."
        case .badSignature: "InvalidSignature: The token has an invalid signature."
        case .expired(let expiry, let now):
            "ExpiredToken: The token is expired. It counted until \(expiry), and it is \(now)."
        case .wrongAudience(let audience, let resource):
            "InvalidAudience: The authorization header contains a token with a wrong audience: "
                + "it is for '\(resource)', not for '\(audience)'."
        case .malformedConnectionString(let reason): "not a connection string: \(reason)"
        }
    }
}
