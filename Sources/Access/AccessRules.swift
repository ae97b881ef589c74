/// Who may do what: the content of `access.json`, and the only place that decides it.
///
///     token or password ──▶ AccessRules ──▶ Grant ──▶ allows(claim, on: path)?
///                          (keys, scopes)   (until when)
package struct AccessRules: Codable, Hashable, Sendable {
    /// The rule that the first start makes, as every namespace of Event Hubs has it.
    package static let rootRuleName = "RootManageSharedAccessKey"

    /// No two of one name and hub.
    package var rules: [AccessRule]

    /// The rules listed.
    package init(_ rules: [AccessRule]) { self.rules = rules }

    /// What the first start writes: one rule that may do everything, with random keys.
    package static func initial(random: inout some RandomNumberGenerator) -> AccessRules {
        AccessRules([AccessRule(name: rootRuleName, claims: [.manage], random: &random)])
    }

    /// What the holder of a shared access signature may do.
    ///
    /// `audience` is what the token was presented for; it has to lie inside what the token names.
    /// `now` is in seconds since 1970; a token counts for `skew` seconds after its expiry, because
    /// the clocks of devices differ.
    package func grant(
        forToken text: String, audience: String, now: Int64, skew: Int64
    ) throws(AccessError) -> Grant {
        let token = try SASToken(text)
        let candidates = rules(named: token)
        guard !candidates.isEmpty else { throw .unknownRule(token.ruleName) }
        guard let rule = candidates.first(where: { isSigned(token, by: $0) }) else {
            throw .badSignature
        }
        let deadline = token.expiry.addingReportingOverflow(skew)
        guard deadline.overflow || deadline.partialValue > now else {
            throw .expired(at: token.expiry, now: now)
        }
        let asked = ResourcePath(audience)
        guard token.resource.covers(asked), rule.scope.covers(asked) else {
            throw .wrongAudience(audience, token: token.resource)
        }
        return Grant(
            rule: rule.name, claims: rule.claims,
            // Of two paths that both cover one, the longer lies inside the shorter.
            scope: token.resource.segments.count > rule.scope.segments.count
                ? token.resource : rule.scope,
            expiry: deadline.overflow ? .max : deadline.partialValue)
    }

    /// What somebody may do who shows a rule's key itself, as AMQP's PLAIN and Kafka's clients do.
    /// It does not expire.
    package func grant(forRule name: String, key: String) throws(AccessError) -> Grant {
        let candidates = rules.filter { $0.name == name }
        guard !candidates.isEmpty else { throw .unknownRule(name) }
        let found = candidates.first { rule in
            rule.keys.contains { Signature.isSame($0, key) }
        }
        guard let rule = found else { throw .badSignature }
        return Grant(rule: rule.name, claims: rule.claims, scope: rule.scope, expiry: nil)
    }

    /// The rule's name may have been encoded once more than the rest: Python's SDK does that.
    private func rules(named token: SASToken) -> [AccessRule] {
        let exact = rules.filter { $0.name == token.ruleName }
        if !exact.isEmpty { return exact }
        let again = Percent.decode(token.ruleName)
        return rules.filter { $0.name == again }
    }

    private func isSigned(_ token: SASToken, by rule: AccessRule) -> Bool {
        // WHY: all are tried, whatever the first says, so that the time tells nothing of it.
        var isSigned = false
        for key in rule.keys {
            for text in token.signedTexts {
                if Signature.isValid(token.signature, of: text, key: key) { isSigned = true }
            }
        }
        return isSigned
    }
}

/// What a peer has shown that it may do, where, and until when.
package struct Grant: Hashable, Sendable {
    /// The rule whose key was used.
    package let rule: String
    /// What it may do.
    package let claims: Claims
    /// Where.
    package let scope: ResourcePath
    /// In seconds since 1970; from then on the grant is nothing. Nil: never.
    package let expiry: Int64?

    init(rule: String, claims: Claims, scope: ResourcePath, expiry: Int64?) {
        self.rule = rule
        self.claims = claims
        self.scope = scope
        self.expiry = expiry
    }

    /// All that a rule allows, for ever: for those who have proved otherwise that they hold it.
    package init(of rule: AccessRule) {
        self.init(rule: rule.name, claims: rule.claims, scope: rule.scope, expiry: nil)
    }

    /// Whether it allows `claim` on `path` at the time `now`.
    package func allows(_ claim: Claim, on path: ResourcePath, now: Int64) -> Bool {
        claims.contains(claim) && scope.covers(path) && (expiry ?? .max) > now
    }
}
