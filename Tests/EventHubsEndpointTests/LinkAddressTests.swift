import Testing

@testable import EventHubsEndpoint

struct LinkAddressTests {
    @Test(arguments: [
        ("$cbs", LinkAddress.tokens), ("$management", .management),
        ("eh1/$management", .management),
        ("amqps://host:1/eh1/$Management", .management), ("eh1", .hub("eh1")),
        ("/eh1", .hub("eh1")), ("amqps://host:5671/eh1", .hub("eh1")), ("a/b/c", .hub("a/b/c")),
        ("sb://h/eh1/Partitions/3", .partition(hub: "eh1", id: "3")),
        ("/a/b/partitions/0", .partition(hub: "a/b", id: "0")),
        ("eh1/Publishers/me", .hub("eh1")),
        (
            "eh1/ConsumerGroups/$Default/Partitions/12",
            .consumer(hub: "eh1", group: "$Default", partition: "12")
        ),
        (
            "amqps://h/a/b/consumergroups/CG/partitions/0",
            .consumer(hub: "a/b", group: "CG", partition: "0")
        ),
        ("partitions/0", nil), ("ConsumerGroups/g/Partitions/0", nil), ("", nil), ("///", nil),
        ("amqps://host", nil),
    ])
    func `an address names one thing in all of its forms`(text: String, meaning: LinkAddress?) {
        #expect(LinkAddress(text) == meaning)
    }
}

struct StartPositionTests {
    @Test(arguments: [
        ("amqp.annotation.x-opt-offset > '-1'", StartPosition.earliest),
        ("amqp.annotation.x-opt-offset > -1", .earliest),
        ("amqp.annotation.x-opt-offset > '@latest'", .latest),
        ("amqp.annotation.x-opt-offset >= '@LATEST'", .latest),
        ("amqp.annotation.x-opt-offset > '42'", .sequence(42, isInclusive: false)),
        ("amqp.annotation.x-opt-offset >= 42", .sequence(42, isInclusive: true)),
        ("amqp.annotation.x-opt-sequence-number>='7'", .sequence(7, isInclusive: true)),
        ("amqp.annotation.x-opt-enqueued-time > '17'", .time(17, isInclusive: false)),
        ("amqp.annotation.x-opt-enqueued-time >= '-5'", .time(-5, isInclusive: true)),
    ])
    func `a selector of any SDK is a position`(text: String, position: StartPosition) throws {
        #expect(try StartPosition(expression: text) == position)
    }

    @Test(arguments: [
        "", ">", "amqp.annotation.x-opt-offset = '1'", "x > 1", "amqp.annotation.x-opt-offset > ''",
        "amqp.annotation.x-opt-offset > '99999999999999999999'",
        "amqp.annotation.x-opt-offset > '-7'", "amqp.annotation.x-opt-enqueued-time > 'noon'",
    ])
    func `anything else is refused with its text`(text: String) {
        #expect(throws: StartPosition.Refusal(expression: text)) {
            try StartPosition(expression: text)
        }
    }
}
