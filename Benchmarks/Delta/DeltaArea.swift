/// Tables and the Parquet files in them: first what a file costs, then what a commit does.
///
/// The rows are the NAB telemetry flattened to nine columns, ten times: 3.2 million. Both sides use
/// zstd at level 1 and row groups of a million rows.
extension Area {
    static let delta = Area(
        name: "delta",
        benchmarks: [
            // First, because what others have freed may not have gone back to the system.
            .memoryWrite,
            .parquet, .tableRows, .commitLatency, .commitFlat, .openLargeTable,
        ])
}
