import Gateway
import JSONFlattening
import StreamLog
import StreamModel
import Testing

@Suite("GatewayConfiguration")
struct ConfigurationTests {
    private func problems(in yaml: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try GatewayConfiguration(yaml: yaml)
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    @Test(arguments: ["", "# nothing\n", "store:\nstreams:\n", "---\n"])
    func `an empty file leaves everything at its default`(yaml: String) throws {
        let configuration = try GatewayConfiguration(yaml: yaml)

        #expect(configuration.data == "./millrace-data")
        #expect(configuration.createsHubs)
        #expect(configuration.tables.directory == "./millrace-data/tables")
        #expect(configuration.listeners.addresses.allSatisfy { $0.isLoopback })
    }

    @Test func `what is chosen arrives`() throws {
        let configuration = try GatewayConfiguration(
            yaml: """
                data: /srv/store
                store: {budget: 20GiB, on-full: reject, retention-age: 7d, linger: 5ms}
                listen: {http: "[::1]:9000", amqp: off}
                access:
                  rules:
                    site: {rights: [send, listen], key: abc}
                streams:
                  plant.readings:
                    partitions: 8
                    compression: none
                    table:
                      path: /srv/readings
                      mapping: {fields: {deviceId: string, raw: {as: json}}, columnMax: 50}
                    rules:
                      devices: {rights: send, key: def, secondary-key: ghi}
                  quiet: {table: {enabled: false}}
                """)

        #expect(configuration.log.budget == 20 << 30)
        #expect(configuration.log.retentionAge == Int64(604_800_000))
        #expect(configuration.log.linger == 5)
        #expect(configuration.listeners.amqp == nil)
        #expect(configuration.listeners.http?.description == "[::1]:9000")
        #expect(configuration.rules.map(\.rights) == [["send", "listen"]])
        #expect(!configuration.createsHubs)
        #expect(configuration.streams.map(\.name.text) == ["plant.readings", "quiet"])
        #expect(configuration.streams[0].partitionCount == 8)
        #expect(configuration.streams[0].configuration.compression == .none)
        #expect(configuration.streams[0].tablePath == "/srv/readings")
        #expect(configuration.streams[0].mapping.columnMax == 50)
        #expect(configuration.streams[0].mapping.fields.map(\.key) == ["deviceId", "raw"])
        #expect(configuration.streams[0].rules.map(\.secondaryKey) == ["ghi"])
        #expect(!configuration.streams[1].hasTable)
        #expect(configuration.streams[1].tablePath == "/srv/store/tables/quiet")
    }

    @Test(arguments: [
        ("store:\n  budgte: 1GiB\n", "2:3", "did you mean 'budget'?"),
        ("streams:\n  a:\n    partition: 3\n", "3:5", "did you mean 'partitions'?"),
        ("streams:\n  a: {table: {colour: red}}\n", "2:15", "enabled, path, mapping"),
        ("store:\n  on-full: drop-oldst\n", "2:12", "did you mean 'drop-oldest'?"),
        ("streams:\n  a:\n    partitions: 2000\n", "3:17", "from 1 to 1024"),
        ("store: {budget: 5 MB}\n", "1:17", "a size such as 64MiB"),
        ("store: {budget: 99999999999999TiB}\n", "1:17", "a size such as 64MiB"),
        ("listen:\n  http: 127.0.0.1\n", "2:9", "HOST:PORT"),
        ("listen:\n  http: 127.0.0.1:5672\n", "2:9", "is taken by listen.amqp"),
        ("listen:\n  amqps: 127.0.0.1:5671\n", "2:10", "`millrace certificate`"),
        ("streams:\n  -x: {}\n", "2:3", "-"),
        ("streams: [a]\n", "1:10", "settings are expected"),
        ("store: 5\n", "1:8", "settings are expected"),
        ("data: [a]\n", "1:7", "one value is expected"),
        ("access:\n  rules:\n    a: {rights: [sned], key: x}\n", "3:17", "did you mean 'send'?"),
        ("access:\n  rules:\n    a: {key: x}\n", "3:5", "it needs rights"),
        ("access:\n  rules:\n    a: {rights: send}\n", "3:5", "it needs a key"),
        (
            "streams:\n  a:\n    table:\n      mapping:\n        fields:\n          x: strnig\n",
            "6:11", "string"
        ),
        ("data: a\ndata: b\n", "1:1", "'data' is set twice"),
        ("data: 'a\n", "", "this is not YAML"),
        ("streams:\n  a: {table: {path: /t}}\n  b: {table: {path: /t}}\n", "3:3", "that of 'a'"),
    ])
    func `a mistake is named with its line, column and what would be right`(
        yaml: String, place: String, text: String
    ) throws {
        let found = problems(in: yaml)

        #expect(found.count == 1)
        let line = try #require(found.first)
        #expect(line.hasPrefix("millrace.yaml:\(place)"), "\(line)")
        #expect(line.contains(text), "\(line)")
    }

    @Test func `all mistakes are named, in the order of the file`() {
        let found = problems(in: "log:\n  level: loud\nstore:\n  budget: x\ntables:\n  memory: y\n")

        #expect(
            found.map { $0.prefix(16) } == [
                "millrace.yaml:2:", "millrace.yaml:4:", "millrace.yaml:6:",
            ])
    }

    @Test func `a flag wins over the environment, and that over the file`() throws {
        let environment = ["MILLRACE_DATA": "/env", "MILLRACE_STORE_ON_FULL": "reject"]

        let configuration = try GatewayConfiguration(
            file: nil, flags: ["data": "/flag"], environment: environment)

        #expect(configuration.data == "/flag")
        #expect(configuration.log.budgetPolicy == .reject)
        #expect(configuration.text.contains("store.on-full: reject  # MILLRACE_STORE_ON_FULL"))
        #expect(configuration.text.contains("data: /flag  # command line"))
    }

    @Test func `a bad value of the environment is named by its variable`() {
        let error = #expect(throws: ConfigurationError.self) {
            try GatewayConfiguration(file: nil, environment: ["MILLRACE_STORE_BUDGET": "lots"])
        }

        #expect(error?.description.contains("MILLRACE_STORE_BUDGET: it has to be a size") == true)
    }

    @Test func `a key is not shown`() throws {
        let configuration = try GatewayConfiguration(
            yaml: "access:\n  rules:\n    a: {rights: send, key: geheim}\n")

        #expect(!configuration.text.contains("geheim"))
        #expect(configuration.text.contains("access.rules.a.key: ***  # millrace.yaml:3"))
    }

    @Test func `the example is a file that says what the defaults say`() throws {
        let example = try GatewayConfiguration(yaml: GatewayConfiguration.example)
        let standard = try GatewayConfiguration(yaml: "")

        func values(_ configuration: GatewayConfiguration) -> [Substring] {
            configuration.text.split(separator: "\n").map { $0.prefix { $0 != "#" } }
        }
        #expect(values(example) == values(standard))
    }

    @Test func `the example is still a file when everything in it is switched on`() throws {
        let lines = GatewayConfiguration.example.split(separator: "\n").map { line in
            line.hasPrefix("# ") && line.contains(":") ? String(line.dropFirst(2)) : String(line)
        }
        let settings = lines.drop { !$0.hasPrefix("data") && !$0.hasPrefix("# The directory") }

        let found = problems(in: settings.joined(separator: "\n"))

        // The certificate's files, and the listener that wants them, are the operator's to make.
        #expect(found.allSatisfy { $0.contains("listen.") }, "\(found)")
    }
}
