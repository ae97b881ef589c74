internal import CLinux
internal import Glibc

/// What a machine says of the time. Injected, so that a test can let it jump.
public protocol LogClock: Sendable {
    /// Reads all clocks at one moment.
    func read() -> SystemTime
}

/// The clocks of a machine at one moment.
public struct SystemTime: Equatable, Sendable {
    /// Milliseconds since 1970, UTC. May be wrong, and may jump.
    public var wall: Int64
    /// Milliseconds since the machine started, sleep included. Never jumps.
    public var boot: Int64
    /// A fingerprint of this start of the machine.
    public var bootID: UInt64
    /// Whether the wall clock is known to be synchronised with a source of time.
    public var isWallTrusted: Bool

    /// Readings taken at one moment.
    public init(wall: Int64, boot: Int64, bootID: UInt64, isWallTrusted: Bool) {
        self.wall = wall
        self.boot = boot
        self.bootID = bootID
        self.isWallTrusted = isWallTrusted
    }
}

/// The clocks of this machine.
public struct SystemClock: LogClock {
    private let bootID: UInt64

    /// Reads the machine's boot id once.
    public init() {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a: a fingerprint, not a defence.
        for byte in Self.bootIDText() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        bootID = hash
    }

    /// Reads all clocks at one moment.
    public func read() -> SystemTime {
        SystemTime(
            wall: Self.milliseconds(CLOCK_REALTIME), boot: Self.milliseconds(CLOCK_BOOTTIME),
            bootID: bootID, isWallTrusted: millrace_clock_is_synchronised() != 0)
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Empty where the system has no boot id; then every start counts as the same one.
    private static func bootIDText() -> [UInt8] {
        let descriptor = unsafe open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        // SAFETY: `read` writes at most as many bytes as it is given room for.
        return unsafe [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            count = max(0, unsafe Glibc.read(descriptor, buffer.baseAddress, 64))
        }
    }
}

/// Turns what the machine says into what blocks record: ages that never go back, and epochs in
/// which the wall clock can be compared with itself.
struct AgeKeeper: Sendable {
    /// Wall and boot clock may drift apart by this much between two blocks without a new epoch.
    static let driftMax: Int64 = 2000

    private(set) var last: ClockReading
    private(set) var bootID: UInt64
    private var hasReading: Bool
    private var isWallTrusted: Bool
    /// The latest time that a trusted clock has ever told.
    private var latestWall: Int64

    /// Goes on from the last block of a log, and its epochs, of which that block is in the last.
    init(after last: ClockReading, in epochs: [ClockEpoch]) {
        self.last = last
        bootID = epochs.last?.boot ?? 0
        hasReading = !epochs.isEmpty
        isWallTrusted = epochs.last?.isWallTrusted ?? false
        let ends = epochs.dropFirst().map(\.previousWall) + [last.wall]
        latestWall = zip(epochs, ends).lazy.filter(\.0.isWallTrusted)
            .map { max($0.firstWall, $1) }.max() ?? .min
    }

    /// The next reading, and the epoch that begins with it, if one does.
    mutating func advance(
        to time: SystemTime, block: BlockNumber
    ) -> (reading: ClockReading, newEpoch: ClockEpoch?) {
        let isSameBoot = hasReading && time.bootID == bootID
        var age = last.age
        if isSameBoot {
            age &+= max(0, time.boot &- last.boot)
        } else if hasReading && isWallTrusted && time.isWallTrusted {
            // Two readings are needed to tell how long the machine was off, and either may lie. The
            // first one cannot make it longer: time has gone on since the latest that was told.
            let (off, isBeyond) = time.wall.subtractingReportingOverflow(latestWall)
            if !isBeyond { age &+= max(0, off) }
        }
        if time.isWallTrusted { latestWall = max(latestWall, time.wall) }
        let drift = (time.wall &- time.boot) &- (last.wall &- last.boot)
        let isNew =
            !isSameBoot || drift.magnitude > UInt64(Self.driftMax)
            || time.isWallTrusted != isWallTrusted
        let epoch = isNew ? last.epoch &+ 1 : last.epoch
        let begun = ClockEpoch(
            number: epoch, boot: time.bootID, firstBlock: block, firstWall: time.wall,
            previousWall: last.wall, isWallTrusted: time.isWallTrusted)
        last = ClockReading(wall: time.wall, boot: time.boot, age: age, epoch: epoch)
        bootID = time.bootID
        isWallTrusted = time.isWallTrusted
        hasReading = true
        return (last, isNew ? begun : nil)
    }
}
