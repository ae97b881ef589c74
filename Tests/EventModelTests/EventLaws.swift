import AMQP
import Bytes
import StreamModel
import TestKit
import Testing

@testable import EventModel

struct EventLaws {
    /// Stores a message as one record, and reads it back from the batch.
    func stored(_ message: [UInt8], format: UInt32 = 0) throws -> [StoredRecord] {
        var builder = RecordBatchBuilder()
        let incoming = try IncomingMessage(message.rawSpan, format: format)
        try incoming.append(
            eventsOf: message.rawSpan, to: &builder, receivedAt: Timestamp(milliseconds: 5))
        return try builder.finish().records()
    }

    func original(_ record: Record) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        try builder.append(record)
        let batch = try builder.finish().decoded()
        var cursor = batch.cursor()
        guard let view = try cursor.next() else { return [] }
        var writer = ValueWriter()
        StoredEvent(view).appendOriginal(to: &writer)
        return writer.bytes.bytes
    }

    func delivered(_ record: Record, news: PartitionNews? = nil) throws -> AMQPMessage {
        var builder = RecordBatchBuilder()
        try builder.append(record)
        let batch = try builder.finish().decoded()
        var cursor = batch.cursor()
        guard let view = try cursor.next() else { return AMQPMessage() }
        var writer = ValueWriter()
        StoredEvent(view).append(
            at: EventPlace(offset: Offset(unchecked: 17), enqueuedTime: 99), news: news,
            to: &writer)
        return try AMQPMessage(writer.bytes.bytes.rawSpan)
    }

    @Test(arguments: 0..<8) func `a message comes back byte for byte`(seed: UInt64) throws {
        var generator = MessageGenerator(seed: seed)
        for _ in 0..<250 {
            let message = generator.message()

            let records = try stored(message)

            #expect(records.count == 1)
            #expect(try original(records[0].record) == message)
        }
    }

    @Test(arguments: 0..<4) func `every event of a batch comes back byte for byte`(
        seed: UInt64
    ) throws {
        var generator = MessageGenerator(seed: 100 + seed)
        for _ in 0..<50 {
            let messages = (0..<5).map { _ in generator.message() }
            var batch: [UInt8] = []
            for message in messages {
                batch += [0, 0x53, 0x75, 0xB0, 0, 0]
                batch += [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
            }

            let records = try stored(batch, format: IncomingMessage.batchFormat)

            #expect(try records.map { try original($0.record) } == messages)
        }
    }

    @Test(arguments: 0..<4) func `delivery adds the place and changes nothing else`(
        seed: UInt64
    ) throws {
        var generator = MessageGenerator(seed: 200 + seed)
        for _ in 0..<100 {
            let message = generator.message()
            let sent = try AMQPMessage(message.rawSpan)

            let record = try stored(message)[0].record
            var got = try delivered(record)

            let place: [AMQPMap.Pair] = [
                .init(.symbol("x-opt-sequence-number"), .long(17)),
                .init(.symbol("x-opt-offset"), .string("17")),
                .init(.symbol("x-opt-enqueued-time"), .timestamp(99)),
            ]
            let annotations = got.messageAnnotations?.pairs ?? []
            #expect(annotations == (sent.messageAnnotations?.pairs ?? []) + place)
            got.messageAnnotations = sent.messageAnnotations
            #expect(got.bytes == sent.bytes)
        }
    }

    @Test func `any part of a message is refused or kept, and never traps`() throws {
        var generator = MessageGenerator(seed: 300)
        for _ in 0..<40 {
            let message = generator.message()
            for count in 0..<message.count {
                let part = Array(message[..<count])
                guard let records = try? stored(part) else { continue }
                #expect(try original(records[0].record) == part)
            }
            for place in message.indices {
                var changed = message
                changed[place] ^= 1 << UInt8(place % 8)
                guard let records = try? stored(changed) else { continue }
                #expect(try original(records[0].record) == changed)
                _ = try? delivered(records[0].record)
            }
        }
    }
}

extension AMQPMessage {
    /// Compared as bytes: a NaN among the values is not equal to itself.
    var bytes: [UInt8] {
        var writer = ValueWriter()
        write(to: &writer)
        return writer.bytes.bytes
    }
}
