import Glibc
import StreamLog

/// What the workload announced and what was acknowledged, a line each, in the order it happened.
///
/// FaultShim turns every line into a mark between the calls it records.
final class Journal: Sendable {
    private let descriptor: Int32

    init(_ path: String) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        if descriptor < 0 { stop("cannot open \(path)") }
    }

    func note(_ entry: Entry) { put(entry.line + "\n", to: descriptor) }
}

/// A line of the journal. The words in `-ing` come before a commit is handed over.
enum Entry {
    case created(PartitionID)
    case deleting(PartitionID)
    case deleted(PartitionID)
    case sending(PartitionID, BatchName, Numbering?)
    case appended(PartitionID, BatchName, Numbering?, base: Int64)
    case placing(PartitionID, offset: Int64)
    case placed(PartitionID, offset: Int64)
    /// Everything before this offset could be read, or was acknowledged.
    case seen(PartitionID, end: Int64)
    /// Everything before this offset was in the tables.
    case landed(PartitionID, end: Int64)
    /// The operation that a command was to carry out has been, for everything before this offset.
    case operated(PartitionID, end: Int64)
    /// At the very end: where the partition began.
    case began(PartitionID, offset: Int64)

    struct Numbering {
        let id: Int64
        let epoch: Int16
        let sequence: Int32
    }

    var line: String {
        switch self {
        case .created(let id): "created \(id.text)"
        case .deleting(let id): "deleting \(id.text)"
        case .deleted(let id): "deleted \(id.text)"
        case .sending(let id, let name, let numbering):
            "sending \(id.text) \(name)\(numbering.text)"
        case .appended(let id, let name, let numbering, let base):
            "appended \(id.text) \(base) \(name)\(numbering.text)"
        case .placing(let id, let offset): "placing \(id.text) \(offset)"
        case .placed(let id, let offset): "placed \(id.text) \(offset)"
        case .seen(let id, let end): "seen \(id.text) \(end)"
        case .landed(let id, let end): "landed \(id.text) \(end)"
        case .operated(let id, let end): "operated \(id.text) \(end)"
        case .began(let id, let offset): "began \(id.text) \(offset)"
        }
    }

    init?(line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard words.count >= 3, let incarnation = UInt32(words[1]), let index = UInt32(words[2])
        else { return nil }
        let id = PartitionID(StreamIncarnation(rawValue: incarnation), index)
        let number = words.count > 3 ? Int64(words[3]) : nil
        switch (words[0], number) {
        case ("created", _): self = .created(id)
        case ("deleting", _): self = .deleting(id)
        case ("deleted", _): self = .deleted(id)
        case ("sending", _):
            guard words.count > 3, let name = BatchName(words[3]) else { return nil }
            self = .sending(id, name, Numbering(words.dropFirst(4)))
        case ("appended", let base?):
            guard words.count > 4, let name = BatchName(words[4]) else { return nil }
            self = .appended(id, name, Numbering(words.dropFirst(5)), base: base)
        case ("placing", let offset?): self = .placing(id, offset: offset)
        case ("placed", let offset?): self = .placed(id, offset: offset)
        case ("seen", let end?): self = .seen(id, end: end)
        case ("landed", let end?): self = .landed(id, end: end)
        case ("operated", let end?): self = .operated(id, end: end)
        case ("began", let offset?): self = .began(id, offset: offset)
        default: return nil
        }
    }
}

extension Entry.Numbering {
    init?(_ words: some Collection<some StringProtocol>) {
        let numbers = words.compactMap { Int64($0) }
        guard numbers.count == 3 else { return nil }
        self.init(
            id: numbers[0], epoch: Int16(clamping: numbers[1]),
            sequence: Int32(clamping: numbers[2]))
    }
}

extension Entry.Numbering? {
    fileprivate var text: String {
        map { " \($0.id) \($0.epoch) \($0.sequence)" } ?? ""
    }
}

extension PartitionID {
    var text: String { "\(incarnation.rawValue) \(index)" }
}

/// Writes text with as few calls as it takes: for the journal exactly one a line.
func put(_ text: String, to descriptor: Int32) {
    var text = text
    let whole = text.withUTF8 { bytes in
        unsafe write(descriptor, bytes.baseAddress, bytes.count) == bytes.count
    }
    if !whole { stop("cannot write") }
}

func stop(_ message: String) -> Never {
    var text = message + "\n"
    text.withUTF8 { utf8 in _ = unsafe write(STDERR_FILENO, utf8.baseAddress, utf8.count) }
    exit(1)
}
