/// Which files of a table have to go: those that are too old, and the oldest of a table that is too
/// large.
///
/// A file's age is the time since it was written, which is never before its youngest event came: so
/// no row goes early. Files that were written together anew are young again.
struct Retention: Sendable {
    private let care: TableCare

    init(_ care: TableCare) { self.care = care }

    /// The places of the files that have to go, oldest first.
    func expired(_ files: [(time: Int64, byteCount: Int64)], now: Int64) -> [Int] {
        var left = files.reduce(0) { $0 + $1.byteCount }
        var expired: [Int] = []
        for place in files.indices.sorted(by: { files[$0].time < files[$1].time }) {
            let (age, overflow) = now.subtractingReportingOverflow(files[place].time)
            let isOld = care.retentionAge.map { !overflow && age > $0 } ?? false
            let isTooMuch = care.byteCountMax.map { left > $0 } ?? false
            guard isOld || isTooMuch else { continue }
            expired.append(place)
            left -= files[place].byteCount
        }
        return expired
    }
}
