internal import ArgumentParser
internal import Control
internal import StreamLog
internal import StreamModel

/// `millrace groups`: how far consumer groups have got.
struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups", abstract: "List and delete consumer groups.",
        subcommands: [List.self, Delete.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the positions of consumer groups.")

        @OptionGroup var store: StoreOptions
        @Argument(help: "Only of this stream.", transform: { try checked($0) })
        var stream: StreamName?

        func run() async throws {
            try await store.withStore { door in
                let access = try await door.access()
                for found in try await access.streams() where stream ?? found.name == found.name {
                    try await list(found, access)
                }
            }
        }

        private func list(_ stream: StreamDefinition, _ access: any StoreAccess) async throws {
            let bounds = try await access.bounds(of: stream.incarnation)
            for entry in try await access.positions(of: stream.incarnation)
            where entry.kind == .group {
                let partition = Int(entry.partition.index)
                let end = bounds.indices.contains(partition) ? bounds[partition].upperBound : 0
                let text =
                    "\(stream.name)\t\(entry.name)\tpartition \(partition)\t"
                    + "at \(entry.offset) of \(end)"
                try say(text, json: store.json) { line in
                    line.add("stream", stream.name.text)
                    line.add("group", entry.name)
                    line.add("partition", partition)
                    line.add("position", entry.offset)
                    line.add("end", end)
                    line.add("lag", end - entry.offset)
                }
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget the positions of a consumer group in a stream.")

        @OptionGroup var store: StoreOptions
        @Argument(help: "The stream.", transform: { try checked($0) })
        var stream: StreamName
        @Argument(help: "The group.", transform: { try checked($0) })
        var group: ConsumerGroupName

        func run() async throws {
            try await store.withStore { door in
                let access = try await door.access()
                let found = try await access.stream(named: stream)
                let known = try await access.positions(of: found.incarnation)
                guard known.contains(where: { $0.kind == .group && $0.name == group.text }) else {
                    throw CommandFailure(
                        "the stream '\(stream)' has no group '\(group)': "
                            + "`millrace groups list` shows those there are")
                }
                try await access.perform(
                    .removePositions(.group, name: group.text, found.incarnation))
                try say("deleted '\(group)' of '\(stream)'", json: store.json) { line in
                    line.add("stream", stream.text)
                    line.add("group", group.text)
                    line.add("deleted", true)
                }
            }
        }
    }
}

/// `millrace feeds`: readers that retention may have to wait for.
struct FeedsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feeds", abstract: "List and delete feeds.",
        subcommands: [List.self, Delete.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List feeds, what they allow, and how far they have got.")

        @OptionGroup var store: StoreOptions
        @Argument(help: "Only of this stream.", transform: { try checked($0) })
        var stream: StreamName?

        func run() async throws {
            try await store.withStore { door in
                let access = try await door.access()
                for found in try await access.streams() where stream ?? found.name == found.name {
                    let positions = try await access.positions(of: found.incarnation)
                    for feed in try await access.feeds(of: found.incarnation) {
                        try list(feed, of: found, positions)
                    }
                }
            }
        }

        private func list(
            _ feed: FeedEntry, of stream: StreamDefinition, _ positions: [PositionEntry]
        ) throws {
            let own = positions.filter { $0.kind == .feed && $0.name == feed.name }
            let places = own.map { "\($0.partition.index): \($0.offset)" }.joined(separator: ", ")
            try say(
                "\(stream.name)\t\(feed.name)\t\(feed.gate)\t\(places)", json: store.json
            ) { line in
                line.add("stream", stream.name.text)
                line.add("feed", feed.name)
                line.add("gate", "\(feed.gate)")
                line.array("positions", own) { entry, line in
                    line.add("partition", entry.partition.index)
                    line.add("position", entry.offset)
                }
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a feed, so that retention waits for it no more.")

        @OptionGroup var store: StoreOptions
        @Argument(help: "The stream.", transform: { try checked($0) })
        var stream: StreamName
        @Argument(help: "The feed.", transform: { try checked($0) })
        var feed: FeedName

        func run() async throws {
            try await store.withStore { door in
                let access = try await door.access()
                let found = try await access.stream(named: stream)
                try await access.perform(
                    .removeFeed(FeedKey(incarnation: found.incarnation, name: feed.text)))
                try say("deleted '\(feed)' of '\(stream)'", json: store.json) { line in
                    line.add("stream", stream.text)
                    line.add("feed", feed.text)
                    line.add("deleted", true)
                }
            }
        }
    }
}
