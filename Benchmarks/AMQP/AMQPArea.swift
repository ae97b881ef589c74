/// The Event Hubs endpoint, with load from frames that were made beforehand, over loopback.
extension Area {
    static let amqp = Area(
        name: "amqp",
        benchmarks: [.sendBatched, .sendSingle, .sendLatency, .receiveEvents, .memoryIdle])
}
