/// One thing that an operator can choose.
struct Setting: Sendable {
    /// Its names from the top down; `*` stands for a name that the operator chooses.
    let path: [String]
    let kind: SettingKind
    /// As it would be written; nil: unset.
    let standard: String?
    /// What it does, for the example file.
    let meaning: String
    /// What the example shows; nil: the default.
    let sample: String?
    /// Whether `config show` keeps the value to itself.
    let isSecret: Bool

    init(
        _ path: String, _ kind: SettingKind, _ standard: String?, _ meaning: String,
        sample: String? = nil, isSecret: Bool = false
    ) {
        self.path = path.split(separator: ".").map(String.init)
        self.kind = kind
        self.standard = standard
        self.meaning = meaning
        self.sample = sample
        self.isSecret = isSecret
    }

    var isNamed: Bool { path.contains("*") }
}

/// Everything that can be set, once: the file is checked against it, environment and flags are read
/// by it, and `config example` and `config show` print it.
enum Schema {
    private static let megabyte = 1 << 20

    static let settings: [Setting] =
        store + listeners + access + tables + streams + [
            Setting(
                "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error"]),
                "info", "How much is logged."),
            Setting("log.format", .choice(["text", "json"]), "text", "One line an entry."),
            Setting(
                "drain-timeout", .duration(atLeast: 1000), "60s",
                "How long a graceful stop may take to answer, flush and commit."),
        ]

    private static let store = [
        Setting("data", .text, "./millrace-data", "The directory of the store."),
        Setting(
            "store.budget", .byteCount(atLeast: 16 * megabyte), nil,
            "What the store may take of its volume. Unset: a tenth of it.", sample: "20GiB"),
        Setting(
            "store.on-full", .choice(["drop-oldest", "reject", "backpressure"]), "drop-oldest",
            "What happens to new events at the budget."),
        Setting(
            "store.retention-age", .duration(atLeast: 1000), nil,
            "Remove events that are all older. Unset: never by age.", sample: "7d"),
        Setting(
            "store.retention-size", .byteCount(atLeast: megabyte), nil,
            "Remove the oldest events while the log is larger. Unset: only at the budget.",
            sample: "10GiB"),
        Setting(
            "store.segment-size", .byteCount(atLeast: 256 << 10), nil,
            "The size of a segment. Unset: a 256th of the budget, 64MiB to 1GiB.",
            sample: "64MiB"),
        Setting(
            "store.linger", .duration(atLeast: 0), "0ms",
            "How long a commit waits for company: spares flash, costs latency."),
    ]

    private static let listeners = [
        Setting("listen.amqp", .address, "127.0.0.1:5672", "Event Hubs over plain AMQP."),
        Setting("listen.amqps", .address, "off", "Event Hubs over TLS.", sample: "0.0.0.0:5671"),
        Setting("listen.websocket", .address, "off", "Event Hubs over WebSocket."),
        Setting(
            "listen.http", .address, "127.0.0.1:8088",
            "Health, metrics and the REST send API."),
        Setting(
            "listen.certificate", .text, nil,
            "PEM file of the server's certificate and its chain.", sample: "server.pem"),
        Setting(
            "listen.key", .text, nil, "PEM file of the certificate's key.", sample: "server.key"),
        Setting(
            "listen.client-ca", .text, nil,
            "PEM file: client certificates it signed are asked for.",
            sample: "clients.pem"),
        Setting(
            "listen.client-rule", .text, nil,
            "The rule that a client with a certificate acts under.",
            sample: "devices"),
    ]

    private static let rights = SettingKind.choices(["send", "listen", "manage"])

    private static func rules(below path: String) -> [Setting] {
        [
            Setting("\(path).rules.*.rights", rights, nil, "What the rule allows.", sample: "send"),
            Setting(
                "\(path).rules.*.key", .text, nil, "The key that signs tokens.",
                sample: "c2VjcmV0LW9mLXRoZS1zaXRl", isSecret: true),
            Setting(
                "\(path).rules.*.secondary-key", .text, nil,
                "A second key, so that keys can be changed one by one.", isSecret: true),
        ]
    }

    private static let access =
        [
            Setting(
                "access.create-hubs", .choice(["auto", "always", "never"]), "auto",
                "Whether a hub is made when somebody sends to it. auto: only while every listener "
                    + "is on loopback and the file names no streams.")
        ] + rules(below: "access")

    private static let tables = [
        Setting("tables.enabled", .boolean, "true", "Whether streams are written to tables."),
        Setting(
            "tables.directory", .text, nil, "Where tables are. Unset: DATA/tables.",
            sample: "/srv/tables"),
        Setting(
            "tables.freshness", .duration(atLeast: 100), "5s", "How long a row waits at most."),
        Setting(
            "tables.memory", .byteCount(atLeast: 8 * megabyte), "128MiB",
            "What all rows that wait may take."),
        Setting(
            "tables.budget", .byteCount(atLeast: 4 * megabyte), nil,
            "What all tables may take of the store's budget, three quarters of it at most; there "
                + "the oldest rows go under drop-oldest if tables.retention is set, and else "
                + "tables wait. Unset: half of it.", sample: "8GiB"),
        Setting(
            "tables.commits-per-second", .integer(1...1000), "6",
            "How many table commits there may be on this machine."),
        Setting(
            "tables.compact-after", .integer(0...1_000_000), "120",
            "So many commits later small files are written together. 0: never, another engine does."
        ),
        Setting(
            "tables.retention", .duration(atLeast: 86_400_000), nil,
            "Remove rows by day when they are older. Unset: never.", sample: "30d"),
    ]

    private static let streams =
        [
            Setting(
                "streams.*.partitions", .integer(1...1024), "4",
                "How many partitions. The number can only grow."),
            Setting(
                "streams.*.compression", .choice(["zstd", "none"]), "zstd",
                "How events are stored."),
            Setting(
                "streams.*.table.enabled", .boolean, "true", "Whether the stream has a table."),
            Setting(
                "streams.*.table.path", .text, nil, "Unset: TABLES/STREAM.",
                sample: "/srv/tables/readings"),
            Setting(
                "streams.*.table.mapping", .tree, nil,
                "How events become columns. Unset: found out from the events."),
        ] + rules(below: "streams.*")
}

extension Schema {
    /// The setting at a concrete path.
    static func setting(at path: [String]) -> Setting? {
        settings.first { $0.path.matches(path) }
    }

    /// The names that may follow a path; nil where the operator chooses them.
    static func names(below path: [String]) -> [String]? {
        var names: [String] = []
        for setting in settings where setting.path.count > path.count {
            guard Array(setting.path.prefix(path.count)).matches(path) else { continue }
            let next = setting.path[path.count]
            if next == "*" { return nil }
            if !names.contains(next) { names.append(next) }
        }
        return names
    }
}

extension [String] {
    /// Whether the pattern is that of the path.
    fileprivate func matches(_ path: [String]) -> Bool {
        count == path.count && zip(self, path).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
