import Foundation

/// A `millrace serve` in a process of its own, on loopback, for the length of a benchmark.
final class ServedGateway {
    /// The directory of its store.
    let data: String
    private var process = Process()
    private var ports: [String: Int] = [:]
    private var rule = (name: "", key: "")

    /// On return it takes events. `settings` is the text of its configuration file.
    init(below parent: String, settings: String = "") throws {
        data = try Scratch.makeDirectory("served", below: parent) + "/data"
        try start(settings)
    }

    /// Stops it as an operator does, so that the tables have everything, and starts it again with
    /// other settings, on other ports.
    func restart(settings: String = "") throws {
        process.terminate()
        process.waitUntilExit()
        try start(settings)
    }

    private func start(_ settings: String) throws {
        let file = data + ".yaml"
        try Data(settings.utf8).write(to: URL(fileURLWithPath: file))
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process = Process()
        process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent()
            .appendingPathComponent("millrace")
        process.arguments = [
            "serve", "--config", file, "--data", data, "--listen=amqp=127.0.0.1:0",
            "--listen=http=127.0.0.1:0", "--log-level=warning",
        ]
        try process.run()
        ports = try Self.ports(of: process, data)
        rule = try Self.rule(in: data)
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        Scratch.remove((data as NSString).deletingLastPathComponent)
    }

    /// Waits for the file in which a gateway that is ready says where it listens.
    private static func ports(of process: Process, _ data: String) throws -> [String: Int] {
        while process.isRunning {
            let bytes = FileManager.default.contents(atPath: data + "/gateway.json")
            let parsed = try bytes.map { try JSONSerialization.jsonObject(with: $0) }
            if let all = parsed as? [String: String] {
                return all.compactMapValues { $0.split(separator: ":").last.flatMap { Int($0) } }
            }
            usleep(5000)
        }
        throw LimitError(operation: "start \(process.executableURL?.path ?? "")", code: -1)
    }

    private static func rule(in data: String) throws -> (name: String, key: String) {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: data + "/access.json"))
        let file = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
        let first = (file?["rules"] as? [[String: Any]])?.first
        guard let name = first?["name"] as? String, let key = first?["primaryKey"] as? String else {
            throw LimitError(operation: "read \(data)/access.json", code: -1)
        }
        return (name, key)
    }

    /// A client with a link to each of the first four partitions of a hub, which comes to be by it.
    func peers(to hub: String) throws -> [LoopbackPeer] {
        try (0..<4).map { try peer(to: "\(hub)/Partitions/\($0)") }
    }

    /// A client with a link to `target`.
    func peer(to target: String) throws -> LoopbackPeer {
        try LoopbackPeer(
            port: ports["amqp"] ?? 0, rule: rule.name, key: rule.key, .send(to: target))
    }

    // MARK: What it has used

    /// Of the processors, in seconds, since it was started.
    func cpuSeconds() throws -> Double {
        let path = "/proc/\(process.processIdentifier)/stat"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        // The name in parentheses may hold anything; user and system time are the 12th and 13th
        // field behind it (proc_pid_stat(5)).
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13])
        else { throw LimitError(operation: "read \(path)", code: -1) }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The most memory it has held, in bytes.
    func peakByteCount() throws -> Int {
        try processFigure("/proc/\(process.processIdentifier)/status", "VmHWM:") * 1024
    }

    /// The sum over all series of a metric.
    func metric(_ name: String) throws -> Double {
        let socket = try LoopbackSocket(port: ports["http"] ?? 0)
        try socket.write(
            Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        var answer: [UInt8] = []
        while case let bytes = try socket.read(), !bytes.isEmpty { answer += bytes }
        return String(decoding: answer, as: UTF8.self).split(separator: "\n").reduce(0) {
            guard $1.hasPrefix(name + " ") || $1.hasPrefix(name + "{") else { return $0 }
            return $0 + ($1.split(separator: " ").last.flatMap { Double($0) } ?? 0)
        }
    }
}
