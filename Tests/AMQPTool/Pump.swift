internal import AMQP
internal import Bytes

/// Carries `count` messages of 1 KiB from a client to a server in memory. What a profiler sees is
/// then one side's transfer path, many times over.
func pump(_ kind: String, count: UInt64) {
    var pump = Pump()
    switch kind {
    case "receive": pump.receive(count)
    case "send": pump.send(count)
    default: stop("pump receive COUNT | pump send COUNT")
    }
    print("\(kind): \(pump.byteCount) bytes")
}

private struct Pump {
    private var client: ConnectionEngine
    private var server: ConnectionEngine
    private var link: LinkID?
    private var serverLink: LinkID?
    private let message =
        [0x00, 0x53, 0x75, 0xB0, 0, 0, 4, 0] + [UInt8](repeating: 7, count: 1024)
    var byteCount = 0

    init() {
        var configuration = EngineConfiguration(containerID: "pump")
        configuration.credentials = SASLInit(mechanism: "ANONYMOUS", initialResponse: [])
        client = ConnectionEngine(.client, configuration)
        server = ConnectionEngine(.server, configuration)
        client.start()
        talk()
        var attach = Attach(name: "link", handle: 0, role: .sender)
        attach.source = Source(address: "from")
        attach.target = Target(address: "to")
        link = client.begin().flatMap { client.attach(attach, to: $0) }
        talk()
    }

    /// One read of 50 transfers, fed to the server over and over.
    mutating func receive(_ count: UInt64) {
        guard let link else { stop("the link was not attached") }
        var received: UInt64 = 0
        while received < count {
            for _ in 0..<50 { client.send(on: link, isSettled: false) { $0.bytes.append(message) } }
            let input = client.takeOutput()
            received += UInt64(take(input))
            toClient(server.takeOutput())
        }
    }

    /// As `receive`, with the server's work left out as far as it can be.
    mutating func send(_ count: UInt64) {
        guard let link else { stop("the link was not attached") }
        var sent: UInt64 = 0
        while sent < count {
            for _ in 0..<50 where client.sendCapacity(of: link) > 0 {
                client.send(on: link, isSettled: true) { $0.bytes.append(message) }
                sent += 1
            }
            let input = client.takeOutput()
            _ = take(input)
            toClient(server.takeOutput())
        }
    }

    private mutating func take(_ input: [UInt8]) -> Int {
        let span = input.rawSpan
        var position = 0
        var count = 0
        while let event = server.next(in: span, at: &position) {
            switch event {
            case .authenticate: server.answer(.ok)
            case .attached(let link, let attach):
                server.accept(link, LinkTerms(answering: attach))
                server.grant(credit: 1000, on: link)
                serverLink = link
            case .delivery(let delivery):
                byteCount += delivery.message(in: span).byteCount
                if !delivery.isSettled { server.settle(delivery.id, .accepted) }
                count += 1
            default: break
            }
        }
        if let serverLink, server.creditLeft(of: serverLink) < 500 {
            server.grant(credit: 1000, on: serverLink)
        }
        return count
    }

    private mutating func toClient(_ input: [UInt8]) {
        let span = input.rawSpan
        var position = 0
        while client.next(in: span, at: &position) != nil {}
    }

    private mutating func talk() {
        for _ in 0..<6 {
            _ = take(client.takeOutput())
            toClient(server.takeOutput())
        }
    }
}
