internal import Access
package import StreamModel

/// What somebody pastes into an SDK to reach a gateway.
package struct ConnectionAdvice {
    /// Why there is nothing to paste.
    package enum Problem: Error, Equatable, CustomStringConvertible {
        case noRule(String, [String])
        case noListener(String)

        /// What happened, and what to do next.
        package var description: String {
            switch self {
            case .noRule(let name, let names):
                "there is no rule '\(name)'; there are: \(names.joined(separator: ", "))"
            case .noListener(let name):
                "the configuration has no \(name): set it to an address"
            }
        }
    }

    private let rules: AccessRules
    private let addresses: [String: ListenAddress]

    /// Advice for the gateway of a configuration, which may be running or not.
    package init(_ configuration: GatewayConfiguration) throws {
        rules = try AccessFile(in: configuration.data).rules(adding: configuration)
        var addresses = Notice.addresses(in: configuration.data)
        for (name, address) in [
            ("amqp", configuration.listeners.amqp), ("amqps", configuration.listeners.amqps),
        ] where addresses[name] == nil {
            addresses[name] = address
        }
        self.addresses = addresses
    }

    /// The connection string of a hub, with the key of `rule`, by TLS or without.
    ///
    /// `host` is what clients call this machine; nil: the name that the listener has.
    package func text(
        forHub hub: StreamName, rule name: String?, host: String?, overTLS: Bool
    ) throws(Problem) -> String {
        let candidates = rules.rules.filter { $0.hub == nil || $0.hub == hub.text }
        let wanted = name ?? AccessRules.rootRuleName
        // A rule of the hub's own comes before one of the whole namespace.
        guard
            let rule = candidates.filter({ $0.name == wanted }).max(by: {
                $0.hub == nil && $1.hub != nil
            })
        else { throw .noRule(wanted, candidates.map(\.name)) }
        guard let address = addresses[overTLS ? "amqps" : "amqp"] else {
            throw .noListener(overTLS ? "listen.amqps" : "listen.amqp")
        }
        let isEverywhere = address.host == "0.0.0.0" || address.host == "::"
        let isLoopback = address.isLoopback && address.host != "localhost"
        let known = isEverywhere || isLoopback ? "localhost" : address.host
        return ConnectionString(
            authority: "\(host ?? known):\(address.port)",
            credential: .key(rule: rule.name, key: rule.primaryKey), entityPath: hub.text,
            usesDevelopmentEmulator: !overTLS
        ).description
    }
}
