internal import DurableFiles
internal import Synchronization

/// A table in a directory of a POSIX file system.
package final class LocalStorage: TableStorage {
    private let root: String
    /// Directories that have been used; opening them again for each commit would cost a third of
    /// it.
    private let directories = Mutex<[String: Directory]>([:])
    /// Each of them is an open file.
    private static let directoryCountMax = 64

    /// The table below the directory `root`, which the first write makes when it is missing.
    package init(_ root: String) { self.root = root }

    /// Absolute paths and `file:` URLs are read where they lead, also outside of the table.
    package func read(_ path: String) async throws(StorageFault) -> [UInt8]? {
        try existing { () throws(FileFault) in
            let file = try File(absolute(path), .reading)
            return try file.read(at: 0, count: try file.status().byteCount)
        }
    }

    /// One `pread`, so never more than what is there.
    package func read(
        _ path: String, _ range: Range<Int>
    ) async throws(StorageFault) -> [UInt8]? {
        try existing { () throws(FileFault) in
            try File(absolute(path), .reading).read(at: range.lowerBound, count: range.count)
        }
    }

    /// Times and sizes as the file system has them.
    package func status(of path: String) async throws(StorageFault) -> ObjectStatus? {
        try existing { () throws(FileFault) in
            ObjectStatus(path, try File(absolute(path), .reading).status())
        }
    }

    /// Written under another name, flushed, linked if the name is free, and the directory flushed:
    /// after a power cut there is the whole file or none.
    package func create(
        _ path: String, _ bytes: [UInt8]
    ) async throws(StorageFault) -> CreateOutcome {
        try storing { () throws(FileFault) in
            let (directory, name) = try place(of: path)
            return switch try directory.create(name, with: bytes) {
            case .created: .created
            case .alreadyExists: .alreadyExists
            }
        }
    }

    /// Written under another name, flushed and renamed, so that a reader sees one or the other.
    package func replace(_ path: String, _ bytes: [UInt8]) async throws(StorageFault) {
        try storing { () throws(FileFault) in
            let (directory, name) = try place(of: path)
            // WHY: Hadoop keeps a checksum beside each file, and believes it more than the file.
            try directory.remove(".\(name).crc")
            try directory.replace(name, with: bytes)
        }
    }

    /// The names of everything in it, directories and hidden files among them.
    package func names(in directory: String) async throws(StorageFault) -> [String] {
        try storing { () throws(FileFault) in
            do throws(FileFault) {
                return try Directory(absolute(directory)).names()
            } catch {
                guard error.isMissing else { throw error }
                return []
            }
        }
    }

    /// Does not follow symbolic links, so it ends, and stays inside of the table.
    package func objects(
        skipping isSkipped: @Sendable (String) -> Bool
    ) async throws(StorageFault) -> [ObjectStatus] {
        var found: [ObjectStatus] = []
        var waiting = [""]
        while let below = waiting.popLast() {
            try storing { () throws(FileFault) in
                let directory = try Directory(absolute(below))
                for name in try directory.names() {
                    // Somebody may remove it while we look, and a link leads out of the table.
                    guard let status = try directory.ownStatus(of: name) else { continue }
                    let path = below.isEmpty ? name : below + "/" + name
                    if !status.isDirectory {
                        found.append(ObjectStatus(path, status))
                    } else if !isSkipped(name) {
                        waiting.append(path)
                    }
                }
            }
        }
        return found
    }

    /// Makes the directory when it is missing. With `UploadPolicy.fail` a name that is taken is a
    /// fault.
    package func upload(
        _ path: String, ifExists policy: UploadPolicy
    ) async throws(StorageFault) -> LocalUpload {
        try storing { () throws(FileFault) in
            let (directory, name) = try place(of: path)
            if policy == .replace { try directory.remove(name) }
            let file = try File(directory.path(of: name), .creating, for: .everybody)
            return LocalUpload(name, file, in: directory)
        }
    }

    /// A string operation: it asks the file system nothing.
    package func relative(_ path: String) -> String {
        let absolute = Self.withoutScheme(path)
        guard absolute.hasPrefix("/") else { return path }
        let root = root.hasSuffix("/") ? root : root + "/"
        return absolute.hasPrefix(root) ? String(absolute.dropFirst(root.count)) : absolute
    }

    /// A log may name a file anywhere on the machine.
    private func absolute(_ path: String) -> String {
        let path = Self.withoutScheme(path)
        return path.hasPrefix("/") ? path : root + "/" + path
    }

    private static func withoutScheme(_ path: String) -> String {
        for scheme in ["file://", "file:"] where path.hasPrefix(scheme + "/") {
            return String(path.dropFirst(scheme.count))
        }
        return path
    }

    /// Not durable: a file that comes back after a power cut is removed by the next vacuum.
    package func remove(_ path: String) async throws(StorageFault) {
        try storing { () throws(FileFault) in
            let (directory, name) = try place(of: path)
            try directory.remove(name)
        }
    }

    /// The directory of `path`, made where it is missing, and the last part of the path.
    private func place(of path: String) throws(FileFault) -> (Directory, String) {
        let parts = path.split(separator: "/")
        let parent = ([root] + parts.dropLast().map(String.init)).joined(separator: "/")
        let name = String(parts.last ?? "")
        // Another engine may have removed it, or the whole table, and made it again.
        if let known = directories.withLock({ $0[parent] }), known.isCurrent {
            return (known, name)
        }
        let made = try Directory.make(parent, for: .everybody)
        directories.withLock { known in
            if known.count >= Self.directoryCountMax { known.removeAll() }
            known[parent] = made
        }
        return (made, name)
    }
}

/// A file that is being written. It is removed when that fails: a full disk would stay so.
package struct LocalUpload: TableUpload {
    private let name: String
    private let file: File
    private let directory: Directory
    private var byteCount = 0

    fileprivate init(_ name: String, _ file: File, in directory: Directory) {
        self.name = name
        self.file = file
        self.directory = directory
    }

    /// A failed write removes the file.
    package mutating func append(_ bytes: [UInt8]) async throws(StorageFault) {
        let position = byteCount
        try removing { () throws(FileFault) in try file.write(bytes, at: position) }
        byteCount += bytes.count
    }

    /// Flushes the file and its directory. A failed flush removes the file.
    package mutating func finish() async throws(StorageFault) {
        try removing { () throws(FileFault) in
            try file.sync()
            try directory.sync()
        }
    }

    /// Removes the file when `body` fails.
    private func removing(_ body: () throws(FileFault) -> Void) throws(StorageFault) {
        do { try body() } catch {
            try? directory.remove(name)
            throw .file(error)
        }
    }
}

extension ObjectStatus {
    fileprivate init(_ path: String, _ status: FileStatus) {
        self.init(
            path: path, byteCount: Int64(status.byteCount),
            modificationTime: status.modificationTime)
    }
}

/// Nil when what `body` looks at does not exist.
private func existing<Value>(
    _ body: () throws(FileFault) -> Value
) throws(StorageFault) -> Value? {
    try storing { () throws(FileFault) -> Value? in
        do throws(FileFault) { return try body() } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }
}

/// Names a file's fault as one of the storage.
private func storing<Value>(
    _ body: () throws(FileFault) -> Value
) throws(StorageFault) -> Value {
    do { return try body() } catch { throw .file(error) }
}
