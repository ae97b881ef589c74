internal import Bytes

extension PipelineCommand {
    func encode(into writer: inout ByteWriter) {
        writer.append(verb.rawValue)
        writer.append(text: pipeline)
        writer.append(mapping == nil ? 0 : 1)
        if let mapping { writer.append(prefixed: mapping) }
        writer.append(mayDiscard ? 1 : 0)
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        let start = reader.position
        guard let verb = Verb(rawValue: try reader.byte()) else { throw .badValue(position: start) }
        let pipeline = try reader.text()
        let mapping = try reader.flag() ? try reader.array(try reader.length()) : nil
        self.init(verb, pipeline, mapping: mapping, mayDiscard: try reader.flag())
    }
}

extension PipelineReport {
    func encode(into writer: inout ByteWriter) {
        for text in [name, stream, root, state, text] { writer.append(text: text) }
        writer.append(optionalText: cause)
        writer.append(partitions) { partition, writer in
            writer.append(varint: UInt64(partition.index))
            writer.append(zigzag: partition.position)
            writer.append(zigzag: partition.end)
            writer.append(optional: partition.waitingSince)
        }
        writer.append(figures)
        writer.append(progress == nil ? 0 : 1)
        if let progress {
            writer.append(zigzag: progress.done)
            writer.append(zigzag: progress.all)
        }
        writer.append(order == nil ? 0 : 1)
        if let order {
            writer.append(varint: order.serial)
            writer.append(order.isDone ? 1 : 0)
            writer.append(order.figures)
            writer.append(optionalText: order.failure)
        }
        writer.append(notices) { notice, writer in writer.append(text: notice) }
    }

    init(_ reader: inout ByteReader) throws(DecodeError) {
        var texts: [String] = []
        for _ in 0..<5 { texts.append(try reader.text()) }
        let cause = try reader.optionalText()
        let partitions = try reader.list { reader throws(DecodeError) in
            Partition(
                index: UInt32(try reader.number(atMost: Int(UInt32.max))),
                position: try reader.zigzag(), end: try reader.zigzag(),
                waitingSince: try reader.optional())
        }
        let figures = try reader.figures()
        var progress: Progress?
        if try reader.flag() {
            progress = Progress(done: try reader.zigzag(), all: try reader.zigzag())
        }
        var order: Order?
        if try reader.flag() {
            order = Order(
                serial: try reader.varint(), isDone: try reader.flag(),
                figures: try reader.figures(), failure: try reader.optionalText())
        }
        self.init(
            name: texts[0], stream: texts[1], root: texts[2], state: texts[3], cause: cause,
            text: texts[4], partitions: partitions, figures: figures, progress: progress,
            order: order,
            notices: try reader.list { reader throws(DecodeError) in try reader.text() })
    }
}

extension ByteWriter {
    /// A zero, or a one and the text.
    mutating func append(optionalText text: String?) {
        append(text == nil ? 0 : 1)
        if let text { append(text: text) }
    }

    mutating func append(_ figures: [StoreStatistics.Figure]) {
        append(figures) { figure, writer in
            writer.append(text: figure.name)
            writer.append(zigzag: figure.value)
        }
    }
}

extension ByteReader {
    mutating func optionalText() throws(DecodeError) -> String? { try flag() ? try text() : nil }

    mutating func figures() throws(DecodeError) -> [StoreStatistics.Figure] {
        try list { reader throws(DecodeError) in
            StoreStatistics.Figure(name: try reader.text(), value: try reader.zigzag())
        }
    }
}
