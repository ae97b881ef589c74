internal import Bytes
internal import Columns
internal import DeltaTable

/// Which events a round of redriving lands, and by which commits, under which columns.
struct RedriveRecord: Equatable, Sendable {
    struct Identity: Hashable, Sendable {
        let partition: Int32
        let offset: Int64
    }

    let plan: Plan
    let landed: [Identity]
    /// In its canonical form.
    let mapping: [UInt8]
    /// The columns that were inferred: a `SchemaChange` in its encoded form.
    let columns: [UInt8]

    init(plan: Plan, landed: [Identity], mapping: [UInt8], columns: [UInt8]) {
        self.plan = plan
        self.landed = landed
        self.mapping = mapping
        self.columns = columns
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        plan.encode(into: &writer)
        writer.append(list: landed) { writer, identity in
            writer.append(natural: Int64(identity.partition))
            writer.append(natural: identity.offset)
        }
        writer.append(prefixed: mapping)
        writer.append(prefixed: columns)
        return RecordEnvelope.wrap(.redrive, writer.bytes)
    }

    init(decoding bytes: [UInt8]) throws(RecordError) {
        let body = try RecordEnvelope.unwrap(.redrive, bytes)
        var reader = ByteReader(body.rawSpan)
        do throws(DecodeError) {
            plan = try Plan(&reader)
            landed = try reader.list { (reader) throws(DecodeError) in
                let start = reader.position
                guard let partition = Int32(exactly: try reader.natural()) else {
                    throw .badValue(position: start)
                }
                return Identity(partition: partition, offset: try reader.natural())
            }
            mapping = try reader.prefixed()
            columns = try reader.prefixed()
            guard reader.isAtEnd else { throw .badLength(position: reader.position) }
        } catch { throw .malformed(error) }
    }
}

extension RedriveRecord.Identity {
    /// Who a row is, by its first three columns; nil for one of another source, or of nobody.
    init?(_ values: [ColumnValue], of source: String) {
        guard values.count >= 3, values[0].text == source,
            let partition = values[1].integer.flatMap({ Int32(exactly: $0) }),
            let offset = values[2].integer
        else { return nil }
        self.init(partition: partition, offset: offset)
    }
}
