import AMQP
import Synchronization
import Testing

@testable import EventHubsEndpoint

struct ConsumerPlaceTests {
    func receiver(_ id: UInt64, epoch: Int64? = nil) -> ConsumerPlace.Receiver {
        ConsumerPlace.Receiver(id: id, epoch: epoch, name: "r\(id)") { _ in }
    }

    func admit(
        _ place: inout ConsumerPlace, _ id: UInt64, epoch: Int64? = nil
    ) -> (evicted: [UInt64], refusal: Symbol?) {
        switch place.admit(receiver(id, epoch: epoch), limit: 5) {
        case .admitted(let evicted): (evicted.map(\.0.id), nil)
        case .refused(let error): ([], error.condition)
        }
    }

    @Test func `an equal or higher epoch takes over`() {
        var place = ConsumerPlace()

        #expect(admit(&place, 1, epoch: 0) == ([], nil))
        #expect(admit(&place, 2, epoch: 0) == ([1], nil))
        #expect(admit(&place, 3, epoch: 9) == ([2], nil))
        #expect(place.receivers.map(\.id) == [3])
    }

    @Test func `a lower epoch and none are refused while one has an epoch`() {
        var place = ConsumerPlace()
        _ = admit(&place, 1, epoch: 5)

        #expect(admit(&place, 2, epoch: 4) == ([], .linkStolen))
        #expect(admit(&place, 3) == ([], .linkStolen))
        #expect(place.receivers.map(\.id) == [1])
    }

    @Test func `five share, a sixth may not, and an epoch ends all five`() {
        var place = ConsumerPlace()
        for id in 1...5 { #expect(admit(&place, UInt64(id)) == ([], nil)) }

        #expect(admit(&place, 6) == ([], .resourceLimitExceeded))
        place.remove(2)
        #expect(admit(&place, 7) == ([], nil))
        #expect(admit(&place, 8, epoch: 0) == ([1, 3, 4, 5, 7], nil))
    }

    @Test func `whoever is stolen from reads who did it`() {
        var place = ConsumerPlace()
        _ = admit(&place, 1, epoch: 1)

        guard case .admitted(let evicted) = place.admit(receiver(2, epoch: 3), limit: 5) else {
            Issue.record("the higher epoch was refused")
            return
        }

        let text = evicted.first?.1.description ?? ""
        #expect(text.contains("New receiver 'r2' with higher epoch of '3'"))
        #expect(text.contains("current receiver 'r1' with epoch '1'"))
    }
}
