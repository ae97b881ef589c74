internal import ArgumentParser
internal import Control
internal import StreamLog
internal import StreamModel

/// What every command takes.
struct StoreOptions: ParsableArguments {
    @Option(help: "The directory of the store.")
    var data = "./millrace-data"

    @Flag(help: "Print one JSON object a line.")
    var json = false

    /// Does something with the store in the directory, and lets go of it whatever happens.
    func withStore<Result: Sendable>(
        _ settings: StoreSettings? = nil, ifMissing: StoreDoor.IfMissing = .fail,
        _ body: (StoreDoor) async throws -> Result
    ) async throws -> Result {
        let door = StoreDoor(
            data, settings?.configuration ?? LogConfiguration(), ifMissing: ifMissing,
            random: SystemRandomNumberGenerator())
        do {
            _ = try await door.access()
            if door.side == .client, settings?.isGiven ?? false {
                complain("the store is open in another process: its settings stay as they are")
            }
            let result = try await body(door)
            await door.close()
            return result
        } catch {
            await door.close()
            if let refused = error as? AccessError { throw CommandFailure(refused) }
            throw error
        }
    }
}

/// Settings of a store, for the commands that may open it themselves.
struct StoreSettings: ParsableArguments {
    @Option(help: "What the store may take of its volume, such as 20GiB. Default: a tenth of it.")
    var budget: ByteSize?

    @Option(help: "The size of a segment, such as 64MiB; at least 256KiB.")
    var segmentSize: ByteSize?

    @Option(help: "At the budget: reject, backpressure or drop-oldest (the default).")
    var onFull: FullPolicy?

    @Option(help: "Remove segments whose events are all older, such as 7d or 12h.")
    var retentionAge: Age?

    @Option(help: "Remove the oldest segments while the log is larger.")
    var retentionSize: ByteSize?

    func validate() throws {
        if let segmentSize, segmentSize.byteCount < LogLimits.segmentByteCountMin {
            throw ValidationError("--segment-size is at least 256KiB.")
        }
    }

    var isGiven: Bool {
        budget != nil || segmentSize != nil || onFull != nil || retentionAge != nil
            || retentionSize != nil
    }

    var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.budget = budget?.byteCount
        configuration.segmentByteCount = segmentSize?.byteCount
        configuration.budgetPolicy = onFull?.policy ?? configuration.budgetPolicy
        configuration.retentionAge = retentionAge?.milliseconds
        configuration.retentionByteCount = retentionSize?.byteCount
        return configuration
    }
}

/// What happens at the budget, as it is spelt on the command line.
enum FullPolicy: String, ExpressibleByArgument, CaseIterable {
    case reject, backpressure
    case dropOldest = "drop-oldest"

    var policy: LogConfiguration.BudgetPolicy {
        switch self {
        case .reject: .reject
        case .backpressure: .backpressure
        case .dropOldest: .dropOldest
        }
    }
}

/// A number of bytes: digits, and B, KiB, MiB, GiB, TiB or nothing behind them.
struct ByteSize: ExpressibleByArgument {
    let byteCount: Int

    init?(argument: String) {
        let units = ["": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40]
        guard let count = scaled(argument, units) else { return nil }
        byteCount = count
    }
}

/// A length of time: digits, and s, m, h or d behind them.
struct Age: ExpressibleByArgument {
    let milliseconds: Int64

    init?(argument: String) {
        let units = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let count = scaled(argument, units) else { return nil }
        milliseconds = Int64(count)
    }
}

/// Digits and the name of a unit as a number above 0; nil for anything else.
private func scaled(_ text: String, _ units: [String: Int]) -> Int? {
    let digits = text.prefix { "0123456789".contains($0) }
    guard let number = Int(digits), let unit = units[String(text.dropFirst(digits.count))] else {
        return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow || product <= 0 ? nil : product
}

/// Reads a name, or says what is wrong with it.
@Sendable func checked<N: Name>(_ text: String) throws -> N {
    do {
        return try N(text)
    } catch {
        throw ValidationError("'\(text)': \(error).")
    }
}
