import ArgumentParser
import Glibc
import StreamLog

/// Flips one bit of a closed store after the other, and looks what the log makes of it.
struct Sweep: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Flips bits of a small store: each is detected or harmless.")

    @Option(help: "An empty directory in memory.")
    var directory: String

    @Option(help: "Draws the bits outside of tree pages.")
    var seed: UInt64 = 1

    @Option(help: "How many bits to draw.")
    var draws = 20_000

    @Option(help: "Of a smaller store, flips a bit of every so manieth byte instead.")
    var every: Int?

    @Option(help: "Which share of the work this process does: 0 to WORKERS - 1.")
    var worker = 0

    @Option(help: "How many processes share the work.")
    var workers = 1

    @Option(help: "Only this flip, as SEGMENT:BYTE:BIT, or iSEGMENT:BYTE:BIT in an index.")
    var only: String?

    func run() async throws {
        var store = try await SweptStore(
            directory: "\(directory)/store-\(worker)", isSmall: every != nil)
        let flips = try plan(store)
        let progress = try ProgressFile("\(directory)/progress-\(worker)")
        var harmless = 0
        var detected = 0
        for (place, flip) in flips.enumerated() where place % workers == worker {
            progress.note(flip)
            do {
                if try await store.survives(flip) { harmless += 1 } else { detected += 1 }
            } catch {
                print("FAILED flip \(flip): \(error)")
                throw ExitCode(1)
            }
        }
        print("worker \(worker): \(harmless) harmless, \(detected) cost their batch, none lied")
    }

    private func plan(_ store: SweptStore) throws -> [Flip] {
        if let only {
            guard let flip = Flip(only) else { throw ValidationError("\(only) is no flip") }
            return [flip]
        }
        var random = SplitMix(state: seed)
        if let every { return store.byteFlips(step: max(1, every), &random) }
        let trees = store.treeFlips()
        return trees + store.indexFlips() + (0..<draws).map { _ in store.drawFlip(&random) }
    }
}

/// One bit of one segment file, or of the index beside it.
struct Flip: CustomStringConvertible {
    enum Place: String { case segment = "", index = "i" }

    let place: Place
    let segment: Int
    let byte: Int
    let bit: Int

    init(_ place: Place = .segment, segment: Int, byte: Int, bit: Int) {
        self.place = place
        self.segment = segment
        self.byte = byte
        self.bit = bit
    }

    init?(_ text: String) {
        let place = text.hasPrefix(Place.index.rawValue) ? Place.index : .segment
        let numbers = text.dropFirst(place.rawValue.utf8.count)
        let parts = numbers.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        self.init(place, segment: parts[0], byte: parts[1], bit: parts[2])
    }

    var description: String { "\(place.rawValue)\(segment):\(byte):\(bit)" }
}

/// Random numbers that a seed repeats (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Says which flip is being tried, for whoever finds this process dead.
struct ProgressFile {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = unsafe open(path, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw ValidationError("cannot open \(path)") }
    }

    func note(_ flip: Flip) {
        let line = Array("\(flip)                ".utf8.prefix(32))
        _ = unsafe line.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }
}
