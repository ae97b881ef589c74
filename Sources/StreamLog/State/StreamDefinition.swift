internal import Bytes
public import StreamModel

/// What a stream was created or configured with.
public struct StreamDefinition: Equatable, Sendable {
    /// Which creation of the name it is.
    public let incarnation: StreamIncarnation
    /// Unique among the streams there are.
    public let name: StreamName
    /// 1 to 1024. It can grow, never shrink.
    public internal(set) var partitionCount: Int
    /// What was chosen last.
    public internal(set) var configuration: StreamConfiguration
    /// Milliseconds since 1970, UTC.
    public let createdAt: Int64

    /// A definition; its numbers have been checked by whoever makes it.
    package init(
        incarnation: StreamIncarnation, name: StreamName, partitionCount: Int,
        configuration: StreamConfiguration, createdAt: Int64
    ) {
        self.incarnation = incarnation
        self.name = name
        self.partitionCount = partitionCount
        self.configuration = configuration
        self.createdAt = createdAt
    }

    func encode(into writer: inout ByteWriter) {
        writer.append(varint: UInt64(incarnation.rawValue))
        writer.append(prefixed: name.text.utf8)
        writer.append(varint: partitionCount)
        writer.append(zigzag: createdAt)
        writer.append(configuration.compression.rawValue)
        writer.append(varint: UInt64(max(0, configuration.createTimeDistanceMax)))
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        incarnation = try reader.incarnation()
        let start = reader.position
        guard let name = try? StreamName(try reader.text()) else {
            throw .badValue(position: start)
        }
        self.name = name
        let count = try reader.varint()
        guard (1...UInt64(LogLimits.partitionCountMax)).contains(count) else {
            throw .badValue(position: start)
        }
        partitionCount = Int(count)
        createdAt = try reader.zigzag()
        guard let compression = StreamConfiguration.Compression(rawValue: try reader.byte()) else {
            throw .badValue(position: start)
        }
        configuration = StreamConfiguration(
            compression: compression, createTimeDistanceMax: try reader.offset())
    }
}

/// What can be chosen for a stream, and changed later.
public struct StreamConfiguration: Equatable, Sendable {
    /// How batches that Millrace makes are stored. Batches of others are stored as they came.
    public enum Compression: UInt8, Sendable, CaseIterable {
        case none = 0
        /// Used for a batch only where it makes the batch smaller.
        case zstd = 4
    }

    /// How batches that Millrace makes are stored. Default: zstd.
    public var compression: Compression
    /// A create time further from its append time than this many milliseconds is kept, but a search
    /// by create time goes by the append time instead. Default: seven days.
    public var createTimeDistanceMax: Int64

    /// A configuration with the defaults, but for what is named.
    public init(compression: Compression = .zstd, createTimeDistanceMax: Int64 = 7 * 86_400_000) {
        self.compression = compression
        self.createTimeDistanceMax = createTimeDistanceMax
    }

    /// The same within what can be stored.
    var bounded: StreamConfiguration {
        StreamConfiguration(
            compression: compression,
            createTimeDistanceMax: min(max(0, createTimeDistanceMax), LogLimits.offsetMax))
    }
}
