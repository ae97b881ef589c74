/// How a Parquet file is written. The defaults are what every reader of Delta tables takes.
package struct WriterOptions: Sendable {
    /// How pages are compressed.
    package enum Codec: Hashable, Sendable {
        case uncompressed, snappy
        case zstd(level: Int32)
    }

    /// Which encodings are used.
    package enum Profile: Sendable {
        /// Dictionaries, and plain values where they do not pay.
        case standard
        /// Also differences for integers, lengths apart for strings, runs for booleans. Needs Spark
        /// 3.4 or newer.
        case compact
    }

    /// Level 1 is what the log uses, and higher ones gain little.
    package var codec: Codec = .zstd(level: 1)
    /// What every reader knows.
    package var profile = Profile.standard
    /// A page ends after the first 64 rows with which it reaches either.
    package var pageByteCount = 1 << 20
    /// The page limit in rows; the one above is in bytes before compression.
    package var pageRowCount = 20_480
    /// How many bytes of different values a column keeps in a dictionary.
    package var dictionaryBudget = 1 << 20
    /// Longer strings are cut in the statistics of the footer and the page index.
    package var boundByteCountMax = 64
    /// Names of the top-level columns that get a bloom filter.
    package var bloomFilterColumns: Set<String> = []
    /// Kept in the footer, in this order.
    package var keyValues: [(key: String, value: String)] = []

    /// The defaults.
    package init() {}
}
