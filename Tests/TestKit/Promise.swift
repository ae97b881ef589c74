public import Testing

/// The promises of the store that tests can prove: the contract of the product, by number.
///
/// `Tests/promises.txt` lists those that have a test. A Python suite says `# proves P1`.
public enum Promise: String, CaseIterable, Sendable {
    /// An acknowledged event survives SIGKILL, power loss and a full disk.
    case acknowledgedIsDurable = "P1"
    /// Offsets are dense and never issued twice with different bytes.
    case offsetsAreNeverReissued = "P2"
    /// Every event a pipeline covers is in its table or its quarantine once, or a gap names it.
    case landsOnce = "P3"
    /// A consumer that resumes goes on exactly where its position says, over gaps that are named.
    case resumesWhereCommitted = "P4"
    /// The store never uses more disk than its budget.
    case staysInBudget = "P5"
    /// Damage is detected before a byte of it is served, is named, and costs only its batches.
    case damageIsNamed = "P6"
    /// Time to first acknowledgement after a crash does not grow with the log.
    case opensInConstantTime = "P7"
    /// Bytes from a peer or a disk never trap, never hang, never take unbounded memory.
    case hostileBytesAreHarmless = "P8"
    /// A clock that jumps neither expires nor reorders anything.
    case clockJumpsAreHarmless = "P9"
    /// Who has no key gets nothing; nothing listens beyond loopback until the operator says so.
    case strangersGetNothing = "P10"
}

/// Marks a test, or a suite, as a proof of a promise. `ArchitectureTests` reads it in the source.
public struct ProofTrait: TestTrait, SuiteTrait {
    /// What the test proves.
    public let promise: Promise

    /// The number, in the test's output.
    public var comments: [Comment] { [Comment(rawValue: "proves \(promise.rawValue)")] }
}

extension Trait where Self == ProofTrait {
    /// The test proves this promise. To prove two, say it twice.
    public static func proves(_ promise: Promise) -> Self { ProofTrait(promise: promise) }
}
