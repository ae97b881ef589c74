/// Transfers at a steady pace, however fast they are answered, over links that take turns.
///
/// It sends on time where the server does not, as devices do; and it takes every answer when it
/// comes, so that the times are those of the server. It blocks its thread.
final class PacedLoad {
    /// One transfer.
    struct Transfer {
        let sent: ContinuousClock.Instant
        let accepted: ContinuousClock.Instant

        /// From its last byte to the answer, in seconds.
        var latency: Double { sent.duration(to: accepted).inSeconds }
    }

    private let frames: TransferFrames
    private let peers: [LoopbackPeer]
    private let interval: Duration
    /// What each link has sent in this run, in order, and what of it has been answered.
    private var sent: [[ContinuousClock.Instant]] = []
    private(set) var done: [[Transfer]] = []
    private var start = ContinuousClock.now
    private var count = 0
    private var number = 0

    /// `perSecond` transfers in all.
    init(_ frames: TransferFrames, over peers: [LoopbackPeer], perSecond: Double) {
        self.frames = frames
        self.peers = peers
        interval = .seconds(1 / perSecond)
    }

    /// Sends all loads side by side for so many seconds, and waits for the last answer. `look` is
    /// called about once a millisecond. Afterwards `done` has what each link has sent.
    static func run(
        _ loads: [PacedLoad], seconds: Double, look: () throws -> Void = {}
    ) throws {
        for load in loads { load.begin(seconds) }
        let sockets = loads.flatMap { $0.peers.map(\.socket) }
        while loads.contains(where: { !$0.isOver }) {
            let next = try loads.map { try $0.sendWhatIsDue() }.min() ?? .now
            let wait = min(.milliseconds(1), max(.zero, ContinuousClock.now.duration(to: next)))
            for place in LoopbackSocket.readable(among: sockets, within: wait) {
                var place = place
                for load in loads {
                    if place < load.peers.count, place >= 0 { try load.take(place) }
                    place -= load.peers.count
                }
            }
            try look()
        }
    }

    private func begin(_ seconds: Double) {
        (count, number, start) = (Int(seconds / interval.inSeconds), 0, .now)
        sent = peers.map { _ in [] }
        done = peers.map { _ in [] }
    }

    private var isOver: Bool {
        number == count && zip(sent, done).allSatisfy { $0.count == $1.count }
    }

    /// When the next transfer is due; one that has no credit waits for it a millisecond at a time.
    private func sendWhatIsDue() throws -> ContinuousClock.Instant {
        while number < count {
            let now = ContinuousClock.now
            let due = start + interval * number
            guard now >= due else { return due }
            let place = number % peers.count
            let delivery = peers[place].accepted + sent[place].count - done[place].count
            guard delivery < peers[place].allowed else { return now + .milliseconds(1) }
            var bytes: [UInt8] = []
            frames.append(number: UInt32(delivery), to: &bytes)
            try peers[place].write(bytes)
            sent[place].append(.now)
            number += 1
        }
        return .now + .milliseconds(1)
    }

    private func take(_ place: Int) throws {
        let before = peers[place].accepted
        try peers[place].read()
        for _ in before..<peers[place].accepted {
            let first = sent[place][done[place].count]
            done[place].append(Transfer(sent: first, accepted: .now))
        }
    }

    /// The time that this share of the transfers did not exceed, in seconds.
    func latency(atQuantile quantile: Double) -> Double {
        Measurement(amount: 0, seconds: 0, latencies: done.joined().map(\.latency))
            .latency(atQuantile: quantile)
    }
}
