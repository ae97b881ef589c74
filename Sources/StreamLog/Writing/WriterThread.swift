internal import Glibc

/// Runs one body on a thread of its own.
///
/// The log's writer blocks in the device for most of its life, so it must not take a thread of
/// Swift's cooperative pool, which has only as many as there are cores.
enum WriterThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        // SAFETY: the reference retained here is taken over by the thread, exactly once.
        let body = unsafe Unmanaged.passRetained(Body(run)).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body)
        precondition(code == 0, "the system gives no thread for the log's writer (error \(code))")
        pthread_detach(thread)
    }
}
