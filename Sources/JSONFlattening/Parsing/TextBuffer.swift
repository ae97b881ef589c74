internal import Bytes

/// Takes bytes of text one piece after another; keeps its memory when it is emptied.
///
/// A piece costs a comparison and a copy, without a call: a document's nested arrays are written
/// byte by byte.
///
/// SAFETY (`@unchecked Sendable`): the memory has one owner, since the type cannot be copied.
@safe
struct TextBuffer: ~Copyable, @unchecked Sendable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity = 256
    private(set) var count = 0

    init() { unsafe start = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity) }

    deinit { unsafe start.deallocate() }

    /// What was appended.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // SAFETY: the first `count` bytes are initialised, and stay in place while `self` is
            // borrowed.
            unsafe _overrideLifetime(
                RawSpan(_unsafeStart: start, byteCount: count), borrowing: self)
        }
    }

    var array: [UInt8] { [UInt8](copying: bytes) }

    /// The byte appended last; zero when there is none.
    var last: UInt8 {
        // SAFETY: there are `count` bytes.
        count == 0 ? 0 : unsafe start[count - 1]
    }

    mutating func removeAll() { count = 0 }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        // SAFETY: the line above has made room.
        unsafe start[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(copying source: RawSpan) {
        let more = source.byteCount
        if capacity &- count < more { grow(by: more) }
        // SAFETY: there is room for `more` bytes, and `source` has as many.
        unsafe source.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress {
                unsafe UnsafeMutableRawPointer(start + count).copyMemory(
                    from: base, byteCount: more)
            }
        }
        count &+= more
    }

    mutating func append(utf8 text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// Turns the bytes from `position` on around.
    mutating func reverse(from position: Int) {
        precondition(position >= 0 && position <= count, "there is no byte \(position)")
        var low = position
        var high = count - 1
        while low < high {
            // SAFETY: both lie below `count`.
            unsafe swap(&start[low], &start[high])
            low += 1
            high -= 1
        }
    }

    private mutating func grow(by more: Int) {
        let grown = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: grown)
        // SAFETY: both have room for the `count` bytes that are initialised.
        unsafe moved.update(from: start, count: count)
        unsafe start.deallocate()
        unsafe start = moved
        capacity = grown
    }
}
