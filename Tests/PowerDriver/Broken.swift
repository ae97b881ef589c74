/// A promise that an image does not keep. `check` is the name of the promise.
struct Broken: Error {
    let check: Check
    let detail: String

    enum Check: String {
        case opens, streams, acknowledged, bytes, once, gaps, ends, damage, seen, budget
        case positions, producers, appends, stable
        /// Of the tables: what was in them is gone; an event is nowhere, twice, or in the wrong
        /// table; the pipeline does not go on.
        case landed, rows, follows
    }
}

func require(
    _ holds: Bool, _ check: Broken.Check, _ detail: @autoclosure () -> String
) throws(Broken) {
    if !holds { throw Broken(check: check, detail: detail()) }
}
