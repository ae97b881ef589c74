internal import DurableFiles
internal import Synchronization

/// A table in a directory of a POSIX file system.
package final class LocalStorage: TableStorage {
    private let root: String
    /// Directories that have been used; opening them again for each commit would cost a third of
    /// it.
    private let directories = Mutex<[String: Directory]>([:])

    package init(_ root: String) { self.root = root }

    package func read(_ path: String) async throws(StorageFault) -> [UInt8]? {
        try storing { () throws(FileFault) in
            do throws(FileFault) {
                let file = try File(root + "/" + path, .reading)
                return try file.read(at: 0, count: try file.status().byteCount)
            } catch {
                guard error.isMissing else { throw error }
                return nil
            }
        }
    }

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

    package func replace(_ path: String, _ bytes: [UInt8]) async throws(StorageFault) {
        try storing { () throws(FileFault) in
            let (directory, name) = try place(of: path)
            // WHY: Hadoop keeps a checksum beside each file, and believes it more than the file.
            try directory.remove(".\(name).crc")
            try directory.replace(name, with: bytes)
        }
    }

    package func names(in directory: String) async throws(StorageFault) -> [String] {
        try storing { () throws(FileFault) in
            do throws(FileFault) {
                return try Directory(root + "/" + directory).names()
            } catch {
                guard error.isMissing else { throw error }
                return []
            }
        }
    }

    package func upload(_ path: String) async throws(StorageFault) -> LocalUpload {
        try storing { () throws(FileFault) in
            let (directory, name) = try place(of: path)
            return LocalUpload(
                file: try File(directory.path(of: name), .creating), directory: directory)
        }
    }

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
        if let known = directories.withLock({ $0[parent] }) { return (known, name) }
        let made = try Directory.make(parent)
        directories.withLock { $0[parent] = made }
        return (made, name)
    }
}

/// A file that is being written.
package struct LocalUpload: TableUpload {
    fileprivate let file: File
    fileprivate let directory: Directory
    private var byteCount = 0

    fileprivate init(file: File, directory: Directory) {
        self.file = file
        self.directory = directory
    }

    package mutating func append(_ bytes: [UInt8]) async throws(StorageFault) {
        let position = byteCount
        try storing { () throws(FileFault) in try file.write(bytes, at: position) }
        byteCount += bytes.count
    }

    package mutating func finish() async throws(StorageFault) {
        try storing { () throws(FileFault) in
            try file.sync()
            try directory.sync()
        }
    }
}

/// Names a file's fault as one of the storage.
private func storing<Value>(
    _ body: () throws(FileFault) -> Value
) throws(StorageFault) -> Value {
    do { return try body() } catch { throw .file(error) }
}
