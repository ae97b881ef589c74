internal import Access
internal import StreamLog
internal import StreamModel

/// Why a request to send was not done. Nothing of it is in the log, except where the commit's
/// storage fault says otherwise.
enum RestError: Error, Equatable {
    case access(Access.AccessError)
    /// The token is good, and does not allow to send here.
    case forbidden(String)
    case unknownHub(String)
    case unknownPartition(String, count: Int)
    case malformed(MalformedPart)
    case tooLarge(limit: Int)
    /// As many requests are in hand as there may be.
    case busy
    case commit(CommitError)

    /// What of a request cannot be read.
    enum MalformedPart: Equatable {
        case brokerProperties
        /// The body is no JSON array; the place is a byte's.
        case batch(position: Int)
        /// That event of a batch is not an object with a body.
        case event(Int)
        case noEvents
    }
}

/// What a client is told: a status, and a text.
extension RestError {
    var status: Int {
        switch self {
        case .access: 401
        case .forbidden: 403
        case .unknownHub, .unknownPartition: 404
        case .malformed: 400
        case .tooLarge: 413
        case .busy: 503
        case .commit(let error): Self.status(of: error)
        }
    }

    private static func status(of error: CommitError) -> Int {
        switch error {
        case .stream: 404
        case .tooLarge: 413
        case .malformed: 400
        case .full, .closed: 503
        case .producer, .storage: 500
        }
    }

    /// After how many seconds it is worth trying again; nil: as the client likes.
    var retryAfter: Int? {
        switch self {
        case .busy, .commit(.full): 1
        case .commit(.closed): 5
        case .access, .forbidden, .unknownHub, .unknownPartition, .malformed, .tooLarge, .commit:
            nil
        }
    }

    var text: String {
        switch self {
        case .access(let error): error.description
        case .forbidden(let hub): "Unauthorized access: 'Send' on '\(hub)' is required."
        case .unknownHub(let hub): "There is no event hub '\(hub)'."
        case .unknownPartition(let text, let count):
            "There is no partition '\(text)': the event hub has 0 to \(count - 1)."
        case .malformed(.brokerProperties): "The header BrokerProperties is not a JSON object."
        case .malformed(.batch(let position)):
            "The body is not a JSON array of events (at byte \(position))."
        case .malformed(.event(let index)):
            "Event \(index) is no object with a Body of text and UserProperties of plain values."
        case .malformed(.noEvents): "The body holds no events."
        case .tooLarge(let limit): "The request is larger than \(limit) bytes."
        case .busy: "The server is busy. Try again."
        case .commit(let error): error.description
        }
    }
}
