internal import EventHubsEndpoint

/// What the Event Hubs endpoint is told of the configuration.
extension GatewayConfiguration {
    /// The listeners for Event Hubs, by their names in the configuration.
    var hubListeners: [(name: String, address: ListenAddress)] {
        [
            ("amqp", listeners.amqp), ("amqps", listeners.amqps),
            ("websocket", listeners.webSocket),
        ].compactMap { name, address in address.map { (name, $0) } }
    }

    /// Nil when nobody is to connect.
    var eventHubs: EventHubsConfiguration? {
        guard !hubListeners.isEmpty else { return nil }
        var settings = EventHubsConfiguration()
        settings.connectionCountMax = DescriptorLimit.current.hubConnections(
            of: settings.connectionCountMax)
        settings.unknownHubs = createsHubs ? .create(partitionCount: 4) : .refuse
        settings.listeners = hubListeners.map { name, address in
            .init(host: address.host, port: address.port, transport: transport(name))
        }
        return settings
    }

    private func transport(_ name: String) -> EventHubsConfiguration.Listener.Transport {
        switch (name, listeners.tlsFiles) {
        case ("amqps", .some(let files)): .tls(files)
        case ("websocket", let files): .webSocket(files)
        default: .plain
        }
    }
}

extension GatewayConfiguration.Listeners {
    fileprivate var tlsFiles: EventHubsConfiguration.TLSFiles? {
        guard let certificate, let key else { return nil }
        return .init(
            certificateChain: certificate, privateKey: key, clientAuthority: clientAuthority,
            clientRule: clientRule)
    }
}
