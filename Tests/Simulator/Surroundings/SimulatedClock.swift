import StreamLog
import Synchronization

/// The clocks of a machine that a simulation turns.
///
/// It begins in the year 2100, so that whatever real files say of their time is long past.
/// It also knows the time that truly went by, which no program of the machine does: the age.
final class SimulatedClock: LogClock {
    private struct State {
        var time = SystemTime(
            wall: 4_102_444_800_000, boot: 1_000_000, bootID: 1, isWallTrusted: true)
        var age: Int64 = 0
        /// How far the wall clock is off.
        var error: Int64 = 0
        /// Whether a block may carry a time that was off.
        var hasLied = false
        /// Whether a block tells when the machine started.
        var isStartTold = true
    }

    private let state = Mutex(State())

    func read() -> SystemTime { state.withLock { $0.time } }

    /// Milliseconds that truly went by, as far as an honest clock could tell.
    var age: Int64 { state.withLock { $0.age } }

    /// How far the wall clock is off, in milliseconds.
    var error: Int64 { state.withLock { $0.error } }

    /// Lets time go by.
    func advance(_ milliseconds: Int64) {
        state.withLock { state in
            state.age += milliseconds
            state.time.wall += milliseconds
            state.time.boot += milliseconds
        }
    }

    /// Sets the wall clock wrong by so much more.
    ///
    /// It goes on saying that it is synchronised, as a kernel would not: nothing may rest on it
    /// while the machine runs. How long the machine was off rests on it until a block has told
    /// that, and nobody could tell a lie from the truth: then it says what a kernel would.
    func jump(_ milliseconds: Int64) {
        state.withLock { state in
            state.error += milliseconds
            state.time.wall += milliseconds
            state.hasLied = true
            if !state.isStartTold { state.time.isWallTrusted = false }
        }
    }

    /// Sets the wall clock right.
    func heal() {
        state.withLock { state in
            state.time.wall -= state.error
            state.error = 0
        }
    }

    /// The log has written a block with the time as it is. Once that is right, it is trusted again.
    func noteBlock() {
        state.withLock { state in
            state.isStartTold = true
            guard state.error == 0 else { return }
            state.hasLied = false
            state.time.isWallTrusted = true
        }
    }

    /// Starts the machine again after it was off for so long. A clock that lied is not trusted: how
    /// long a machine was off nobody can tell from two readings of which one is a lie.
    func restart(after milliseconds: Int64) {
        state.withLock { state in
            state.time.wall += milliseconds
            state.time.boot = 1000
            state.time.bootID += 1
            state.isStartTold = false
            state.time.isWallTrusted = state.error == 0 && !state.hasLied
            if state.time.isWallTrusted { state.age += milliseconds }
        }
    }
}
