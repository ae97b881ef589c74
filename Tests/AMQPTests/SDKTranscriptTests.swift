import AMQP
import Bytes
import Testing

@Suite("ConnectionEngine: transcripts of SDKs")
struct SDKTranscriptTests {
    private func server(for client: [String], pieces: Int = .max) -> Shell {
        var configuration = EngineConfiguration(containerID: "server")
        configuration.mechanisms = ["MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"]
        var server = Shell(.server, configuration)
        for line in client { server.receive(bytes(line), pieces: pieces) }
        return server
    }

    @Test(arguments: SDKTranscripts.all.keys.sorted(), [1, 13, Int.max])
    func `a client of an SDK gets all its links, however its bytes are cut`(
        sdk: String, pieces: Int
    ) throws {
        let transcript = try #require(SDKTranscripts.all[sdk])
        let server = server(for: transcript, pieces: pieces)

        let attachments = server.events.compactMap { event -> Attach? in
            if case .attached(_, let attach) = event { attach } else { nil }
        }
        #expect(server.closings.isEmpty)
        #expect(server.detachments.isEmpty)
        #expect(attachments.count == 4)
        #expect(attachments[0].target?.address == "$cbs")
        #expect(attachments[1].source?.address == "$cbs")
        #expect(attachments[2].target?.address?.hasSuffix("hub") == true)
        #expect(attachments[3].source?.address?.hasSuffix("Partitions/0") == true)
        let filter = try #require(attachments[3].source?.filter?.pairs.first)
        #expect(filter.key == .symbol("apache.org:selector-filter:string"))
        guard case .described(_, .string("amqp.annotation.x-opt-offset > '-1'")) = filter.value
        else { throw Unexpected() }
    }

    @Test(arguments: SDKTranscripts.all.keys.sorted())
    func `a token and a batch arrive whole, and are settled where that is waited for`(
        sdk: String
    ) throws {
        var server = server(for: try #require(SDKTranscripts.all[sdk]))
        #expect(server.messages.count == 2)
        let (token, request) = server.messages[0]
        let (batch, events) = server.messages[1]

        let message = try AMQPMessage(request.rawSpan)
        #expect(message.applicationProperties?[string: "operation"] == .string("put-token"))
        // The answer has to name the request by an identifier of the same type.
        let id = message.properties?.messageID
        #expect(sdk == "java" ? id == .ulong(1) : id?.text != nil)
        #expect(token.isSettled == (sdk == "dotNet"))
        #expect(batch.messageFormat == 0x8001_3700)
        #expect(try dataSections(events) == [bytes("005375a0024142"), bytes("005375a00143")])

        _ = server.engine.takeOutput()
        server.engine.settle(batch.id, .accepted)
        let answer = try Shell.frames(server.engine.takeOutput())
        guard case .disposition(let told) = answer.first?.performative else { throw Unexpected() }
        #expect(told.isSettled && told.state == .accepted && told.role == .receiver)
        #expect(told.first == batch.id.number && told.last == batch.id.number)
    }

    @Test(arguments: SDKTranscripts.all.keys.sorted())
    func `an event goes out on the credit that a client gave`(sdk: String) throws {
        var server = server(for: try #require(SDKTranscripts.all[sdk]))
        let link = server.links[3]
        _ = server.engine.takeOutput()

        #expect(server.engine.sendCapacity(of: link) >= 300)
        server.engine.send(on: link, isSettled: true) { $0.bytes.append(bytes("005375a00141")) }
        if server.engine.isDraining(link) { server.engine.finishDraining(link) }
        let frames = try Shell.frames(server.engine.takeOutput())

        guard case .transfer(let transfer) = frames.first?.performative else { throw Unexpected() }
        #expect(transfer.isSettled == true && !transfer.hasMore && transfer.messageFormat == 0)
        #expect(frames[0].channel == 1)
        #expect(frames[0].payload == bytes("005375a00141"))
        // rhea asks for the rest of its credit back.
        guard sdk == "javaScript" else { return #expect(frames.count == 1) }
        guard case .flow(let flow) = frames.last?.performative else { throw Unexpected() }
        #expect(flow.credit == 0 && flow.deliveryCount == 300 && flow.isDraining)
    }

    private func dataSections(_ message: [UInt8]) throws -> [[UInt8]] {
        let span = message.rawSpan
        var cursor = SectionCursor(span)
        var sections: [[UInt8]] = []
        while let section = try cursor.next() {
            guard section.kind == .data else { continue }
            var reader = ValueReader(span.extracting(section.value))
            sections.append(try reader.binary() ?? [])
        }
        return sections
    }
}
