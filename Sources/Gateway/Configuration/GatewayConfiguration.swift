internal import Foundation
package import JSONFlattening
package import StreamLog
package import StreamModel

/// What an operator chose for a gateway. Everything has a default, so that no file is needed.
package struct GatewayConfiguration: Sendable {
    /// Where somebody may connect; nil: nowhere.
    package struct Listeners: Equatable, Sendable {
        package let amqp: ListenAddress?
        package let amqps: ListenAddress?
        package let webSocket: ListenAddress?
        package let http: ListenAddress?
        /// PEM files.
        package let certificate: String?
        package let key: String?
        package let clientAuthority: String?
        /// What a client with a certificate may do.
        package let clientRule: String?

        /// All that are on.
        package var addresses: [ListenAddress] { [amqp, amqps, webSocket, http].compactMap { $0 } }
    }

    /// A key and what it allows.
    package struct Rule: Equatable, Sendable {
        package let name: String
        package let rights: [String]
        package let key: String
        package let secondaryKey: String?
    }

    /// How streams become tables.
    package struct Tables: Equatable, Sendable {
        package let isEnabled: Bool
        package let directory: String
        package let freshness: Duration
        package let memoryByteCount: Int
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
        package let name: StreamName
        package let partitionCount: Int
        package let configuration: StreamConfiguration
        package let hasTable: Bool
        package let tablePath: String
        package let mapping: Mapping
        package let rules: [Rule]
    }

    /// How a log line looks.
    package enum LogFormat: String, Sendable { case text, json }

    package let data: String
    package let log: LogConfiguration
    package let listeners: Listeners
    /// Rules for every hub.
    package let rules: [Rule]
    /// Whether a hub that nobody named is made when somebody sends to it.
    package let createsHubs: Bool
    package let tables: Tables
    package let streams: [StreamChoice]
    package let logLevel: String
    package let logFormat: LogFormat
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
                    [ConfigurationProblem("cannot read the configuration \(file)")], in: nil)
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
