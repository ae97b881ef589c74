internal import Bytes
internal import CSimdJSON

/// Turns bodies into tapes: with simdjson, and where that refuses, with `ExactParser`.
///
/// simdjson reads up to 64 bytes beyond a body, whatever they hold. A body behind which its buffer
/// ends is copied first, so the bytes read are always bytes of the buffer or of our own.
///
/// SAFETY (`@unchecked Sendable`): the parser has one owner, since the type cannot be copied, and
/// simdjson's parser is not tied to the thread that made it.
@safe
struct TapeParser: ~Copyable, @unchecked Sendable {
    private var handle: OpaquePointer
    private var document = unsafe csimdjson_document()
    /// The tape of the slow pass, which stands for the last body when `isExact`.
    private var exact = TapeWriter()
    private var isExact = true
    private var padded: [UInt8] = []
    private let depthMax: Int
    private let byteCountMax: Int

    /// Memory for bodies above this is given back with the next small one.
    private static let keptCapacity = 1 << 20

    init(depthMax: Int, byteCountMax: Int) {
        self.depthMax = depthMax
        self.byteCountMax = byteCountMax
        unsafe handle = Self.makeHandle(depthMax)
    }

    deinit { unsafe csimdjson_destroy(handle) }

    /// simdjson counts the level of scalars too, and lets empty brackets go one deeper.
    private static func makeHandle(_ depthMax: Int) -> OpaquePointer {
        guard let made = unsafe csimdjson_create(depthMax + 1) else {
            preconditionFailure("there is no memory for a parser")
        }
        return unsafe made
    }

    /// Parses the bytes `range` of `buffer`; `tape` is theirs afterwards.
    mutating func parse(
        _ range: Range<Int>, of buffer: RawSpan
    ) throws(QuarantineReason) {
        guard range.count <= byteCountMax else {
            throw .tooLarge(byteCount: range.count, limit: byteCountMax)
        }
        let body = Self.withoutBOM(range, of: buffer)
        giveBackMemory(for: body.count)
        isExact = false
        if parseQuickly(body, of: buffer) { return }
        try parseExactly(buffer.extracting(range))
    }

    private mutating func parseExactly(_ body: RawSpan) throws(QuarantineReason) {
        isExact = true
        var parser = ExactParser(body, depthMax: depthMax, reusing: exact)
        try parser.parse()
        exact = parser.tape
    }

    /// The tape of the body that was parsed last.
    var tape: Tape {
        @_lifetime(borrow self)
        get {
            if isExact { return Tape(words: exact.words.span, strings: exact.strings.rawSpan) }
            // SAFETY: simdjson has written `tape_count` words and owns `strings_byte_count` bytes,
            // and neither changes before the next `parse`, which needs the parser for itself.
            let words = unsafe Span(_unsafeStart: document.tape, count: document.tape_count)
            let strings = unsafe RawSpan(
                _unsafeStart: document.strings, byteCount: document.strings_byte_count)
            let tape = unsafe Tape(
                words: _overrideLifetime(words, borrowing: self),
                strings: _overrideLifetime(strings, borrowing: self))
            return unsafe _overrideLifetime(tape, borrowing: self)
        }
    }

    // MARK: Structure alone

    /// How many places there are in the body that `index` was given last.
    private var placeCount = 0
    private var places: UnsafePointer<UInt32>?

    /// Finds the structure of the bytes `range` of `buffer`. False where that is left to `parse`:
    /// behind the body the buffer ends, or something is wrong with it.
    mutating func index(_ range: Range<Int>, of buffer: RawSpan) -> Bool {
        guard range.count <= byteCountMax, buffer.byteCount - range.upperBound >= Self.padding
        else { return false }
        giveBackMemory(for: range.count)
        var found: UnsafePointer<UInt32>?
        // SAFETY: the padding can be read, and simdjson keeps the pointer only for `finish`.
        placeCount = unsafe buffer.extracting(range).withUnsafeBytes { bytes in
            unsafe csimdjson_index(handle, bytes.baseAddress, bytes.count, &found)
        }
        unsafe places = found
        return placeCount > 0
    }

    /// The body that `index` was given last, which lies in `range` of `buffer`.
    @_lifetime(copy buffer, borrow self)
    func indexed(_ range: Range<Int>, of buffer: RawSpan) -> IndexedBody {
        // SAFETY: simdjson has written `placeCount` places, and changes none before the next body.
        let places = unsafe Span(_unsafeStart: places!, count: placeCount)
        return IndexedBody(
            buffer.extracting(range.lowerBound..<range.upperBound + Self.padding),
            byteCount: range.count, places: unsafe _overrideLifetime(places, borrowing: self))
    }

    /// Parses the body that `index` was given last; `tape` is its afterwards.
    mutating func finish(_ range: Range<Int>, of buffer: RawSpan) throws(QuarantineReason) {
        var found = unsafe csimdjson_document()
        isExact = false
        // SAFETY: `index` was the last to use the parser, and the body is where it was.
        if unsafe csimdjson_finish(handle, &found) == 1 {
            unsafe document = found
        } else {
            try parseExactly(buffer.extracting(range))
        }
    }

    private static let padding = Int(CSIMDJSON_PADDING)

    // MARK: Steps

    private static func withoutBOM(_ range: Range<Int>, of buffer: RawSpan) -> Range<Int> {
        let start = range.lowerBound
        guard range.count >= 3, buffer.byte(at: start) == 0xEF,
            buffer.byte(at: start + 1) == 0xBB, buffer.byte(at: start + 2) == 0xBF
        else { return range }
        return start + 3..<range.upperBound
    }

    private mutating func giveBackMemory(for byteCount: Int) {
        guard unsafe csimdjson_capacity(handle) > Self.keptCapacity,
            byteCount < Self.keptCapacity / 8
        else { return }
        unsafe csimdjson_destroy(handle)
        unsafe handle = Self.makeHandle(depthMax)
        padded = []
        exact = TapeWriter()
    }

    private mutating func parseQuickly(_ range: Range<Int>, of buffer: RawSpan) -> Bool {
        guard buffer.byteCount - range.upperBound < Int(CSIMDJSON_PADDING) else {
            return quickly(buffer.extracting(range))
        }
        padded.removeAll(keepingCapacity: true)
        padded.append(copying: buffer.extracting(range))
        padded.append(contentsOf: repeatElement(0, count: Int(CSIMDJSON_PADDING)))
        var own: [UInt8] = []
        swap(&own, &padded)
        defer { swap(&own, &padded) }
        return quickly(own.rawSpan.extracting(0..<range.count))
    }

    /// Whether simdjson takes `body`, behind which its padding can be read.
    private mutating func quickly(_ body: RawSpan) -> Bool {
        var found = unsafe csimdjson_document()
        // SAFETY: the callers have made sure of the padding, and simdjson keeps no pointer to it.
        let isParsed = unsafe body.withUnsafeBytes { bytes in
            unsafe csimdjson_parse(handle, bytes.baseAddress, bytes.count, &found) == 1
        }
        unsafe document = found
        return isParsed
    }
}
