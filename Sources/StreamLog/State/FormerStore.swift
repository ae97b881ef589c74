internal import Bytes

/// Which store the older segments of a clone were written by.
///
/// A clone gets an id of its own, and the segments that it was made of keep the old one. They are
/// told from those of any other store by this.
struct FormerStore: Equatable, Sendable {
    let store: StoreID
    /// The last segment of it.
    let lastSegment: UInt64

    init(_ store: StoreID, through lastSegment: UInt64) {
        self.store = store
        self.lastSegment = lastSegment
    }

    func encode(into writer: inout ByteWriter) {
        writer.append(bigEndian: store.high)
        writer.append(bigEndian: store.low)
        writer.append(varint: lastSegment)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        store = StoreID(high: try reader.integer(), low: try reader.integer())
        lastSegment = try reader.varint()
    }
}

/// The ids that the segments of a store have, from the oldest to the newest.
struct StoreLineage: Equatable, Sendable {
    let current: StoreID
    /// In the order of their segments.
    let former: [FormerStore]

    /// The id that a segment's header has to name.
    func store(of segment: UInt64) -> StoreID {
        former.first { segment <= $0.lastSegment }?.store ?? current
    }
}
