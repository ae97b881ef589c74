import AMQP
import TestKit
import Testing

/// Counts that go round after 2^32 against the same with as many digits as it takes.
@Suite("AMQP windows: laws")
struct WindowLaws {
    static let starts: [UInt32] = [0, 1, 0x7FFF_FFFA, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFF]

    @Test(arguments: starts, 1...3 as ClosedRange<UInt64>)
    func `credit is what the receiver granted less what is under way`(
        start: UInt32, seed: UInt64
    ) {
        var generator = SeededGenerator(seed: seed)
        var sender = SenderCredit(initialCount: SerialNumber(start))
        var receiver = ReceiverCredit(initialCount: SerialNumber(start))
        var (sent, received, limit) = (0, 0, 0)
        for _ in 0..<500 {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                let credit = UInt32.random(in: 0...9, using: &generator)
                receiver.grant(credit)
                limit = received + Int(credit)
                sender.update(
                    credit: credit, receiverCount: receiver.received.rawValue, isDraining: false)
            case 1 where sender.left > 0:
                sender.take()
                sent += 1
            case 2 where sent > received:
                // A grant may have shrunk while this was under way.
                let isAllowed = receiver.take()
                #expect(isAllowed)
                received += 1
            default: break
            }
            #expect(sender.sent == SerialNumber(start).advanced(by: UInt32(sent)))
            #expect(Int(sender.left) == max(0, limit - sent))
            #expect(Int(receiver.left) == max(0, limit - received))
        }
        for _ in 0..<10_000 where receiver.take() { received += 1 }
        #expect(received < 10_000, "credit has no end")
    }

    @Test(arguments: starts)
    func `draining moves both counts to the same place`(start: UInt32) {
        var sender = SenderCredit(initialCount: SerialNumber(start))
        var receiver = ReceiverCredit(initialCount: SerialNumber(start))
        receiver.grant(20)
        sender.update(credit: 20, receiverCount: start, isDraining: true)
        for _ in 0..<3 {
            sender.take()
            let isAllowed = receiver.take()
            #expect(isAllowed)
        }

        #expect(sender.isDraining)
        sender.drain()
        receiver.advance(to: sender.sent.rawValue)

        #expect(sender.left == 0 && receiver.left == 0)
        #expect(!sender.isDraining)
        #expect(receiver.received == SerialNumber(start &+ 20))
    }

    @Test(arguments: starts)
    func `a sender's count that cannot be is passed over`(start: UInt32) {
        var receiver = ReceiverCredit(initialCount: SerialNumber(start))
        receiver.grant(5)

        for count in [start &- 1, start &+ 6, start &+ 0x8000_0000] {
            receiver.advance(to: count)
            #expect(receiver.left == 5)
            #expect(receiver.received.rawValue == start)
        }
    }

    @Test(arguments: starts)
    func `a window is what the peer takes less what is under way`(start: UInt32) {
        var window = OutgoingWindow(start: SerialNumber(start))
        #expect(window.left == 0)
        window.open(window: 10, nextIncoming: nil)
        for _ in 0..<10 { window.take() }
        #expect(window.left == 0)

        window.open(window: 10, nextIncoming: start &+ 4)
        #expect(window.left == 4)
        window.open(window: 3, nextIncoming: start &+ 4)
        #expect(window.left == 0)
        // A peer that knows of more than was sent gets no more than it says.
        window.open(window: 6, nextIncoming: start &+ 1000)
        #expect(window.left == 6)
        window.open(window: .max, nextIncoming: start &+ 10)
        #expect(window.left == .max)
        #expect(window.next == SerialNumber(start &+ 10))
    }

    @Test(arguments: starts)
    func `a transfer beyond the window is refused, and counts for nothing`(start: UInt32) {
        var window = IncomingWindow(size: 4, next: SerialNumber(start))

        let answers = (0..<5).map { _ in window.take() }
        #expect(answers == [true, true, true, true, false])
        #expect(window.next == SerialNumber(start &+ 4))
        window.refill()
        #expect(window.left == 4)
    }

    @Test(arguments: starts, 1...3 as ClosedRange<UInt64>)
    func `outcomes find what waits, against a plain list`(start: UInt32, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var log = UnsettledDeliveries(next: SerialNumber(start))
        var waiting: [UInt32] = []
        var next = start
        for _ in 0..<400 {
            if Int.random(in: 0..<3, using: &generator) > 0 {
                let isSettled = Bool.random(using: &generator)
                let number = log.append(isSettled: isSettled)
                #expect(number == next)
                if !isSettled { waiting.append(next) }
                next &+= 1
            } else {
                let first = next &- UInt32.random(in: 0...20, using: &generator)
                let last = first &+ UInt32.random(in: 0...30, using: &generator)
                let runs = log.runs(first: first, last: last)
                let found = runs.flatMap { run in (0..<run.count).map { run.first &+ UInt32($0) } }
                let length = last &- first
                #expect(found == waiting.filter { $0 &- first <= length })
                for run in runs { log.settle(run) }
                waiting.removeAll { $0 &- first <= length }
            }
            #expect(log.next.rawValue == next)
            #expect(log.span >= waiting.count)
            if waiting.isEmpty { #expect(log.span == 0) }
        }
    }

    @Test
    func `a range of all numbers there are costs no more than what was sent`() {
        var log = UnsettledDeliveries(next: SerialNumber(1))
        for _ in 0..<3 { _ = log.append(isSettled: false) }

        #expect(log.runs(first: 0, last: 0x7FFF_FFFF).map(\.count) == [3])
        #expect(log.runs(first: 0, last: .max) == [])
        #expect(log.runs(first: 2, last: 1) == [])
    }
}
