/// The Event Hubs endpoint, with load from frames that were made beforehand, over loopback.
extension Area {
    // Memory comes first: later it would be measured in what the others have given back.
    static let amqp = Area(
        name: "amqp",
        benchmarks: [.memoryIdle, .sendBatched, .sendSingle, .sendLatency, .receiveEvents])
}
