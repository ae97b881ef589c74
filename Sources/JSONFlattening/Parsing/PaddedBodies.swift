internal import Bytes

/// Many bodies behind one another in one buffer, so that each serves as padding of the one before.
///
/// For callers whose bodies do not lie in a buffer already. Nothing is allocated for a body once
/// the buffer has grown.
package struct PaddedBodies: Sendable {
    private var bytes: [UInt8] = []
    /// Where each body lies in `buffer`.
    package private(set) var ranges: [Range<Int>] = []
    private var isSealed = false

    /// How many readable bytes have to follow a body.
    package static let padding = 64

    /// No bodies.
    package init() {}

    /// Takes in a copy of one more body.
    package mutating func append(_ body: RawSpan) {
        unseal()
        let start = bytes.count
        bytes.append(copying: body)
        ranges.append(start..<bytes.count)
    }

    /// Puts the padding behind the last body. Idempotent; `append` takes it away again.
    package mutating func seal() {
        guard !isSealed else { return }
        bytes.append(contentsOf: repeatElement(0, count: Self.padding))
        isSealed = true
    }

    /// Forgets the bodies and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        isSealed = false
    }

    /// The bodies, and behind the last one its padding when they are sealed.
    package var buffer: RawSpan {
        @_lifetime(borrow self)
        get { bytes.rawSpan }
    }

    private mutating func unseal() {
        guard isSealed else { return }
        bytes.removeLast(Self.padding)
        isSealed = false
    }
}
