import Bytes

/// What came of reading some bytes. A reader itself cannot be captured by `#expect`.
struct Reading<Value> {
    /// What was read, or `nil` if that failed.
    private(set) var value: Value?
    private(set) var error: DecodeError?
    let position: Int
    let remaining: Int

    init(_ bytes: [UInt8], _ read: (inout ByteReader) throws(DecodeError) -> Value) {
        var reader = ByteReader(bytes.rawSpan)
        do {
            value = try read(&reader)
        } catch {
            self.error = error
        }
        position = reader.position
        remaining = reader.remaining
    }
}
