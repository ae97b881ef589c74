internal import Bytes
internal import DeltaTable

extension FeedMemory {
    /// The record that `Format.md` calls memory, its checksum included.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(varint: UInt64(generation))
        writer.append(prefixed: mapping)
        writer.append(list: growth) { writer, entry in
            writer.append(prefixed: entry.change)
            writer.append(list: entry.starts) { $0.append(natural: $1) }
        }
        writer.append(rebuild) { $1.encode(into: &$0) }
        writer.append(configured) { $0.append(prefixed: $1) }
        return RecordEnvelope.wrap(.memory, writer.bytes)
    }

    /// Reads what `encoded` wrote. A byte too few, too many or changed is an error.
    package init(decoding bytes: [UInt8]) throws(RecordError) {
        let body = try RecordEnvelope.unwrap(.memory, bytes)
        var reader = ByteReader(body.rawSpan)
        do throws(DecodeError) {
            let generation = try reader.generation()
            let mapping = try reader.prefixed()
            let growth = try reader.list { (reader) throws(DecodeError) in
                GrowthEntry(
                    change: try reader.prefixed(),
                    starts: try reader.list { (reader) throws(DecodeError) in
                        try reader.natural()
                    })
            }
            let rebuild = try reader.optional { (reader) throws(DecodeError) in
                try RebuildIntent(&reader)
            }
            let configured = try reader.optional { (reader) throws(DecodeError) in
                try reader.prefixed()
            }
            guard reader.isAtEnd else { throw .badLength(position: reader.position) }
            self.init(generation: generation, mapping: mapping, growth: growth)
            self.rebuild = rebuild
            self.configured = configured
        } catch { throw .malformed(error) }
    }
}

extension RebuildIntent {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.append(varint: UInt64(generation))
        writer.append(prefixed: mapping)
        writer.append(ranges: bounds)
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        self.init(
            generation: try reader.generation(), mapping: try reader.prefixed(),
            bounds: try reader.ranges())
    }
}

extension FeedProgress {
    /// The record that `Format.md` calls progress, its checksum included.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(list: tables) { $1.encode(into: &$0) }
        writer.append(flag: isPlanDone)
        writer.append(plan) { $1.encode(into: &$0) }
        return RecordEnvelope.wrap(.progress, writer.bytes)
    }

    /// Reads what `encoded` wrote. A plan that is not done has to be there.
    package init(decoding bytes: [UInt8]) throws(RecordError) {
        let body = try RecordEnvelope.unwrap(.progress, bytes)
        var reader = ByteReader(body.rawSpan)
        do throws(DecodeError) {
            let tables = try reader.list { (reader) throws(DecodeError) in
                try TableMemory(&reader)
            }
            let isPlanDone = try reader.flag()
            let plan = try reader.optional { (reader) throws(DecodeError) in try Plan(&reader) }
            guard reader.isAtEnd, isPlanDone || plan != nil else {
                throw .badLength(position: reader.position)
            }
            self.init(tables: tables, plan: plan, isPlanDone: isPlanDone)
        } catch { throw .malformed(error) }
    }
}

extension TableMemory {
    fileprivate func encode(into writer: inout ByteWriter) {
        table.encode(into: &writer)
        writer.append(text: position.tableID)
        writer.append(natural: position.version)
        writer.append(position.transactionID) { $0.append(text: $1) }
        writer.append(list: reached) { writer, offset in
            // One more than the offset, so that none is zero.
            writer.append(varint: offset.map { UInt64(max(0, $0)) + 1 } ?? 0)
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let table = try TableName(&reader)
        let position = TablePosition(
            tableID: try reader.text(), version: try reader.natural(),
            transactionID: try reader.optional { (reader) throws(DecodeError) in
                try reader.text()
            })
        let reached = try reader.list { (reader) throws(DecodeError) -> Int64? in
            let stored = try reader.natural()
            return stored == 0 ? nil : stored - 1
        }
        self.init(table: table, position: position, reached: reached)
    }
}
