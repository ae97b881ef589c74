package import StreamLog
internal import StreamModel

/// The name under which a table keeps how far one partition has got into it.
///
///     millrace/<store>/<stream incarnation>/<pipeline>/<generation>/<partition>
///
/// It belongs to the identity of the data, not of the process. A new generation begins where the
/// operator has said that what was is over: the old cursors stay, and mean nothing any more.
package struct CursorName: Hashable, Sendable {
    /// The store whose events are meant.
    package let store: StoreID
    /// The stream's number in its store, which is never given again.
    package let incarnation: StreamIncarnation
    /// Its name, which is that of its feed; it has no `/`.
    package let pipeline: String
    /// Counted from 1; a rebuild, and a choice after an anomaly, begin the next.
    package let generation: UInt32
    /// From 0.
    package let partition: UInt32

    /// The cursor of one partition.
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

    /// The `appId` of a table's transaction.
    package var text: String {
        "millrace/\(store)/\(incarnation.rawValue)/\(pipeline)/\(generation)/\(partition)"
    }

    /// Reads what `text` wrote; nil for the cursor of anybody else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "millrace", let store = StoreID(String(parts[1])),
            let incarnation = UInt32(parts[2]), let generation = UInt32(parts[4]),
            let partition = UInt32(parts[5]), (try? FeedName(String(parts[3]))) != nil
        else { return nil }
        self.init(
            store: store, incarnation: StreamIncarnation(rawValue: incarnation),
            pipeline: String(parts[3]), generation: generation, partition: partition)
        guard self.text == text else { return nil }
    }
}

/// Where the rows of one pipeline come from, as tables and file names say it.
package struct PipelineIdentity: Hashable, Sendable {
    /// The store that has the stream.
    package let store: StoreID
    /// The stream's number in its store: a stream made again under its name has another.
    package let incarnation: StreamIncarnation
    /// What sets two pipelines of one stream apart.
    package let pipeline: String

    /// The identity is made of these three and nothing else: neither the host nor the path.
    package init(store: StoreID, incarnation: StreamIncarnation, pipeline: String) {
        self.store = store
        self.incarnation = incarnation
        self.pipeline = pipeline
    }

    /// What stands in `_source`: with partition and offset it names an event among all gateways.
    package var source: String { "\(store):\(incarnation.rawValue)" }

    /// Whether a cursor is one of this pipeline's, of whatever generation.
    package func owns(_ cursor: CursorName) -> Bool {
        self.cursor(cursor.generation, cursor.partition) == cursor
    }

    /// The name of one of its cursors.
    package func cursor(_ generation: UInt32, _ partition: UInt32) -> CursorName {
        CursorName(
            store: store, incarnation: incarnation, pipeline: pipeline, generation: generation,
            partition: partition)
    }

    /// A new name of our own label, so that whoever cleans up knows whose it is.
    func fileName(_ random: @Sendable () -> UInt64) -> String {
        let digits = [random(), random()].map { Self.digits($0) }.joined()
        return "part-\(fileLabel)-\(digits)-c000.zstd.parquet"
    }

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The part of a data file's name by which its writer knows its own: 16 hexadecimal digits.
    package var fileLabel: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a: names apart, not a defence.
        for byte in "\(source)/\(pipeline)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return Self.digits(hash)
    }
}
