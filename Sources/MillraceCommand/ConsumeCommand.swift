internal import ArgumentParser
internal import Control
internal import StreamLog
internal import StreamModel

/// `millrace consume`: events of a stream, one a line.
struct ConsumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume",
        abstract: "Print the events of a stream.",
        discussion: """
            Prints the value of each event, byte for byte, and a line's end; an event without a \
            value is an empty line. Events of one partition come in order. Without --follow the \
            command ends where the stream ended when it began.

            With --json each event is an object with partition, offset, timestamp, appendTime, \
            key, headers and value; what is not UTF-8 is in base 64, under the name with Base64 \
            behind it. Times are in ISO 8601, UTC.

            Offsets that cannot be read any more, because of retention or damage, are reported \
            on standard error, and with --json as objects with a gap. What follows is printed.

            With --group NAME the command goes on where the group has got to, and --from counts \
            only for partitions where it has not been. Positions are committed after the output \
            was written: after kill -9 some events may come again, none is left out.
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The stream.", transform: { try checked($0) })
    var stream: StreamName

    @Option(help: "earliest, latest, an offset, or a time such as 2026-07-01T12:00:00Z.")
    var from = StartText.earliest

    @Option(help: "What a time means: append (when the store took an event) or create.")
    var by = TimeText.append

    @Option(help: "Only this partition.")
    var partition: Int?

    @Option(help: "Stop after so many events.")
    var max: Int?

    @Flag(help: "Go on with what will be appended, until interrupted.")
    var follow = false

    @Option(help: "Go on where this group stopped.", transform: { try checked($0) })
    var group: ConsumerGroupName?

    @OptionGroup var settings: StoreSettings

    func validate() throws {
        if let max, max < 0 { throw ValidationError("--max cannot be negative.") }
    }

    func run() async throws {
        let interruption = Interruption()
        try await store.withStore(settings) { door in
            var run = try await ConsumeRun(self, door)
            try await run.printAll(until: interruption)
        }
    }
}

/// Where to begin, as it is spelt on the command line.
enum StartText: ExpressibleByArgument, Equatable {
    case earliest, latest
    case offset(Int64)
    case time(Timestamp)

    init?(argument: String) {
        switch argument {
        case "earliest": self = .earliest
        case "latest": self = .latest
        default:
            if let offset = Int64(argument), offset >= 0 {
                self = .offset(offset)
            } else if let time = Timestamp(iso8601: argument) {
                self = .time(time)
            } else {
                return nil
            }
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .earliest: "earliest"
        case .latest: "latest"
        case .offset(let offset): "\(offset)"
        case .time(let time): "\(time.milliseconds) ms after 1970"
        }
    }
}

/// Which time of an event is meant.
enum TimeText: String, ExpressibleByArgument, CaseIterable {
    case append, create

    var kind: TimeKind {
        switch self {
        case .append: .append
        case .create: .create
        }
    }
}
