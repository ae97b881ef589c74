import StreamLog

/// An event of the tables' workloads: everything about it follows from its place, so that a checker
/// knows what has to be where.
///
/// Its tags go into a child table, every eighth event brings a field that was not there before,
/// and every seventh is no JSON. For a redrive, every seventh is deeper than the pipeline allows.
struct TableEvent: Hashable {
    let partition: UInt32
    let offset: Int64

    var isBroken: Bool { offset % 7 == 5 }
    func isDeep(_ scenario: TableScenario) -> Bool { scenario == .redrive && offset % 7 == 2 }
    var tagCount: Int { isBroken ? 0 : Int(offset % 3) }
    /// The field of its own, whose value is the offset.
    var lateField: String { "f\(offset / 8)" }

    func body(_ scenario: TableScenario) -> [UInt8] {
        let text = String(repeating: "x", count: scenario.textByteCount)
        if isBroken { return Array(#"{"n":\#(offset),"#.utf8) }
        let tags = (0..<tagCount).map { #""\#(offset)-\#($0)""# }.joined(separator: ",")
        let deep = isDeep(scenario) ? #""a":{"b":{"c":{"d":1}}},"# : ""
        return Array(
            (#"{"n":\#(offset),"text":"\#(text)","\#(lateField)":\#(offset),"#
                + #"\#(deep)"tags":[\#(tags)]}"#).utf8)
    }
}
