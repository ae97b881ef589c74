/// Which state of a table is meant.
package enum LogPlace: Equatable, Sendable {
    case newest
    case version(Int64)
    /// The newest version that was committed at this time or before it, in milliseconds since
    /// 1970-01-01T00:00:00Z.
    case time(Int64)
}
