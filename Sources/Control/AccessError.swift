package import StreamLog

/// Why something asked of a store was not done.
package enum AccessError: Error, Equatable, Sendable {
    /// The store's owner has looked at the request and said no. Nothing has changed, unless the
    /// reason is `storage`.
    case refused(Refusal)
    /// There is no owner, and the store cannot be opened.
    case open(OpenError)
    /// There is no store in that directory, and the operation makes none.
    case noStore(path: String)
    /// The owner was lost. What was asked for last may have been done or not.
    case connection(ConnectionFault)
    /// The store was not backed up.
    case care(CareError)

    /// Whether the owner has gone, or is about to: another one may answer.
    package var isLossOfOwner: Bool {
        switch self {
        case .connection(.lost): true
        case .refused(let refusal): refusal.reason == .closed
        case .open, .noStore, .connection, .care: false
        }
    }
}

/// A refusal, in the same words whether it comes from this process or through the socket.
///
/// The text is made once, where the error happens: people read it, and nothing is decided by it.
package struct Refusal: Error, Equatable, Sendable {
    /// What kind of no it is, for code that has to decide.
    package enum Reason: UInt8, Sendable, CaseIterable {
        case unknownStream = 1
        case unknownPartition, streamExists, badPartitionCount, unknownFeed, offsetOutOfRange
        case producer, tooLarge, malformed, full, storage, closed
        /// The owner serves as many requests or connections as it may.
        case busy
    }

    /// What kind of no it is.
    package let reason: Reason
    /// What happened and what to do next, as it is shown to people.
    package let text: String

    /// A refusal in words that were made where the error happened.
    package init(_ reason: Reason, _ text: String) {
        self.reason = reason
        self.text = text
    }

    init(_ error: CommitError) {
        let reason: Reason =
            switch error {
            case .stream(.unknown): .unknownStream
            case .stream(.unknownPartition): .unknownPartition
            case .stream(.exists): .streamExists
            case .stream(.badPartitionCount): .badPartitionCount
            case .stream(.unknownFeed): .unknownFeed
            case .stream(.badOffset): .offsetOutOfRange
            case .producer: .producer
            case .tooLarge: .tooLarge
            case .malformed: .malformed
            case .full: .full
            case .storage: .storage
            // The log has failed for good, and asking again does not help.
            case .closed(.some): .storage
            case .closed(nil): .closed
            }
        self.init(reason, error.description)
    }

    init(_ error: ReadError) {
        let reason: Reason =
            switch error {
            case .unknownStream: .unknownStream
            case .unknownPartition: .unknownPartition
            case .offsetOutOfRange: .offsetOutOfRange
            case .storage: .storage
            case .closed: .closed
            }
        self.init(reason, error.description)
    }
}

/// What is wrong with the way to the owner of a store.
package enum ConnectionFault: Error, Equatable, Sendable {
    /// The process of that number has the store, and nobody answers at its socket.
    case notServed(path: String, processID: Int32?)
    /// The socket was closed, by the owner or by its end.
    case lost
    case otherVersion(theirs: UInt16, ours: UInt16)
    /// The other end sent something that is no answer.
    case garbage
}

extension AccessError: CustomStringConvertible {
    /// What happened, and what to do next.
    package var description: String {
        switch self {
        case .refused(let refusal): refusal.text
        case .open(let error): error.description
        case .noStore(let path):
            "there is no store in \(path): name its directory with --data, or make one with "
                + "`millrace streams create`"
        case .connection(let fault): fault.description
        case .care(let error): error.description
        }
    }
}

extension ConnectionFault: CustomStringConvertible {
    /// What happened, and what to do next.
    package var description: String {
        switch self {
        case .notServed(let path, let processID):
            "\(path) is in use by \(processID.map { "process \($0)" } ?? "another process"), "
                + "which does not answer at \(path)/\(ControlServer.socketName): stop it, or wait "
                + "until it has started"
        case .lost:
            "the process that owns the store went away: what was asked for last may have been "
                + "done or not"
        case .otherVersion(let theirs, let ours):
            "the owner of the store speaks version \(theirs) of the control protocol, and this "
                + "program version \(ours): use the owner's version of millrace"
        case .garbage: "the owner of the store sent an answer that cannot be read"
        }
    }
}
