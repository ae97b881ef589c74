/// A count that goes round after 2^32 (RFC 1982): transfers, deliveries.
///
/// Two of them can be compared only while they are less than 2^31 apart, which windows see to.
package struct SerialNumber: Hashable, Sendable {
    /// The number as it is sent.
    package var rawValue: UInt32

    /// The number with this value.
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// The number so much later.
    package func advanced(by count: UInt32) -> SerialNumber { SerialNumber(rawValue &+ count) }

    /// How much later this is than `other`; less than 0 if it is earlier.
    package func distance(since other: SerialNumber) -> Int {
        Int(Int32(bitPattern: rawValue &- other.rawValue))
    }

    mutating func advance() { rawValue &+= 1 }
}
