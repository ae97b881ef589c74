internal import ArgumentParser
internal import Control
internal import StreamLog
internal import StreamModel

/// `millrace streams`: make, look at, change and delete streams.
struct StreamsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "streams", abstract: "Create, list, describe, configure and delete streams.",
        subcommands: [Create.self, List.self, Describe.self, Configure.self, Delete.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a stream.")

        @OptionGroup var store: StoreOptions
        @Argument(help: "The stream.", transform: { try checked($0) })
        var stream: StreamName
        @Option(help: "How many partitions, 1 to 1024. The number can only grow.")
        var partitions = 4
        @OptionGroup var choices: StreamChoices
        @OptionGroup var settings: StoreSettings

        func run() async throws {
            try await store.withStore(settings, ifMissing: .create) { door in
                let answer = try await door.access().perform(
                    .createStream(
                        stream, partitionCount: partitions,
                        choices.applied(to: StreamConfiguration())))
                try StreamsCommand.print(answer, "created", store)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all streams.")

        @OptionGroup var store: StoreOptions

        func run() async throws {
            try await store.withStore { door in
                let access = try await door.access()
                for stream in try await access.streams() {
                    let bounds = try await access.bounds(of: stream.incarnation)
                    let count = bounds.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
                    let text =
                        "\(stream.name)\t\(stream.partitionCount) partitions\t\(count) offsets"
                    try say(text, json: store.json) { line in
                        line.add(stream)
                        line.add("offsets", count)
                    }
                }
            }
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Describe a stream and its partitions.")

        @OptionGroup var store: StoreOptions
        @Argument(help: "The stream.", transform: { try checked($0) })
        var stream: StreamName

        func run() async throws {
            try await store.withStore { door in
                let access = try await door.access()
                let found = try await access.stream(named: stream)
                try say(found.summary, json: store.json) { $0.add(found) }
                let bounds = try await access.bounds(of: found.incarnation)
                for (index, bounds) in bounds.enumerated() {
                    let id = PartitionID(found.incarnation, UInt32(index))
                    let gaps = try await access.gaps(of: id)
                    let missing = gaps.map {
                        "; \($0.offsets.lowerBound) to \($0.offsets.upperBound - 1) are gone: "
                            + "\($0.reason)"
                    }.joined()
                    let text =
                        "partition \(index): offsets \(bounds.lowerBound) up to "
                        + "\(bounds.upperBound)\(missing)"
                    try say(text, json: store.json) { line in
                        line.add("partition", index)
                        line.add("start", bounds.lowerBound)
                        line.add("end", bounds.upperBound)
                        line.array("gaps", gaps) { gap, line in
                            line.add("first", gap.offsets.lowerBound)
                            line.add("last", gap.offsets.upperBound - 1)
                            line.add("reason", gap.reason.description)
                        }
                    }
                }
            }
        }
    }

    struct Configure: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a stream.",
            discussion: "With more partitions, keys may go to others than before.")

        @OptionGroup var store: StoreOptions
        @Argument(help: "The stream.", transform: { try checked($0) })
        var stream: StreamName
        @Option(help: "How many partitions it is to have; not fewer than now.")
        var partitions: Int?
        @OptionGroup var choices: StreamChoices
        @OptionGroup var settings: StoreSettings

        func run() async throws {
            try await store.withStore(settings) { door in
                let access = try await door.access()
                let known = try await access.stream(named: stream)
                let answer = try await access.perform(
                    .configureStream(
                        stream, partitionCount: partitions,
                        choices.applied(to: known.configuration)))
                try StreamsCommand.print(answer, "configured", store)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a stream with its events, positions and feeds.")

        @OptionGroup var store: StoreOptions
        @Argument(help: "The stream.", transform: { try checked($0) })
        var stream: StreamName
        @OptionGroup var settings: StoreSettings

        func run() async throws {
            try await store.withStore(settings) { door in
                try await door.access().perform(.deleteStream(stream))
                try say("deleted '\(stream)'", json: store.json) { line in
                    line.add("stream", stream.text)
                    line.add("deleted", true)
                }
            }
        }
    }

    fileprivate static func print(
        _ answer: StateAnswer, _ verb: String, _ store: StoreOptions
    ) throws {
        guard case .stream(let definition) = answer else {
            throw CommandFailure(AccessError.connection(.garbage))
        }
        try say("\(verb) \(definition.summary)", json: store.json) { $0.add(definition) }
    }
}

/// What can be chosen for a stream.
struct StreamChoices: ParsableArguments {
    @Option(help: "How batches are stored: zstd (where it pays) or none.")
    var compression: CompressionText?

    @Option(help: "Create times further from the append time than this do not count in searches.")
    var createTimeDistance: Age?

    func applied(to configuration: StreamConfiguration) -> StreamConfiguration {
        var changed = configuration
        if let compression { changed.compression = compression == .zstd ? .zstd : .none }
        if let createTimeDistance {
            changed.createTimeDistanceMax = createTimeDistance.milliseconds
        }
        return changed
    }
}

/// A codec, as it is spelt on the command line.
enum CompressionText: String, ExpressibleByArgument, CaseIterable {
    case none, zstd
}

extension StreamDefinition {
    var summary: String {
        "'\(name)': \(partitionCount) partitions, compression \(configuration.compression), "
            + "created \(Timestamp(milliseconds: createdAt))"
    }
}

extension JSONText {
    mutating func add(_ stream: StreamDefinition) {
        add("stream", stream.name.text)
        add("partitions", stream.partitionCount)
        add("compression", "\(stream.configuration.compression)")
        add("createTimeDistanceMilliseconds", stream.configuration.createTimeDistanceMax)
        add("createdAt", Timestamp(milliseconds: stream.createdAt).description)
    }
}
