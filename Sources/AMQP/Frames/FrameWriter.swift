internal import Bytes

extension ValueWriter {
    /// A frame whose body is being appended.
    struct OpenFrame {
        let start: Int
    }

    /// Appends the head of a frame, whose size `endFrame` puts in its place.
    mutating func beginFrame(_ kind: FrameHeader.Kind, channel: UInt16) -> OpenFrame {
        let start = count
        bytes.append(bigEndian: UInt32(0))
        bytes.append(bigEndian: UInt32(2) << 24 | UInt32(kind.rawValue) << 16 | UInt32(channel))
        return OpenFrame(start: start)
    }

    /// Ends a frame. Returns the bytes it takes.
    @discardableResult
    mutating func endFrame(_ frame: OpenFrame) -> Int {
        let byteCount = count - frame.start
        precondition(byteCount <= UInt32.max, "\(byteCount) bytes are no frame")
        bytes.replace(at: frame.start, bigEndian: UInt32(byteCount))
        return byteCount
    }

    /// Appends a whole frame with this performative and nothing behind it.
    package mutating func append(frame performative: Performative, channel: UInt16) {
        let frame = beginFrame(.amqp, channel: channel)
        performative.write(to: &self)
        endFrame(frame)
    }

    /// Appends a whole frame of the SASL layer.
    package mutating func append(sasl frame: SASLFrame) {
        let open = beginFrame(.sasl, channel: 0)
        frame.write(to: &self)
        endFrame(open)
    }

    /// Appends a frame without a body, which says only that this end is alive.
    package mutating func appendEmptyFrame() { endFrame(beginFrame(.amqp, channel: 0)) }
}
