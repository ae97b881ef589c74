import Access
import Foundation
import Gateway
import HTTPEndpoint
import Logging
import StreamModel
import TestKit
import Testing

@Suite("Gateway")
struct GatewayTests {
    private let directory: TemporaryDirectory
    private let stop = StopSwitch()

    init() throws { directory = try TemporaryDirectory() }

    private func open(_ settings: String = "") async throws -> Gateway {
        let configuration = try GatewayConfiguration(
            yaml: """
                data: \(directory.path)
                listen: {amqp: off, http: "127.0.0.1:0"}
                \(settings)
                """)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await Gateway.open(
            configuration, metrics: Gateway.metrics(), logger: logger, stop: stop)
    }

    @Test func `a gateway that was told to stop before it ran stops`() async throws {
        let gateway = try await open()
        stop.stop()

        try await gateway.run()

        #expect(Notice.addresses(in: directory.path).isEmpty)
    }

    @Test func `a second gateway on the store is refused, and the first goes on`() async throws {
        let first = try await open()

        await #expect(throws: (any Error).self) { try await open() }

        stop.stop()
        try await first.run()
    }

    @Test func `the streams of a configuration are made, and grow`() async throws {
        let first = try await open("streams: {a: {partitions: 2}}")
        stop.stop()
        try await first.run()

        let second = try await open("streams: {a: {partitions: 8}, b: {}}")
        let advice = try ConnectionAdvice(second.configuration)
        try await second.run()

        #expect(throws: ConnectionAdvice.Problem.noListener("listen.amqp")) {
            try advice.text(forHub: StreamName("a"), rule: nil, host: nil, overTLS: false)
        }
    }

    @Test func `the keys of the first start are those of the second`() throws {
        let first = try AccessFile(in: directory.path).rules()
        let second = try AccessFile(in: directory.path).rules()

        let mode = try FileManager.default.attributesOfItem(
            atPath: directory.path + "/access.json")[.posixPermissions]
        #expect(first == second)
        #expect(first.rules.map(\.name) == ["RootManageSharedAccessKey"])
        #expect(mode as? Int == 0o600)
    }

    @Test func `other users reach the tables, and neither the log nor the keys`() async throws {
        let data = directory.path + "/made"
        let configuration = try GatewayConfiguration(
            yaml: "data: \(data)\nlisten: {amqp: off, http: off}\n")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let gateway = try await Gateway.open(
            configuration, metrics: Gateway.metrics(), logger: logger, stop: stop)
        stop.stop()
        try await gateway.run()

        func mode(_ name: String) throws -> Int? {
            let found = try FileManager.default.attributesOfItem(atPath: data + name)
            return found[.posixPermissions] as? Int
        }
        #expect(try mode("") == 0o755)
        #expect(try mode("/log") == 0o700)
        #expect(try mode("/access.json") == 0o600)
    }

    @Test func `an access file that is no list of rules is an error and stays as it is`() throws {
        let path = directory.path + "/access.json"
        try Data("{".utf8).write(to: URL(fileURLWithPath: path))

        #expect(throws: GatewayError.unreadableAccess(path)) {
            try AccessFile(in: directory.path).rules()
        }
        #expect(FileManager.default.contents(atPath: path) == Data("{".utf8))
    }

    @Test func `a rule of a hub comes before one of the namespace`() throws {
        let configuration = try GatewayConfiguration(
            yaml: """
                data: \(directory.path)
                listen: {amqp: "0.0.0.0:7000"}
                access: {rules: {site: {rights: send, key: one}}}
                streams: {a: {rules: {site: {rights: send, key: two}}}, b: {}}
                """)
        let advice = try ConnectionAdvice(configuration)

        let hub = try advice.text(
            forHub: StreamName("a"), rule: "site", host: "box", overTLS: false)
        let other = try advice.text(
            forHub: StreamName("b"), rule: "site", host: nil, overTLS: false)

        #expect(
            hub == "Endpoint=sb://box:7000/;SharedAccessKeyName=site;SharedAccessKey=two;"
                + "EntityPath=a;UseDevelopmentEmulator=true")
        #expect(other.hasPrefix("Endpoint=sb://localhost:7000/"))
        #expect(other.contains("SharedAccessKey=one;"))
        #expect(throws: (any Error).self) {
            try advice.text(forHub: StreamName("a"), rule: "none", host: nil, overTLS: false)
        }
    }
}
