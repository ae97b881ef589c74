import AMQP
import Bytes
import Testing

@Suite("AMQP: SASL")
struct SASLTests {
    /// A client with a password and a server that has not decided yet.
    private func asked(_ mechanism: Symbol = "PLAIN") -> Pair {
        var pair = Pair(
            client: {
                let words = PlainCredentials(user: "rule", password: "key").response
                $0.credentials = SASLInit(mechanism: mechanism, initialResponse: words)
            }, server: { $0.mechanisms = ["MSSBCBS", "PLAIN", "ANONYMOUS"] })
        pair.server.isFriendly = false
        pair.talk()
        return pair
    }

    @Test(arguments: CapturedFrames.sasl)
    func `a captured frame is read, and no prefix of it`(frame: String) throws {
        let raw = bytes(frame)
        let header = try #require(try FrameHeader(firstIn: raw.rawSpan, limit: 512))
        #expect(header.kind == .sasl && header.frameByteCount == raw.count)
        for count in 0..<FrameHeader.byteCount {
            let prefix = Array(raw.prefix(count))
            #expect(try FrameHeader(firstIn: prefix.rawSpan, limit: 512) == nil)
        }
        let body = Array(raw[8...])
        #expect(read(body) != nil)
        for count in 0..<body.count { #expect(read(Array(body.prefix(count))) == nil) }
    }

    private func read(_ body: [UInt8]) -> SASLFrame? {
        let span = body.rawSpan
        var reader = ValueReader(span)
        return try? SASLFrame(&reader)
    }

    @Test
    func `user and password reach the shell, and nothing goes on before its verdict`() throws {
        var pair = asked()

        guard case .authenticate(let start) = pair.server.events.last else { throw Unexpected() }
        let credentials = try #require(start.initialResponse.flatMap { PlainCredentials($0) })
        #expect(credentials.user == "rule" && credentials.password == "key")
        pair.server.receive(ProtocolHeader.amqp.bytes)
        #expect(!pair.server.engine.hasOutput)

        pair.server.engine.answer(.ok)
        #expect(pair.server.engine.hasOutput)
    }

    @Test
    func `a refusal ends both ends`() {
        var pair = asked()

        pair.server.engine.answer(.auth)
        pair.talk()

        #expect(pair.client.closings.first??.condition == .unauthorizedAccess)
        #expect(pair.client.engine.isClosed && pair.server.engine.isClosed)
    }

    @Test
    func `a client whose mechanism is not offered gives up`() {
        let pair = asked("SCRAM-SHA-256")

        #expect(pair.client.closings.first??.condition == .notImplemented)
        #expect(pair.server.events.isEmpty)
    }

    @Test(arguments: [
        "", "00", "0000", "61", "6100", "610062", "0061", "000061", "0061006200", "00ff0062",
    ])
    func `words that are no user and password are refused`(words: String) {
        #expect(PlainCredentials(bytes(words)) == nil)
    }

    @Test
    func `words may name whom the user acts for`() throws {
        let credentials = try #require(PlainCredentials(bytes("61 00 62 00")))

        #expect(credentials.authorizationID == "a")
        #expect(credentials.user == "b" && credentials.password.isEmpty)
    }
}
