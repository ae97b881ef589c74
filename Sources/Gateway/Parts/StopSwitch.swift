internal import ServiceLifecycle
internal import Synchronization

/// What ends a gateway: once it is on, everything is stopped in order.
///
/// It may be put on before the gateway runs, so that no signal is lost while a store is opened.
package final class StopSwitch: Service {
    private struct State {
        var isOn = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// A switch that is off.
    package init() {}

    /// Whether the gateway is to stop.
    package var isOn: Bool { state.withLock { $0.isOn } }

    /// Stops the gateway gracefully. Returns at once; the second call does nothing.
    package func stop() {
        let waiting = state.withLock { state in
            state.isOn = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once the switch is on, or the group is stopped for another reason.
    package func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                let isOn = state.withLock { state in
                    if !state.isOn { state.waiting.append(continuation) }
                    return state.isOn
                }
                if isOn { continuation.resume() }
            }
        } onCancelOrGracefulShutdown: {
            self.stop()
        }
    }
}
