/// Why a listener does not listen.
package struct ListenError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `HOST:PORT`.
    let address: String
    /// What the system said.
    let reason: String

    /// What happened, and what to do next.
    package var description: String {
        "cannot listen for HTTP at \(address), because \(reason): choose another address with "
            + "listen.http in the configuration, or with --listen http=HOST:PORT"
    }
}
