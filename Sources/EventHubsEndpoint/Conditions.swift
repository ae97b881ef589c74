internal import AMQP
internal import Access
internal import EventModel
internal import StreamLog

/// The conditions of Event Hubs that the standard does not have.
extension Symbol {
    static let serverBusy: Symbol = "com.microsoft:server-busy"
    static let argumentError: Symbol = "com.microsoft:argument-error"
    static let argumentOutOfRange: Symbol = "com.microsoft:argument-out-of-range"
    static let outOfOrderSequence: Symbol = "com.microsoft:out-of-order-sequence"
    static let producerEpochStolen: Symbol = "com.microsoft:producer-epoch-stolen"
}

/// Every error below as what a client is told, with the words that SDKs look for.
enum Condition {
    static func of(_ error: CommitError) -> AMQPError {
        switch error {
        case .stream(.unknown(let name)): entityNotFound(name)
        case .stream(.unknownPartition): AMQPError(.argumentOutOfRange, "\(error)")
        case .stream(.exists), .stream(.badPartitionCount), .stream(.unknownFeed),
            .stream(.badOffset):
            AMQPError(.notAllowed, "\(error)")
        case .producer(.outOfOrder): AMQPError(.outOfOrderSequence, "\(error)")
        case .producer(.fenced): AMQPError(.producerEpochStolen, "\(error)")
        case .tooLarge: AMQPError(.messageSizeExceeded, "\(error)")
        case .malformed: AMQPError(.decodeError, "\(error)")
        case .full: busy("\(error)")
        case .storage: AMQPError(.internalError, "\(error)")
        case .closed: AMQPError(.internalError, "\(error)")
        }
    }

    static func of(_ error: ReadError, hub: String) -> AMQPError {
        switch error {
        case .unknownStream: entityNotFound(hub)
        case .unknownPartition: AMQPError(.argumentOutOfRange, "\(error)")
        case .offsetOutOfRange: AMQPError(.argumentError, "\(error)")
        case .storage: AMQPError(.internalError, "\(error)")
        case .closed: AMQPError(.connectionForced, "\(error)")
        }
    }

    static func of(_ error: EventError) -> AMQPError {
        switch error {
        case .malformed, .emptyBatch: AMQPError(.decodeError, "\(error)")
        case .keyTooLong: AMQPError(.argumentError, "\(error)")
        case .tooLarge: AMQPError(.messageSizeExceeded, "\(error)")
        }
    }

    /// SDKs match this text, and retry for ever without it.
    static func entityNotFound(_ name: String) -> AMQPError {
        AMQPError(
            .notFound, "The messaging entity 'sb://localhost/\(name)' could not be found.")
    }

    /// SDKs wait at least four seconds after this.
    static func busy(_ reason: String) -> AMQPError {
        AMQPError(
            .serverBusy,
            "The request was terminated because the entity is being throttled. "
                + "Error code : 50002. \(reason). Please wait 4 seconds and try again.")
    }

    static func unauthorized(_ claim: Claim, _ address: String) -> AMQPError {
        AMQPError(
            .unauthorizedAccess,
            "Unauthorized access. '\(claim.rawValue)' claim(s) are required to perform this "
                + "operation. Resource: '\(address)'.")
    }

    /// The status of an answer on a request link: HTTP's, as SDKs map it back to conditions.
    static func status(of error: AMQPError) -> Int32 {
        switch error.condition {
        case .notFound: 404
        case .unauthorizedAccess: 401
        case .argumentError, .argumentOutOfRange, .decodeError: 400
        case .serverBusy: 503
        case .notImplemented: 501
        default: 500
        }
    }
}
