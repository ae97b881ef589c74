import Glibc
import Parquet

/// Writes what a Parquet writer gives to a file, as pyarrow does.
struct FileSink: ByteSink {
    private let file: BenchmarkFile

    init(_ path: String) throws { file = try BenchmarkFile(path, O_WRONLY | O_CREAT | O_TRUNC) }

    mutating func write(_ bytes: [UInt8]) throws(LimitError) {
        var written = 0
        while written < bytes.count {
            // SAFETY: the pointer is used only inside the closure, for the bytes that are left.
            let count = unsafe bytes[written...].withUnsafeBytes { left in
                unsafe Glibc.write(file.descriptor, left.baseAddress, left.count)
            }
            guard count > 0 else { throw .last("write") }
            written += count
        }
    }
}
