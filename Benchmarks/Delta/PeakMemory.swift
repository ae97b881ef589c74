import Glibc

/// The most memory this process has held since it was last asked to forget.
enum PeakMemory {
    static func reset() throws {
        let file = try BenchmarkFile("/proc/self/clear_refs", O_WRONLY)
        let forgetPeak: [UInt8] = [UInt8(ascii: "5")]
        // SAFETY: the pointer is used only inside the closure, for its one byte.
        let count = unsafe forgetPeak.withUnsafeBytes { bytes in
            unsafe write(file.descriptor, bytes.baseAddress, bytes.count)
        }
        guard count == 1 else { throw LimitError.last("write \(file.path)") }
    }

    static func byteCount() throws -> Int {
        try processFigure("/proc/self/status", "VmHWM:") * 1024
    }
}
