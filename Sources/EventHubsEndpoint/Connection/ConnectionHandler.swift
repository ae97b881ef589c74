internal import AMQP
internal import Bytes
internal import Logging
internal import NIOCore

/// Carries bytes between a channel and its `HubConnection`, and no further than that connection can
/// take them: it reads on only when the log has room, and fetches events only when the peer reads.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Asks a connection to end, because the endpoint does.
    struct ShutDown: Sendable {}

    /// How often the clocks are looked at.
    private static let tickInterval = TimeAmount.seconds(1)
    /// Fetching and writing alternate this often before others on the loop have their turn.
    private static let roundCountMax = 8

    private let connection: HubConnection
    /// What was read and is not a whole frame yet.
    private var input = ByteBuffer()
    private var ticks: RepeatedTask?
    private var isReadPending = false
    private var isFlushing = false
    private var context: ChannelHandlerContext?

    init(_ connection: HubConnection) { self.connection = connection }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection.flush = { [weak self] in self?.flush() }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ticks = context.eventLoop.scheduleRepeatedTask(
            initialDelay: .zero, delay: Self.tickInterval
        ) { _ in
            bound.value.tick()
        }
        if context.channel.isActive { readOn() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ticks?.cancel()
        connection.over()
        connection.flush = {}
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        readOn()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ticks?.cancel()
        connection.over()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        // WHY: the connection calls back while it looks at the bytes, so they are held here.
        let held = input
        let taken = connection.received(held.readableBytesSpan)
        input.moveReaderIndex(forwardBy: taken)
        // Room that a large read took is not kept for what is left of it.
        if input.readableBytes == 0 { input = ByteBuffer() } else { input.discardReadBytes() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadPending = false
        connection.readCompleted()
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ShutDown: connection.shutDown()
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.parts.logger.debug("amqp stream failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    // MARK: Steps

    private func tick() {
        let now = NIODeadline.now().uptimeNanoseconds
        connection.tick(at: .nanoseconds(Int64(clamping: now)))
        flush()
    }

    /// Writes what the engine has, fetches more while the peer takes it, and reads on if it may.
    private func flush() {
        guard !isFlushing, let context else { return }
        isFlushing = true
        defer { isFlushing = false }
        var rounds = 0
        var hasMore = true
        while hasMore, context.channel.isWritable, rounds < Self.roundCountMax {
            rounds += 1
            hasMore = connection.pump()
            write(context)
        }
        write(context)
        if connection.engine.isClosed {
            context.close(promise: nil)
        } else {
            if hasMore, context.channel.isWritable { goOnLater(context) }
            readOn()
        }
    }

    private func write(_ context: ChannelHandlerContext) {
        guard connection.engine.hasOutput else { return }
        let bytes = connection.engine.takeOutput()
        guard !bytes.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func goOnLater(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.flush() }
    }

    private func readOn() {
        guard !isReadPending, !connection.isHeldBack, let context, context.channel.isActive else {
            return
        }
        isReadPending = true
        context.read()
    }
}
