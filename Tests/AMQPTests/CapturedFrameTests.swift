import AMQP
import Bytes
import Testing

@Suite("AMQP: frames of the Python SDK")
struct CapturedFrameTests {
    @Test(arguments: CapturedFrames.amqp)
    func `a captured frame is read to its end, and written as it was`(frame: String) throws {
        let raw = bytes(frame)
        let header = try #require(try FrameHeader(firstIn: raw.rawSpan, limit: 65_536))
        #expect(header.frameByteCount == raw.count)
        #expect(header.bodyOffset == 8)

        let (read, byteCount) = try performative(Array(raw[8...])).get()
        var tag: [UInt8]?
        if case .transfer(let transfer) = read, let range = transfer.tag {
            tag = Array(raw[8...])[range.lowerBound..<range.upperBound].map { $0 }
        }
        var writer = ValueWriter()
        read.write(to: &writer, tag: tag)

        // Encodings differ (`56 00` here is `42` there), so what was written is read again.
        let (again, _) = try performative(writer.bytes.bytes).get()
        #expect(again.withoutPlaces == read.withoutPlaces)
        if case .transfer = read {} else { #expect(byteCount == raw.count - 8) }
    }

    @Test(arguments: CapturedFrames.amqp)
    func `every performative is written with all its fields`(frame: String) throws {
        let (read, _) = try performative(Array(bytes(frame)[8...])).get()
        var writer = ValueWriter()
        read.write(to: &writer)

        let raw = writer.bytes.bytes
        var reader = ValueReader(raw.rawSpan)
        let code = raw[2]
        _ = try reader.descriptor()
        let fields = try reader.list()

        let counts: [UInt8: Int] = [
            0x10: 10, 0x11: 8, 0x12: 14, 0x13: 11, 0x14: 11, 0x15: 6, 0x16: 3, 0x17: 1, 0x18: 1,
        ]
        #expect(fields?.left == counts[code])
        #expect(raw.starts(with: [0x00, 0x53]))
        #expect(raw[3] == 0xC0 || raw[3] == 0xD0)
    }

    @Test
    func `the service's mechanisms are written as the service writes them`() {
        var writer = ValueWriter()
        writer.append(sasl: .mechanisms(["MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"]))

        #expect(hex(writer.bytes.bytes) == CapturedFrames.mechanisms)
    }

    @Test
    func `the filter of a receiver is found in its attachment`() throws {
        let raw = Array(bytes(CapturedFrames.receiverAttach)[8...])

        guard case .attach(let attach) = try performative(raw).get().0 else {
            Issue.record("no attachment")
            return
        }

        let name: Symbol = "apache.org:selector-filter:string"
        #expect(
            attach.source?.filter?[symbol: name]
                == .described(.symbol(name), .string("amqp.annotation.x-opt-offset > '-1'")))
        #expect(attach.desiredCapabilities.count == 2)
        #expect(attach.role == .receiver)
        #expect(attach.properties?[symbol: "com.microsoft:timeout"] == .long(0))
    }

    @Test
    func `the event of a batch is found without a copy`() throws {
        let raw = Array(bytes(CapturedFrames.batch)[8...])
        let (read, byteCount) = try performative(raw).get()
        guard case .transfer(let transfer) = read else {
            Issue.record("no transfer")
            return
        }
        let message = Array(raw[byteCount...])

        var cursor = SectionCursor(message.rawSpan)
        var events: [[UInt8]] = []
        while let section = try cursor.next() {
            #expect(section.kind == .data)
            var reader = ValueReader(message.rawSpan.extracting(section.value))
            events.append(try reader.binary() ?? [])
        }

        #expect(transfer.messageFormat == 0x8001_3700)
        #expect(events == [bytes("005375a003 616263"), bytes("005375a003 646566")])
    }
}

extension Performative {
    /// The same without the place of the tag, which depends on the encoding of what is before it.
    var withoutPlaces: Performative {
        guard case .transfer(var transfer) = self else { return self }
        transfer.tag = nil
        return .transfer(transfer)
    }
}
