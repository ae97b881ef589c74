internal import Foundation
package import JSONFlattening
package import StreamLog
package import StreamModel

/// What an operator chose for a gateway. Everything has a default, so that no file is needed.
package struct GatewayConfiguration: Sendable {
    /// Where somebody may connect; nil: nowhere.
    package struct Listeners: Equatable, Sendable {
        /// AMQP 1.0 without TLS.
        package let amqp: ListenAddress?
        /// AMQP 1.0 over TLS, which wants `certificate` and `key`.
        package let amqps: ListenAddress?
        /// AMQP 1.0 over WebSocket, for sites that let only HTTP out.
        package let webSocket: ListenAddress?
        /// Probes, metrics and the REST send API, without TLS.
        package let http: ListenAddress?
        /// PEM files.
        package let certificate: String?
        /// The private key of `certificate`, PEM.
        package let key: String?
        /// Whose certificates a client may prove itself with, PEM; nil: those of nobody.
        package let clientAuthority: String?
        /// What a client with a certificate may do.
        package let clientRule: String?

        /// All that are on.
        package var addresses: [ListenAddress] { [amqp, amqps, webSocket, http].compactMap { $0 } }
    }

    /// A key and what it allows.
    package struct Rule: Equatable, Sendable {
        /// What a client gives as its `SharedAccessKeyName`.
        package let name: String
        /// Of `send`, `listen` and `manage`.
        package let rights: [String]
        /// The secret that tokens are signed with. It is in no log and no error.
        package let key: String
        /// Counts as much, so that keys can be changed one client after another.
        package let secondaryKey: String?
    }

    /// How streams become tables.
    package struct Tables: Equatable, Sendable {
        /// Whether streams become tables unless they say otherwise.
        package let isEnabled: Bool
        /// Each stream has a directory of its name in it, unless it says otherwise.
        package let directory: String
        /// How long an event waits at most until its table has it, while commits allow it.
        package let freshness: Duration
        /// What the rows of all tables may take before they are written.
        package let memoryByteCount: Int
        /// Of all tables together.
        package let commitsPerSecond: Int
        /// What they may take of their volume, in bytes. Nil: half of the store's budget.
        package let byteCountMax: Int?
        /// Nil: small files stay.
        package let commitsBetweenCompactions: Int64?
        /// Nil: rows stay.
        package let retention: Duration?
    }

    /// What was chosen for one stream.
    package struct StreamChoice: Sendable {
        /// The hub's name.
        package let name: StreamName
        /// One that exists grows to as many. It never shrinks.
        package let partitionCount: Int
        /// Settings of the log for this stream.
        package let configuration: StreamConfiguration
        /// Whether it becomes a table.
        package let hasTable: Bool
        /// The directory of the parent table.
        package let tablePath: String
        /// How its JSON becomes columns.
        package let mapping: Mapping
        /// Rules for this hub, beside those for every hub.
        package let rules: [Rule]
    }

    /// How a log line looks.
    package enum LogFormat: String, Sendable { case text, json }

    /// The directory of the store.
    package let data: String
    /// Budget, retention, segments and linger.
    package let log: LogConfiguration
    /// Where clients may connect.
    package let listeners: Listeners
    /// Rules for every hub.
    package let rules: [Rule]
    /// Whether a hub that nobody named is made when somebody sends to it.
    package let createsHubs: Bool
    /// How streams become tables.
    package let tables: Tables
    /// Those that the file names. What exists in the store beside them is served too.
    package let streams: [StreamChoice]
    /// `trace` to `error`, in the words of swift-log.
    package let logLevel: String
    /// Lines for people, or JSON.
    package let logFormat: LogFormat
    /// How long a graceful stop may take to answer, flush and commit, before it is cut short.
    package let drainTimeout: Duration
    let choices: Choices
}

extension GatewayConfiguration {
    /// Reads `file`, and what flags and environment say instead. Without a file everything is at
    /// its default. Flags are named as settings: `data`, `listen.http`.
    package init(
        file: String?, flags: [String: String] = [:], environment: [String: String] = [:]
    ) throws(ConfigurationError) {
        var root: SettingNode?
        if let file {
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw ConfigurationError(
                    [
                        ConfigurationProblem(
                            "cannot read the configuration \(file): there is no such file, "
                                + "or this user may not read it")
                    ], in: nil)
            }
            do throws(ConfigurationProblem) {
                root = try SettingNode(yaml: String(decoding: bytes, as: UTF8.self))
            } catch {
                throw ConfigurationError([error], in: file)
            }
        }
        try self.init(
            Choices(root: root, file: file, flags: flags, environment: environment))
    }

    /// A configuration that is given as text, for tests.
    package init(yaml text: String, file: String = "millrace.yaml") throws(ConfigurationError) {
        let root: SettingNode
        do throws(ConfigurationProblem) {
            root = try SettingNode(yaml: text)
        } catch {
            throw ConfigurationError([error], in: file)
        }
        try self.init(Choices(root: root, file: file, flags: [:], environment: [:]))
    }

    private init(_ read: Choices) throws(ConfigurationError) {
        var choices = read
        data = choices.text("data") ?? ""
        log = LogConfiguration(choices)
        listeners = Listeners(&choices)
        rules = Rule.all(at: "access", &choices)
        tables = Tables(&choices, data: data)
        streams = StreamChoice.all(&choices, tables)
        createsHubs =
            switch choices.text("access.create-hubs") {
            case "always": true
            case "never": false
            default: streams.isEmpty && listeners.addresses.allSatisfy(\.isLoopback)
            }
        logLevel = choices.text("log.level") ?? ""
        logFormat = choices.text("log.format").flatMap(LogFormat.init) ?? .text
        drainTimeout = choices.duration("drain-timeout") ?? .seconds(60)
        self.choices = choices
        guard choices.problems.isEmpty else {
            throw ConfigurationError(choices.problems, in: choices.file)
        }
    }
}

extension Choices {
    func byteCount(_ path: String) -> Int? { text(path).flatMap(ByteCountText.parse) }

    func milliseconds(_ path: String) -> Int64? { text(path).flatMap(DurationText.parse) }

    func duration(_ path: String) -> Duration? { milliseconds(path).map { .milliseconds($0) } }

    func integer(_ path: String) -> Int? { text(path).flatMap { Int($0) } }

    func isTrue(_ path: String) -> Bool { text(path) == "true" }
}

extension LogConfiguration {
    fileprivate init(_ choices: Choices) {
        self.init()
        budget = choices.byteCount("store.budget")
        budgetPolicy =
            switch choices.text("store.on-full") {
            case "reject": .reject
            case "backpressure": .backpressure
            default: .dropOldest
            }
        retentionAge = choices.milliseconds("store.retention-age")
        retentionByteCount = choices.byteCount("store.retention-size")
        segmentByteCount = choices.byteCount("store.segment-size")
        linger = choices.milliseconds("store.linger") ?? linger
    }
}
