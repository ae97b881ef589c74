internal import CLinux
internal import Glibc

/// The file system that a path lies on.
package struct Volume: Equatable, Sendable {
    /// What the whole volume holds, in bytes.
    package let byteCount: Int
    /// What a process of this user may still take, in bytes.
    package let freeByteCount: Int
    /// Whether it is mounted so that nothing can be written.
    package let isReadOnly: Bool
    /// The kind, when it is one on which a flush or a lock promises nothing.
    package let unsafeKind: String?

    /// Asks the system about the volume of an existing path.
    package init(holding path: String) throws(FileFault) {
        var found = statfs()
        guard retrying({ unsafe statfs(path, &found) }) == 0 else {
            throw FileFault(.status, path)
        }
        let block = Int(clamping: found.f_frsize > 0 ? found.f_frsize : found.f_bsize)
        byteCount = Int(clamping: found.f_blocks).multipliedClamping(by: block)
        freeByteCount = Int(clamping: found.f_bavail).multipliedClamping(by: block)
        isReadOnly = found.f_flags & 1 != 0
        unsafeKind = Self.unsafeKinds[UInt32(truncatingIfNeeded: found.f_type)]
    }

    /// The numbers of statfs(2) for file systems whose locks or flushes reach only a server.
    private static let unsafeKinds: [UInt32: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2",
        0x6573_5546: "FUSE", 0x0102_1997: "9P", 0x0000_564C: "NCP", 0x00C3_6400: "Ceph",
        0x0BD0_0BD0: "Lustre", 0x7461_636F: "OCFS2",
    ]
}

extension Int {
    fileprivate func multipliedClamping(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
