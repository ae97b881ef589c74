import ArgumentParser
import Glibc
import StreamLog
import StreamModel

/// Appends while the file system fails, and says of every batch what the log said of it:
/// `acknowledged PARTITION OFFSET NAME`, `refused NAME` (it is not in the log), or `unknown NAME`
/// (the log does not know). The journal's lines are written before the next batch is sent.
struct Faulty: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Appends while calls fail, and writes a journal of the answers.")

    @Argument(help: "The store.")
    var store: String

    @Option(help: "How many batches.")
    var batches = 24

    @Option(help: "Begins the names of the batches: another for each run over one store.")
    var name = "first"

    @Option(help: "A file that is removed at the first refusal for want of space.")
    var filler: String?

    func run() async throws {
        var configuration = FaultyStore.configuration
        if filler != nil { configuration.budgetPolicy = .reject }
        let log: StreamLog
        do {
            log = try StreamLog(
                opening: store, configuration, random: SystemRandomNumberGenerator())
        } catch {
            print("closed \(error)")
            return
        }
        let ids = try? await FaultyStore.partitions(log)
        var filler = filler
        for number in 0..<batches {
            guard let ids else { break }
            let name = "\(name)-\(number)"
            let batch = try FaultyStore.batch(name)
            let append = Commit.Append(batch, to: ids[number % ids.count])
            do {
                let receipt = try await log.commit(Commit(appends: [append]))
                guard case .appended(let offset) = receipt.appends[0] else { continue }
                say("acknowledged \(number % ids.count) \(offset) \(name)")
            } catch .storage(let fault) {
                say("unknown \(name) \(fault)")
            } catch {
                say("refused \(name) \(error)")
                if let path = filler, case .full(.disk) = error {
                    unsafe _ = unlink(path)
                    filler = nil
                }
            }
        }
        await log.close()
        say("done")
    }

    /// At once: the process may not live to flush a buffer.
    private func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}

/// Opens a store after faults, and prints what it holds: `PARTITION OFFSET NAME` for each event and
/// `gap PARTITION FIRST AFTER REASON` for each gap. Then it appends once more.
/// `unreadable PARTITION OFFSET` says that the device refused a read there, which is tried again.
struct FaultyCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faulty-check", abstract: "Prints what a store holds, and appends to it.")

    @Argument(help: "The store.")
    var store: String

    func run() async throws {
        let log = try StreamLog(
            opening: store, FaultyStore.configuration, random: SystemRandomNumberGenerator())
        let ids = try await FaultyStore.partitions(log)
        for (place, id) in ids.enumerated() {
            var next = Offset.start
            while true {
                let result = try await read(log, id, from: next, place)
                if result.items.isEmpty { break }
                for item in result.items { try show(item, place) }
                next = result.next
            }
        }
        for damage in log.damageFound { print("damage \(damage)") }
        for id in ids {
            let append = Commit.Append(try FaultyStore.batch("after"), to: id)
            _ = try await log.commit(Commit(appends: [append]))
        }
        await log.close()
    }

    /// Twice in vain: then the log has given up what is there, and says so to whoever comes next.
    private func read(
        _ log: StreamLog, _ id: PartitionID, from next: Offset, _ place: Int
    ) async throws -> ReadResult {
        for _ in 0..<2 {
            do { return try log.read(id, from: next, .reportGap) } catch ReadError.storage {
                print("unreadable \(place) \(next)")
                // Behind what the read has asked for.
                _ = try await log.registerProducer(try ProducerName("check"))
            }
        }
        return try log.read(id, from: next, .reportGap)
    }

    private func show(_ item: ReadItem, _ place: Int) throws {
        switch item {
        case .gap(let gap):
            print("gap \(place) \(gap.offsets.lowerBound) \(gap.offsets.upperBound) \(gap.reason)")
        case .batch(let stored):
            for record in try stored.batch.records() {
                let name = (record.record.key ?? []).prefix { $0 != 0 }
                print("\(place) \(record.offset) \(String(decoding: name, as: UTF8.self))")
            }
        }
    }
}

/// What both commands agree on.
enum FaultyStore {
    static var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.segmentByteCount = 256 << 10
        configuration.budget = 64 << 20
        return configuration
    }

    static func partitions(_ log: StreamLog) async throws -> [PartitionID] {
        let name = try StreamName("faulty")
        let definition: StreamDefinition
        if let known = try? log.stream(named: name) {
            definition = known
        } else {
            definition = try await log.createStream(name, partitionCount: 2)
        }
        return (0..<2).map { PartitionID(definition.incarnation, UInt32($0)) }
    }

    /// One event of 20,000 bytes that has its name as key.
    static func batch(_ name: String) throws -> RecordBatch {
        var random = SplitMix(state: UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) }.magnitude))
        let value = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        var builder = RecordBatchBuilder()
        try builder.append(
            key: Array(name.utf8), value: value, timestamp: Timestamp(milliseconds: 0))
        return builder.finish()
    }
}
