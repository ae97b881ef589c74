import Foundation
import TestKit
import Testing

@testable import Access

struct AccessRulesTests {
    let root = AccessRule(
        name: "root", primaryKey: "one", secondaryKey: "two", claims: [.manage])
    let reader = AccessRule(name: "reader", primaryKey: "three", claims: [.listen], hub: "eh1")

    @Test func `both keys of a rule count, alone and in a token`() throws {
        let rules = AccessRules([root])
        var second = root
        second.primaryKey = "two"

        let byPassword = try rules.grant(forRule: "root", key: "two")
        let byToken = try rules.grant(
            forToken: SASToken.text(for: "sb://h/", by: second, expiry: 10), audience: "/eh1",
            now: 0, skew: 0)

        #expect(byPassword.allows(.manage, on: .namespace, now: .max - 1))
        #expect(byToken.allows(.send, on: ResourcePath("/eh1"), now: 9))
        #expect(throws: AccessError.badSignature) { try rules.grant(forRule: "root", key: "six") }
        #expect(throws: AccessError.unknownRule("x")) { try rules.grant(forRule: "x", key: "one") }
    }

    @Test(.proves(.strangersGetNothing))
    func `a rule of one hub ends at that hub`() throws {
        let rules = AccessRules([reader])
        let token = SASToken.text(for: "sb://h/", by: reader, expiry: 10)

        let grant = try rules.grant(forToken: token, audience: "sb://h/EH1", now: 0, skew: 0)

        #expect(grant.allows(.listen, on: ResourcePath("eh1/consumergroups/a"), now: 0))
        #expect(!grant.allows(.send, on: ResourcePath("eh1"), now: 0))
        #expect(!grant.allows(.listen, on: ResourcePath("eh11"), now: 0))
        #expect(throws: AccessError.wrongAudience("sb://h/eh2", token: .namespace)) {
            try rules.grant(forToken: token, audience: "sb://h/eh2", now: 0, skew: 0)
        }
    }

    @Test(.proves(.strangersGetNothing))
    func `a token for a part of a hub does not cover the hub`() throws {
        let token = SASToken.text(for: "sb://h/eh1/partitions/0", by: root, expiry: 10)

        #expect(throws: AccessError.self) {
            try AccessRules([root]).grant(
                forToken: token, audience: "sb://h/eh1", now: 0, skew: 0)
        }
    }

    @Test func `the first start makes one rule with two keys that nobody can guess`() {
        var random = SeededGenerator(seed: 1)

        let rules = AccessRules.initial(random: &random).rules

        #expect(rules.map(\.name) == ["RootManageSharedAccessKey"])
        #expect(rules[0].claims.list == [.send, .listen, .manage])
        #expect(Set(rules[0].keys).count == 2)
        #expect(rules[0].keys.allSatisfy { Base64.decode($0)?.count == 32 })
    }

    @Test func `rules read back from JSON are the same`() throws {
        let rules = AccessRules([root, reader])

        let text = try JSONEncoder().encode(rules)

        #expect(try JSONDecoder().decode(AccessRules.self, from: text) == rules)
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 31, 32, 33])
    func `base64 agrees with Foundation`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let bytes = random.bytes(count)

        let text = Base64.encode(bytes)

        #expect(text == Data(bytes).base64EncodedString())
        #expect(Base64.decode(text) == bytes)
    }

    @Test func `a connection string reads back as it was written`() throws {
        let text =
            "Endpoint=sb://localhost:5673/;SharedAccessKeyName=root;SharedAccessKey=ab==;"
            + "EntityPath=eh1;UseDevelopmentEmulator=true"

        let read = try ConnectionString(text)

        #expect(read.authority == "localhost:5673")
        #expect(read.credential == .key(rule: "root", key: "ab=="))
        #expect(read.entityPath == "eh1" && read.usesDevelopmentEmulator)
        #expect(read.description == text)
    }

    @Test(arguments: ["", "x", "Endpoint=http://h", "Endpoint=sb://h;SharedAccessKeyName=a"])
    func `half a connection string is refused`(text: String) {
        #expect(throws: AccessError.self) { try ConnectionString(text) }
    }
}
