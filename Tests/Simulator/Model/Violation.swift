/// A promise that was not kept.
struct Violation: Error {
    /// Its number in `architecture.md`.
    let promise: String
    let detail: String

    init(_ promise: String, _ detail: String) {
        self.promise = promise
        self.detail = detail
    }
}

/// Throws a violation of `promise` unless `holds`.
func require(
    _ holds: Bool, _ promise: String, _ detail: @autoclosure () -> String
) throws(Violation) {
    if !holds { throw Violation(promise, detail()) }
}
