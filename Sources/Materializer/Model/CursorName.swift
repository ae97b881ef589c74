package import StreamLog
internal import StreamModel

/// The name under which a table keeps how far one partition has got into it.
///
///     millrace/<store>/<stream incarnation>/<pipeline>/<generation>/<partition>
///
/// It belongs to the identity of the data, not of the process. A new generation begins where the
/// operator has said that what was is over: the old cursors stay, and mean nothing any more.
package struct CursorName: Hashable, Sendable {
    package let store: StoreID
    package let incarnation: StreamIncarnation
    package let pipeline: String
    package let generation: UInt32
    package let partition: UInt32

    package init(
        store: StoreID, incarnation: StreamIncarnation, pipeline: String, generation: UInt32,
        partition: UInt32
    ) {
        self.store = store
        self.incarnation = incarnation
        self.pipeline = pipeline
        self.generation = generation
        self.partition = partition
    }

    package var text: String {
        "millrace/\(store)/\(incarnation.rawValue)/\(pipeline)/\(generation)/\(partition)"
    }

    /// Reads what `text` wrote; nil for the cursor of anybody else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "millrace", parts[1].utf8.count == 32,
            let high = UInt64(parts[1].prefix(16), radix: 16),
            let low = UInt64(parts[1].suffix(16), radix: 16),
            let incarnation = UInt32(parts[2]), let generation = UInt32(parts[4]),
            let partition = UInt32(parts[5]), (try? FeedName(String(parts[3]))) != nil
        else { return nil }
        self.init(
            store: StoreID(high: high, low: low),
            incarnation: StreamIncarnation(rawValue: incarnation), pipeline: String(parts[3]),
            generation: generation, partition: partition)
        guard self.text == text else { return nil }
    }
}

/// Where the rows of one pipeline come from, as tables and file names say it.
package struct PipelineIdentity: Hashable, Sendable {
    package let store: StoreID
    package let incarnation: StreamIncarnation
    package let pipeline: String

    package init(store: StoreID, incarnation: StreamIncarnation, pipeline: String) {
        self.store = store
        self.incarnation = incarnation
        self.pipeline = pipeline
    }

    /// What stands in `_source`: with partition and offset it names an event among all gateways.
    package var source: String { "\(store):\(incarnation.rawValue)" }

    package func cursor(_ generation: UInt32, _ partition: UInt32) -> CursorName {
        CursorName(
            store: store, incarnation: incarnation, pipeline: pipeline, generation: generation,
            partition: partition)
    }

    /// The part of a data file's name by which its writer knows its own: 16 hexadecimal digits.
    package var fileLabel: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a: names apart, not a defence.
        for byte in "\(source)/\(pipeline)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
