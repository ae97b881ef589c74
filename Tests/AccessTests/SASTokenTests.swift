import TestKit
import Testing

@testable import Access

/// Tokens against signatures that another implementation made (reference, section 2.4).
struct SASTokenTests {
    let rule = AccessRule(
        name: "RootManageSharedAccessKey", primaryKey: "SAS_KEY_VALUE", claims: [.manage])
    static let expiry: Int64 = 1_767_225_600

    static let vectors = [
        ("sb%3A%2F%2Flocalhost%2Feh1", "PPq53sXzzAhON1gprC2fVj5OGqazDdQGTQFrpeycKbQ=", "/eh1"),
        (
            "sb%3A%2F%2Flocalhost%3A5672%2Feh1%2Fconsumergroups%2F%24Default",
            "3pBDa2meTNtZZhSYYJqjm8UjLfZLZq/Fve3RCH2hbRA=", "/eh1/consumergroups/$Default"
        ),
        (
            "amqps%3a%2f%2fns.servicebus.windows.net%2feh1",
            "UpqD1gAlcYPN5Hkfkd6Vw6yRSRWqRFRB1h8lWTgL4WA=", "/eh1"
        ),
    ]

    func token(_ resource: String, _ signature: String, expiry: Int64 = Self.expiry) -> String {
        "SharedAccessSignature sr=\(resource)&sig=\(Percent.encode(signature))"
            + "&se=\(expiry)&skn=RootManageSharedAccessKey"
    }

    @Test(arguments: vectors)
    func `a signature of another implementation is believed`(
        resource: String, signature: String, audience: String
    ) throws {
        let rules = AccessRules([rule])

        let grant = try rules.grant(
            forToken: token(resource, signature), audience: audience, now: Self.expiry - 60,
            skew: 0)

        #expect(grant.claims.contains(.send) && grant.claims.contains(.listen))
        #expect(grant.expiry == Self.expiry)
        #expect(grant.scope == ResourcePath(Percent.decode(resource)))
    }

    @Test(.proves(.strangersGetNothing))
    func `a signature over another time is refused`() {
        let (resource, signature, audience) = Self.vectors[0]
        let forged = token(resource, signature, expiry: Self.expiry + 1)

        #expect(throws: AccessError.badSignature) {
            try AccessRules([rule]).grant(
                forToken: forged, audience: audience, now: 0, skew: 0)
        }
    }

    @Test(.proves(.strangersGetNothing))
    func `a token ends when its time and the tolerance are over`() throws {
        let text = SASToken.text(for: "sb://h/eh1", by: rule, expiry: 1000)
        let rules = AccessRules([rule])

        let late = try rules.grant(forToken: text, audience: "/eh1", now: 1299, skew: 300)
        #expect(late.allows(.send, on: ResourcePath("eh1"), now: 1299))
        #expect(!late.allows(.send, on: ResourcePath("eh1"), now: 1300))
        #expect(throws: AccessError.expired(at: 1000, now: 1300)) {
            try rules.grant(forToken: text, audience: "/eh1", now: 1300, skew: 300)
        }
    }

    @Test func `the rule's name may be encoded twice, in any order of the parts`() throws {
        var rule = rule
        rule.name = "rule with space"
        let text = SASToken.text(for: "sb://h/eh1", by: rule, expiry: 1000)
        let parts = text.dropFirst("SharedAccessSignature ".count).split(separator: "&")
        let shuffled =
            "sharedaccesssignature "
            + parts.reversed().joined(separator: "&").replacing("%20", with: "%2520")

        let grant = try AccessRules([rule]).grant(
            forToken: shuffled, audience: "amqps://other:1/EH1/partitions/0", now: 1, skew: 0)

        #expect(grant.rule == "rule with space")
    }

    @Test(arguments: [
        "", "SharedAccessSignature", "SharedAccessSignature sr=a", "Bearer x",
        "SharedAccessSignature sr=a&sig=!&se=1&skn=a",
        "SharedAccessSignature sr=a&sig=YQ%3D%3D&se=99999999999999999999&skn=a",
        "SharedAccessSignature sr=a&sig=YQ%3D%3D&se=-1&skn=a",
        "SharedAccessSignature &&&=&=a&sr&sig==&se=1",
    ])
    func `what is no token is called malformed`(text: String) {
        #expect {
            try SASToken(text)
        } throws: { error in
            if case AccessError.malformedToken = error { true } else { false }
        }
    }
}
