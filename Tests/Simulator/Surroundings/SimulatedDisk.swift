import Glibc

/// The disk as the preloaded fault shim makes it: calls that fail, and writes that a power cut
/// takes back. (`Tests/FaultShim/include/faultshim.h`)
struct SimulatedDisk {
    private typealias Fail = @convention(c) (UnsafePointer<CChar>) -> Void
    private typealias Remember = @convention(c) () -> Void
    private typealias Lose = @convention(c) (UInt64) -> Int

    private let fail: @Sendable (String) -> Void
    private let loseWrites: @Sendable (UInt64) -> Int

    /// Nil where the shim was not preloaded.
    init?() {
        guard let fail = unsafe Self.function("faultshim_fail", as: Fail.self),
            let remember = Self.function("faultshim_remember", as: Remember.self),
            let lose = Self.function("faultshim_lose", as: Lose.self)
        else { return nil }
        self.fail = { rules in unsafe rules.withCString { text in unsafe fail(text) } }
        loseWrites = { lose($0) }
        remember()
    }

    private static func function<T>(_ name: String, as type: T.Type) -> T? {
        guard let symbol = unsafe dlsym(nil, name) else { return nil }
        // SAFETY: the shim's header declares the function of that name with this type.
        return unsafe unsafeBitCast(symbol, to: type)
    }

    /// From the `step`-th call on that changes a file, every one fails: to what was running that is
    /// the same as not being there any more.
    func die(atStep step: Int) { fail("any:\(step):EIO:forever") }

    /// Some calls fail, as a rule of the shim says.
    func fail(by rule: String) { fail(rule) }

    /// All calls succeed again.
    func heal() { fail("") }

    /// Takes back writes that no flush has covered, all but a first part; says how many.
    func losePower(_ draw: UInt64) -> Int { loseWrites(draw) }
}
