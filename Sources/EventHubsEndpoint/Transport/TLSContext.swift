internal import NIOSSL

/// Why the endpoint cannot listen.
package enum EndpointError: Error, Sendable {
    /// The files for TLS cannot be read, or do not belong together.
    case tls(path: String, reason: String)
    /// The address is not to be had.
    case bind(host: String, port: Int, reason: String)
    /// A client rule is configured that does not exist.
    case unknownRule(String)
}

extension EndpointError: CustomStringConvertible {
    /// What happened, and what to do next.
    package var description: String {
        switch self {
        case .tls(let path, let reason):
            "TLS cannot use '\(path)': \(reason). `millrace certificate` makes files that it can"
        case .bind(let host, let port, let reason):
            "cannot listen for AMQP at \(host):\(port), because \(reason): "
                + "choose another address with listen in the configuration, or with --listen "
                + "LISTENER=HOST:PORT"
        case .unknownRule(let name): "the rule '\(name)' of client certificates does not exist"
        }
    }
}

extension EventHubsConfiguration.TLSFiles {
    /// What TLS connections are made with; at least TLS 1.2.
    func makeContext() throws(EndpointError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificateChain)
        } catch {
            throw .tls(path: certificateChain, reason: "\(error)")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: privateKey, format: .pem)
        } catch {
            throw .tls(path: privateKey, reason: "\(error)")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        if let clientAuthority {
            configuration.trustRoots = .file(clientAuthority)
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .tls(path: certificateChain, reason: "\(error)")
        }
    }
}
