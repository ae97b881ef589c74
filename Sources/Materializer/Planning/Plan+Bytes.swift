internal import Bytes
internal import DeltaTable

extension Plan {
    func encode(into writer: inout ByteWriter) {
        writer.append(varint: serial)
        writer.append(list: ranges) { writer, range in
            writer.append(varint: UInt64(range.partition))
            writer.append(natural: range.offsets.lowerBound)
            writer.append(natural: range.offsets.upperBound)
        }
        writer.append(list: commits) { $1.encode(into: &$0) }
        counts.encode(into: &writer)
        writer.append(newestAppend) { $0.append(zigzag: $1) }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        serial = try reader.varint()
        let start = reader.position
        ranges = try reader.list { (reader) throws(DecodeError) in try PartitionRange(&reader) }
        guard zip(ranges, ranges.dropFirst()).allSatisfy({ $0.partition < $1.partition }) else {
            throw .badValue(position: start)
        }
        commits = try reader.list { (reader) throws(DecodeError) in try PlannedCommit(&reader) }
        guard zip(commits, commits.dropFirst()).allSatisfy({ Plan.order($0.table, $1.table) })
        else { throw .badValue(position: start) }
        counts = try EventTally(&reader)
        newestAppend = try reader.optional { (reader) throws(DecodeError) in try reader.zigzag() }
    }
}

extension PartitionRange {
    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        let partition = try reader.varint()
        let lower = try reader.natural()
        let upper = try reader.natural()
        guard let index = UInt32(exactly: partition), index < 1024, lower < upper else {
            throw .badValue(position: start)
        }
        self.init(index, lower..<upper)
    }
}

extension PlannedCommit {
    fileprivate func encode(into writer: inout ByteWriter) {
        table.encode(into: &writer)
        writer.append(natural: rowCount)
        writer.append(list: files) { writer, file in
            writer.append(text: file.path)
            writer.append(list: file.partitionValues.sorted { $0.key < $1.key }) { writer, value in
                writer.append(text: value.key)
                writer.append(value.value) { $0.append(text: $1) }
            }
            writer.append(natural: file.byteCount)
            writer.append(zigzag: file.modificationTime)
            writer.append(file.statistics) { $0.append(text: $1) }
        }
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        table = try TableName(&reader)
        rowCount = try reader.natural()
        files = try reader.list { (reader) throws(DecodeError) in
            let path = try reader.text()
            let values = try reader.list { (reader) throws(DecodeError) in
                (
                    key: try reader.text(),
                    value: try reader.optional { (reader) throws(DecodeError) in
                        try reader.text()
                    }
                )
            }
            let byteCount = try reader.natural()
            let time = try reader.zigzag()
            let statistics = try reader.optional { (reader) throws(DecodeError) in
                try reader.text()
            }
            return AddFile(
                path: path,
                partitionValues: Dictionary(
                    values.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }),
                byteCount: byteCount, modificationTime: time, statistics: statistics)
        }
    }
}

extension EventTally {
    fileprivate func encode(into writer: inout ByteWriter) {
        for count in [events, rescued, quarantined, missing] { writer.append(natural: count) }
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        self.init(
            events: try reader.natural(), rescued: try reader.natural(),
            quarantined: try reader.natural(), missing: try reader.natural())
    }
}

extension TableName {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .quarantine: writer.append(0)
        case .parent: writer.append(1)
        case .child(let name):
            writer.append(2)
            writer.append(text: name)
        }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        switch try reader.byte() {
        case 0: self = .quarantine
        case 1: self = .parent
        case 2:
            let name = try reader.text()
            guard !name.isEmpty, name != "quarantine" else { throw .badValue(position: start) }
            self = .child(name)
        default: throw .badValue(position: start)
        }
    }
}
