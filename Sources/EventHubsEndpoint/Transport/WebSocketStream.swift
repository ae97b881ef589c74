internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// AMQP inside of WebSocket messages: a stream of bytes, cut anywhere.
///
///     HTTP upgrade (AMQPWSB10) ──▶ WebSocketStream ──bytes──▶ ConnectionHandler
final class WebSocketStream: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    /// The name of the protocol, which every SDK asks for and has to be told again.
    static let subprotocol = "AMQPWSB10"

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .binary, .continuation, .text:
            context.fireChannelRead(wrapInboundOut(frame.unmaskedData))
        case .ping:
            let answer = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        case .connectionClose:
            let answer = WebSocketFrame(
                fin: true, opcode: .connectionClose, data: frame.unmaskedData)
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in
                bound.value.close(promise: nil)
            }
        default: break
        }
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        let frame = WebSocketFrame(fin: true, opcode: .binary, data: unwrapOutboundIn(data))
        context.write(wrapOutboundOut(frame), promise: promise)
    }
}

/// Decides which HTTP requests become such streams.
enum WebSocketUpgrade {
    /// The largest message; SDKs cut the stream into far smaller ones.
    static let frameByteCountMax = 2 << 20
    /// How long a client may take to ask.
    static let timeout = TimeAmount.seconds(20)

    static func upgrader(
        _ addConnection: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> NIOWebSocketServerUpgrader {
        NIOWebSocketServerUpgrader(
            maxFrameSize: frameByteCountMax,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeSucceededFuture(headers(for: head))
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WebSocketStream())
                }.flatMap { addConnection(channel) }
            })
    }

    /// Nil for a request that is for something else.
    private static func headers(for head: HTTPRequestHead) -> HTTPHeaders? {
        let path = head.uri.prefix { $0 != "?" }
        guard path == "/$servicebus/websocket" || path == "/$servicebus/websocket/" else {
            return nil
        }
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        guard offered.contains(where: { $0.lowercased() == "amqpwsb10" }) else { return nil }
        return HTTPHeaders([("Sec-WebSocket-Protocol", WebSocketStream.subprotocol)])
    }
}

/// Answers HTTP requests that do not become a stream, and closes.
final class NotAWebSocket: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        var head = HTTPResponseHead(version: .http1_1, status: .notFound)
        head.headers.add(name: "Content-Length", value: "0")
        head.headers.add(name: "Connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }
}
