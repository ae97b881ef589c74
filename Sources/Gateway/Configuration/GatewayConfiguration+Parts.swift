internal import Foundation
internal import JSONFlattening
internal import StreamLog
package import StreamModel

/// How each part is made of what was chosen, and what does not go together.
extension GatewayConfiguration.Listeners {
    init(_ choices: inout Choices) {
        let paths = ["listen.amqp", "listen.amqps", "listen.websocket", "listen.http"]
        let addresses = paths.map { choices.text($0).flatMap { ListenAddress($0) } }
        (amqp, amqps, webSocket, http) = (addresses[0], addresses[1], addresses[2], addresses[3])
        certificate = choices.text("listen.certificate")
        key = choices.text("listen.key")
        clientAuthority = choices.text("listen.client-ca")
        clientRule = choices.text("listen.client-rule")
        var taken: [String: String] = [:]
        for (path, address) in zip(paths, addresses) {
            guard let address, address.port != 0 else { continue }
            if let other = taken[address.description] {
                choices.object("\(address) is taken by \(other)", to: path)
            }
            taken[address.description] = path
        }
        if amqps != nil, certificate == nil || key == nil {
            choices.object(
                "TLS needs listen.certificate and listen.key: `millrace certificate` makes them",
                to: "listen.amqps")
        }
        for (path, file) in [
            ("listen.certificate", certificate), ("listen.key", key),
            ("listen.client-ca", clientAuthority),
        ] {
            if let file, !FileManager.default.isReadableFile(atPath: file) {
                choices.object("cannot read \(file)", to: path)
            }
        }
    }
}

extension GatewayConfiguration.Rule {
    static func all(at path: String, _ choices: inout Choices) -> [Self] {
        var rules: [Self] = []
        for (name, place) in choices.names(at: "\(path).rules") {
            let here = "\(path).rules.\(name)"
            guard let rights = choices.text("\(here).rights") else {
                choices.object("it needs rights: send, listen, manage", to: here, at: place)
                continue
            }
            guard let key = choices.text("\(here).key") else {
                choices.object("it needs a key", to: here, at: place)
                continue
            }
            rules.append(
                Self(
                    name: name, rights: SettingKind.parts(of: rights), key: key,
                    secondaryKey: choices.text("\(here).secondary-key")))
        }
        return rules
    }
}

extension GatewayConfiguration.Tables {
    init(_ choices: inout Choices, data: String) {
        byteCountMax = choices.byteCount("tables.budget")
        if let byteCountMax, let all = choices.byteCount("store.budget"),
            byteCountMax > all / 4 * 3
        {
            choices.object(
                "the log needs a quarter of store.budget: three are left", to: "tables.budget")
        }
        isEnabled = choices.isTrue("tables.enabled")
        directory = choices.text("tables.directory") ?? data + "/tables"
        freshness = choices.duration("tables.freshness") ?? .seconds(5)
        memoryByteCount = choices.byteCount("tables.memory") ?? 128 << 20
        commitsPerSecond = choices.integer("tables.commits-per-second") ?? 6
        let commits = choices.integer("tables.compact-after") ?? 120
        commitsBetweenCompactions = commits == 0 ? nil : Int64(commits)
        retention = choices.duration("tables.retention")
    }

    /// Where the table of a stream is that has no path of its own.
    package func path(of stream: StreamName) -> String { directory + "/" + stream.text }
}

extension GatewayConfiguration.StreamChoice {
    static func all(
        _ choices: inout Choices, _ tables: GatewayConfiguration.Tables
    ) -> [Self] {
        var streams: [Self] = []
        var paths: [String: StreamName] = [:]
        for (text, place) in choices.names(at: "streams") {
            let name: StreamName
            do throws(NameError) {
                name = try StreamName(text)
            } catch {
                choices.object("\(error)", to: "streams.\(text)", at: place)
                continue
            }
            let stream = Self(name, &choices, tables)
            if stream.hasTable, let other = paths.updateValue(name, forKey: stream.tablePath) {
                choices.object(
                    "its table \(stream.tablePath) is that of '\(other)' already",
                    to: "streams.\(text)", at: place)
            }
            streams.append(stream)
        }
        return streams
    }

    private init(
        _ name: StreamName, _ choices: inout Choices, _ tables: GatewayConfiguration.Tables
    ) {
        let here = "streams.\(name)"
        self.name = name
        partitionCount = choices.stream(name, "partitions").flatMap { Int($0) } ?? 4
        configuration = StreamConfiguration(
            compression: choices.stream(name, "compression") == "none" ? .none : .zstd)
        hasTable = tables.isEnabled && choices.stream(name, "table.enabled") == "true"
        tablePath = choices.stream(name, "table.path") ?? tables.path(of: name)
        let tree = "\(here).table.mapping"
        mapping = choices.trees[tree].map { Mapping($0, at: tree, &choices) } ?? Mapping()
        rules = GatewayConfiguration.Rule.all(at: here, &choices)
    }
}

extension Choices {
    /// WHY: a stream's name may hold dots, so that its settings are not found by splitting a path.
    fileprivate func stream(_ name: StreamName, _ setting: String) -> String? {
        values["streams.\(name).\(setting)"]?.text
            ?? Schema.setting(
                at: ["streams", "*"] + setting.split(separator: ".").map(String.init))?.standard
    }
}
