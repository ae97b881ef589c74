/// How many files and connections this process may have open at a time (`RLIMIT_NOFILE` of
/// getrlimit(2)), and how many of them connections may take.
///
///     0 ───────────── reserved ──────────────┬──── HTTP ────┬───── Event Hubs ─────▶ count
///     log, tables, commands and the runtime  │ a quarter of the rest, or what it wants
///
/// WHY: connections that took the last descriptor would stop more than a roll and a table's commit.
/// Dispatch, on which Swift's tasks run, ends the process when it cannot open a file of `/proc` to
/// look after its threads. So there are descriptors that no peer is ever given.
package struct DescriptorLimit: Equatable, Sendable {
    /// With fewer no gateway starts: those that are reserved, and some connections.
    package static let least = 256
    /// Twice what the log, the runtime and forty tables that commit at once were seen to take.
    private static let reservedMin = 192

    /// How many descriptors there may be.
    package let count: Int

    /// A limit as it may stand somewhere.
    package init(_ count: Int) { self.count = count }

    /// The descriptors that no connection takes.
    package var reserved: Int { max(Self.reservedMin, count / 4) }

    /// How many connections the HTTP endpoint may have, of those that it wants.
    package func httpConnections(of wanted: Int) -> Int { min(wanted, max(1, free / 4)) }

    /// How many Event Hubs clients may have connected, of those that they want.
    package func hubConnections(of wanted: Int) -> Int { min(wanted, max(1, free - free / 4)) }

    private var free: Int { count - reserved }

    // MARK: This process

    /// The limit of this process as it is.
    package static var current: DescriptorLimit {
        DescriptorLimit(ProcessLimit.descriptors.current)
    }

    /// Lets this process have as many as the system lets a program ask for.
    ///
    /// Throws `tooFewDescriptors` where that is not enough for a gateway.
    package static func raise() throws(GatewayError) -> DescriptorLimit {
        ProcessLimit.descriptors.raise()
        let raised = current
        guard raised.count >= least else {
            throw .tooFewDescriptors(count: raised.count, least: least)
        }
        return raised
    }
}
