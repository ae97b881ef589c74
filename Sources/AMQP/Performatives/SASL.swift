package import Bytes

/// What a SASL exchange came to (part 5, section 5.3.3.6).
package enum SASLCode: UInt8, Sendable, Hashable {
    /// The client is who it says.
    case ok = 0
    /// It is not, or may not.
    case auth = 1
    /// Something else went wrong.
    case system = 2
    /// Something else went wrong that will not go away by itself.
    case systemPermanent = 3
    /// Something else went wrong that may go away.
    case systemTemporary = 4
}

/// A frame of the SASL layer (part 5, section 5.3.3).
package enum SASLFrame: Hashable, Sendable {
    /// What the server accepts, in its order of preference.
    case mechanisms([Symbol])
    /// What the client chose.
    case start(SASLInit)
    /// A question of the server.
    case challenge([UInt8])
    /// An answer of the client.
    case response([UInt8])
    /// The server's verdict.
    case outcome(SASLCode, additionalData: [UInt8]?)

    /// Reads the body of a frame.
    package init(_ reader: inout ValueReader) throws(DecodeError) {
        let start = reader.position
        let descriptor = try reader.descriptor()
        guard var fields = try reader.list() else { throw .badValue(position: start) }
        switch descriptor {
        case .saslMechanisms: self = .mechanisms(try fields.symbols())
        case .saslInit: self = .start(try SASLInit(&fields))
        case .saslChallenge: self = .challenge(try fields.require(try fields.binary()))
        case .saslResponse: self = .response(try fields.require(try fields.binary()))
        case .saslOutcome:
            let code = try fields.require(try fields.ubyte())
            self = .outcome(
                try fields.require(SASLCode(rawValue: code)), additionalData: try fields.binary())
        default: throw .badValue(position: start)
        }
        try fields.skipRest()
    }

    func write(to writer: inout ValueWriter) {
        writer.append(descriptor: descriptor.rawValue)
        let list = writer.beginCompound()
        switch self {
        case .mechanisms(let mechanisms):
            writer.append(symbols: mechanisms)
            writer.endList(list, count: 1)
        case .start(let start):
            start.writeFields(to: &writer)
            writer.endList(list, count: SASLInit.fieldCount)
        case .challenge(let bytes), .response(let bytes):
            writer.append(binary: bytes)
            writer.endList(list, count: 1)
        case .outcome(let code, let data):
            writer.append(ubyte: code.rawValue)
            writer.append(binary: data)
            writer.endList(list, count: 2)
        }
    }

    private var descriptor: Descriptor {
        switch self {
        case .mechanisms: .saslMechanisms
        case .start: .saslInit
        case .challenge: .saslChallenge
        case .response: .saslResponse
        case .outcome: .saslOutcome
        }
    }
}

/// The mechanism a client chose, and its first words.
package struct SASLInit: Hashable, Sendable {
    static let fieldCount = 3

    /// The mechanism.
    package var mechanism: Symbol
    /// What the client says with it; `nil` is not the same as nothing.
    package var initialResponse: [UInt8]?
    /// Whom the client wants to talk to.
    package var hostname: String?

    /// A choice of a mechanism.
    package init(mechanism: Symbol, initialResponse: [UInt8]?, hostname: String? = nil) {
        self.mechanism = mechanism
        self.initialResponse = initialResponse
        self.hostname = hostname
    }

    init(_ fields: inout FieldReader) throws(DecodeError) {
        mechanism = try fields.require(try fields.symbol())
        initialResponse = try fields.binary()
        hostname = try fields.string()
    }

    func writeFields(to writer: inout ValueWriter) {
        writer.append(symbol: mechanism)
        writer.append(binary: initialResponse)
        writer.append(string: hostname)
    }
}

/// User and password, as the mechanism PLAIN sends them (RFC 4616).
package struct PlainCredentials: Hashable, Sendable {
    /// Whom the user wants to act as; mostly empty.
    package let authorizationID: String
    /// The user.
    package let user: String
    /// The password.
    package let password: String

    /// Takes the words of an initial response apart. `nil` when they are not two zeros with text
    /// around them.
    package init?(_ response: [UInt8]) {
        let parts = response.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 3,
            let authorizationID = String(validating: parts[0], as: UTF8.self),
            let user = String(validating: parts[1], as: UTF8.self), !user.isEmpty,
            let password = String(validating: parts[2], as: UTF8.self)
        else { return nil }
        self.authorizationID = authorizationID
        self.user = user
        self.password = password
    }

    /// Credentials to send.
    package init(user: String, password: String) {
        authorizationID = ""
        self.user = user
        self.password = password
    }

    /// The words of an initial response.
    package var response: [UInt8] {
        Array(authorizationID.utf8) + [0] + Array(user.utf8) + [0] + Array(password.utf8)
    }
}
