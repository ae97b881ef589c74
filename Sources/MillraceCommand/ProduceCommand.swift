internal import ArgumentParser
internal import Control
internal import Glibc
internal import StreamLog
internal import StreamModel

/// `millrace produce`: lines of a file, or of standard input, become events.
struct ProduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce",
        abstract: "Append the lines of a file, or of standard input, as events.",
        discussion: """
            Each line is one event, byte for byte; empty lines are left out. A stream that does \
            not exist is created with 4 partitions.

            With --key-field the lines have to be JSON objects, and the field's string or number \
            becomes the key, which chooses the partition. Lines without a key go to the \
            partitions in turn, as many to each as --batch-size says.

            With --producer NAME the command can be run again after it was interrupted, even by \
            kill -9: what is stored already is left out, the rest is appended, nothing twice. \
            This holds as long as the input, --key-field, --partition, --batch-size and the \
            stream's number of partitions are the same, for up to 2,147,483,647 events a \
            partition, and until the name has not been used for seven days.

            The first line that cannot be taken ends the command; what came before it is stored.
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The stream.", transform: { try checked($0) })
    var stream: StreamName

    @Argument(help: "The file; standard input when there is none.")
    var file: String?

    @Option(help: "Where in each line's JSON the key is, such as deviceId or site.id.")
    var keyField: String?

    @Option(help: "Append everything to this partition.")
    var partition: Int?

    @Option(help: "How many events make a batch.")
    var batchSize = 500

    @Option(
        help: "Append each event once, however often this is run.",
        transform: { try checked($0) })
    var producer: ProducerName?

    @Flag(help: "Fail when the stream does not exist.")
    var noCreate = false

    @Flag(help: "Print line, partition and offset of each event once it is durable.")
    var acknowledge = false

    @OptionGroup var settings: StoreSettings

    static let partitionCountDefault = 4

    func validate() throws {
        guard (1...1_000_000).contains(batchSize) else {
            throw ValidationError("--batch-size is 1 to 1000000.")
        }
        if let keyField, KeyField(keyField) == nil {
            throw ValidationError("--key-field '\(keyField)' has an empty name in it.")
        }
    }

    func run() async throws {
        let interruption = Interruption()
        let input = try openInput()
        try await store.withStore(settings, ifMissing: noCreate ? .fail : .create) { door in
            let target = try await target(door)
            let run = try await ProduceRun.begin(self, target, door)
            try await run.appendAll(of: LineReader(input), until: interruption)
        }
    }

    private func openInput() throws -> Int32 {
        guard let file, file != "-" else { return 0 }
        let opened = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            // SAFETY: `strerror` returns a string that stays valid until it is called again.
            let reason = unsafe String(cString: strerror(errno))
            throw CommandFailure("cannot read \(file): \(reason)")
        }
        return opened
    }

    private func target(_ door: StoreDoor) async throws(AccessError) -> StreamDefinition {
        let name = stream
        do throws(AccessError) {
            return try await door.repeatedly { access throws(AccessError) in
                try await access.stream(named: name)
            }
        } catch .refused(let refusal) where refusal.reason == .unknownStream && !noCreate {
            let created = try await door.access().perform(
                .createStream(
                    name, partitionCount: Self.partitionCountDefault, StreamConfiguration()))
            guard case .stream(let definition) = created else {
                throw .connection(.garbage)
            }
            complain("created the stream '\(name)' with \(definition.partitionCount) partitions")
            return definition
        }
    }
}
