internal import Bytes
internal import CLinux
internal import Glibc

/// An open file. It is closed when the last reference goes.
///
/// Reads are `pread`s: a media error is a fault with a code and never a signal, as it would be
/// through a memory map. All methods may be called from any thread.
@safe
package final class File: Sendable {
    /// As it was given.
    package let path: String
    private let descriptor: Int32

    /// What the file is opened for.
    package enum Access: Sendable {
        case reading
        /// Created when missing.
        case writing
        /// Must not exist yet.
        case creating
    }

    /// Opens the file; one that is made gets the mode of its audience.
    package init(
        _ path: String, _ access: Access, for audience: Audience = .owner
    ) throws(FileFault) {
        let flags =
            switch access {
            case .reading: O_RDONLY
            case .writing: O_RDWR | O_CREAT
            case .creating: O_RDWR | O_CREAT | O_EXCL
            }
        let opened = retrying { unsafe Glibc.open(path, flags | O_CLOEXEC, audience.fileMode) }
        guard opened >= 0 else { throw FileFault(.open, path) }
        self.path = path
        self.descriptor = opened
    }

    deinit { close(descriptor) }

    /// The length in bytes, the bytes allocated on the volume, and the number that names the file.
    package func status() throws(FileFault) -> FileStatus {
        var found = stat()
        guard unsafe fstat(descriptor, &found) == 0 else { throw FileFault(.status, path) }
        return FileStatus(found)
    }

    /// Up to `count` bytes from `position`; fewer only where the file ends.
    package func read(at position: Int, count: Int) throws(FileFault) -> [UInt8] {
        var result: [UInt8] = []
        try read(at: position, count: count, into: &result)
        return result
    }

    /// Replaces `buffer` by up to `count` bytes from `position`; fewer only where the file ends.
    package func read(
        at position: Int, count: Int, into buffer: inout [UInt8]
    ) throws(FileFault) {
        precondition(position >= 0 && count >= 0, "no bytes at \(position), count \(count)")
        var failure: Int32 = 0
        // SAFETY: `pread` writes at most the bytes asked for, and `filled` counts those it wrote.
        let read = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            while filled < count {
                let rest = unsafe UnsafeMutableBufferPointer(rebasing: target[filled...])
                let got = unsafe pread(
                    descriptor, rest.baseAddress, rest.count, off_t(position + filled))
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { break }
                filled += got
            }
        }
        guard failure == 0 else { throw FileFault(.read, path, code: failure) }
        buffer = read
    }

    /// Writes all of `bytes` at `position`.
    package func write(_ bytes: [UInt8], at position: Int) throws(FileFault) {
        var written = 0
        while written < bytes.count {
            // SAFETY: the pointer is used only inside the closure, and only for bytes of the array.
            let put = unsafe bytes[written...].withUnsafeBytes { source in
                unsafe pwrite(
                    descriptor, source.baseAddress, source.count, off_t(position + written))
            }
            if put < 0 && errno == EINTR { continue }
            guard put > 0 else { throw FileFault(.write, path, code: put < 0 ? errno : ENOSPC) }
            written += put
        }
    }

    /// Waits until the device holds the file's bytes and its length.
    package func sync() throws(FileFault) {
        DeviceFlushes.note()
        guard retrying({ fdatasync(descriptor) }) == 0 else { throw FileFault(.sync, path) }
    }

    /// Has the system read those bytes while the caller does something else. A hint; they may lie
    /// behind the end of the file.
    package func readAhead(_ bytes: Range<Int>) {
        _ = posix_fadvise(
            descriptor, off_t(bytes.lowerBound), off_t(bytes.count), POSIX_FADV_WILLNEED)
    }

    /// Asks the system to read those bytes from the device the next time, as far as they have been
    /// flushed or given up.
    ///
    /// WHY: after a flush that failed Linux takes pages for clean that the device never got.
    package func forgetCached(_ bytes: Range<Int>) {
        _ = posix_fadvise(
            descriptor, off_t(bytes.lowerBound), off_t(bytes.count), POSIX_FADV_DONTNEED)
    }

    /// Makes sure that the first `count` bytes have their place on the volume.
    package func allocate(_ count: Int) throws(FileFault) {
        let code = posix_fallocate(descriptor, 0, off_t(count))
        guard code == 0 else { throw FileFault(.allocate, path, code: code) }
    }

    /// Sets those bytes aside on the volume, and leaves the file as long as it is: what is written
    /// there later finds its place. A hint; not every file system takes it.
    package func reserve(_ bytes: Range<Int>) throws(FileFault) {
        let reserved = retrying {
            millrace_reserve(descriptor, off_t(bytes.lowerBound), off_t(bytes.count))
        }
        guard reserved == 0 else { throw FileFault(.allocate, path) }
    }

    /// Gives back what has been set aside behind the end of the file.
    package func releaseReserved() throws(FileFault) {
        let status = try status()
        guard status.allocatedByteCount > status.byteCount else { return }
        try truncate(to: status.byteCount)
    }

    /// Makes the file `count` bytes long. Durable only after `sync`.
    package func truncate(to count: Int) throws(FileFault) {
        guard retrying({ ftruncate(descriptor, off_t(count)) }) == 0 else {
            throw FileFault(.write, path)
        }
    }

    /// Takes the advisory lock of the whole file, if nobody else holds it, until it is closed.
    /// Shared ones only exclude those that are not.
    package func tryLock(_ sharing: LockSharing = .exclusive) throws(FileFault) -> LockOutcome {
        let kind = sharing == .exclusive ? LOCK_EX : LOCK_SH
        if retrying({ flock(descriptor, kind | LOCK_NB) }) == 0 { return .taken }
        guard errno == EWOULDBLOCK else { throw FileFault(.lock, path) }
        return .heldByAnother
    }

    /// Whether others may have the lock, too.
    package enum LockSharing: Sendable { case exclusive, shared }

    /// Whether the lock is this process's now.
    package enum LockOutcome: Sendable { case taken, heldByAnother }
}

/// What the system says of a file.
package struct FileStatus: Equatable, Sendable {
    /// The length in bytes.
    package let byteCount: Int
    /// What the file takes of its volume, in bytes.
    package let allocatedByteCount: Int
    /// Names the file on its volume as long as it exists.
    package let inode: UInt64
    /// Whether it is a directory.
    package let isDirectory: Bool
    /// When the bytes were last changed, in milliseconds since 1970-01-01T00:00:00Z.
    package let modificationTime: Int64

    init(_ found: stat) {
        byteCount = Int(found.st_size)
        allocatedByteCount = Int(found.st_blocks) * 512
        inode = UInt64(found.st_ino)
        isDirectory = found.st_mode & S_IFMT == S_IFDIR
        let seconds = Int64(found.st_mtim.tv_sec).multipliedReportingOverflow(by: 1000)
        modificationTime =
            seconds.overflow
            ? 0 : seconds.partialValue &+ Int64(found.st_mtim.tv_nsec) / 1_000_000
    }
}

/// Calls again for as long as a signal interrupted the call.
func retrying(_ call: () -> Int32) -> Int32 {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
