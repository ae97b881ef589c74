/// What is pasted into an SDK, and into Kafka's password: where to connect, and with which key.
package struct ConnectionString: Hashable, Sendable {
    /// The host, and the port behind a colon if it is given.
    package var authority: String
    /// The rule and its key, or a token made elsewhere.
    package var credential: Credential
    /// The hub, where it is named.
    package var entityPath: String?
    /// Whether SDKs are to leave TLS off and use the port given.
    package var usesDevelopmentEmulator: Bool

    /// How to prove who one is.
    package enum Credential: Hashable, Sendable {
        /// A rule's name and one of its keys.
        case key(rule: String, key: String)
        /// The text of a token.
        case signature(String)
    }

    /// A connection string of these parts.
    package init(
        authority: String, credential: Credential, entityPath: String? = nil,
        usesDevelopmentEmulator: Bool = false
    ) {
        self.authority = authority
        self.credential = credential
        self.entityPath = entityPath
        self.usesDevelopmentEmulator = usesDevelopmentEmulator
    }

    /// Reads a connection string. Keys are compared without regard to case; unknown ones are left.
    package init(_ text: String) throws(AccessError) {
        var fields: [String: String] = [:]
        for pair in text.split(separator: ";") {
            // Keys are base64 and end with `=`: only the first one separates.
            let parts = pair.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw .malformedConnectionString("a part has no '='")
            }
            fields[parts[0].lowercased()] = String(parts[1])
        }
        guard let endpoint = fields["endpoint"] else {
            throw .malformedConnectionString("'Endpoint' is missing")
        }
        guard endpoint.lowercased().hasPrefix("sb://") else {
            throw .malformedConnectionString("'Endpoint' does not begin with sb://")
        }
        authority = String(endpoint.dropFirst(5).prefix { $0 != "/" })
        entityPath = fields["entitypath"]
        usesDevelopmentEmulator = fields["usedevelopmentemulator"]?.lowercased() == "true"
        if let rule = fields["sharedaccesskeyname"], let key = fields["sharedaccesskey"] {
            credential = .key(rule: rule, key: key)
        } else if let signature = fields["sharedaccesssignature"] {
            credential = .signature(signature)
        } else {
            throw .malformedConnectionString(
                "neither 'SharedAccessKeyName' with 'SharedAccessKey' nor "
                    + "'SharedAccessSignature' is there")
        }
    }
}

extension ConnectionString: CustomStringConvertible {
    /// The text to paste.
    package var description: String {
        var parts = ["Endpoint=sb://\(authority)/"]
        switch credential {
        case .key(let rule, let key):
            parts += ["SharedAccessKeyName=\(rule)", "SharedAccessKey=\(key)"]
        case .signature(let text): parts.append("SharedAccessSignature=\(text)")
        }
        if let entityPath { parts.append("EntityPath=\(entityPath)") }
        if usesDevelopmentEmulator { parts.append("UseDevelopmentEmulator=true") }
        return parts.joined(separator: ";")
    }
}
