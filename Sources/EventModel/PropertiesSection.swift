internal import AMQP
internal import Bytes
internal import StreamModel

/// Writes a section of application properties whose values are encoded already.
struct PropertiesSection {
    /// Whether the map has the long form, whatever its size.
    let isWide: Bool

    func append(_ headers: [Record.Header], to writer: inout ValueWriter) {
        var content = ValueWriter()
        for header in headers {
            content.append(string: header.name)
            if let value = header.value {
                content.bytes.append(value)
            } else {
                content.appendNull()
            }
        }
        append(content, count: headers.count, to: &writer)
    }

    /// Appends the section around pairs that have been written.
    func append(_ content: ValueWriter, count: Int, to writer: inout ValueWriter) {
        writer.append(descriptor: MessageSection.Kind.applicationProperties.rawValue)
        let elements = count * 2
        if isWide || content.count >= 0xFF || elements > 0xFF {
            writer.bytes.append(FormatCode.map32.rawValue)
            writer.bytes.append(bigEndian: UInt32(truncatingIfNeeded: content.count + 4))
            writer.bytes.append(bigEndian: UInt32(truncatingIfNeeded: elements))
        } else {
            writer.bytes.append(FormatCode.map8.rawValue)
            writer.bytes.append(UInt8(truncatingIfNeeded: content.count + 1))
            writer.bytes.append(UInt8(truncatingIfNeeded: elements))
        }
        writer.bytes.append(content.bytes.bytes)
    }
}
