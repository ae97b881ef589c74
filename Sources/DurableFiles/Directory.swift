internal import Bytes
internal import Glibc
internal import Synchronization

/// A directory whose entries survive a power cut once an operation here has returned.
///
/// A file's own sync does not cover its name: the directory has to be synced too, after every
/// creation, rename and removal. These operations do both, in the order that leaves either the old
/// state or the new one whatever moment the power goes.
@safe
package final class Directory: Sendable {
    /// As it was given.
    package let path: String
    /// Who may use what is made here.
    package let audience: Audience
    private let descriptor: Int32

    /// Opens the directory, which has to exist.
    package init(_ path: String, for audience: Audience = .owner) throws(FileFault) {
        let opened = retrying { unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard opened >= 0 else { throw FileFault(.open, path) }
        self.path = path
        self.audience = audience
        self.descriptor = opened
    }

    deinit { close(descriptor) }

    /// Opens the directory, and makes it and those above it first where they are missing. Its name
    /// is durable on return.
    package static func make(
        _ path: String, for audience: Audience = .owner
    ) throws(FileFault) -> Directory {
        let parent = parent(of: path)
        do throws(FileFault) {
            let existing = try Directory(path, for: audience)
            // Who made it may have been stopped before the name was durable.
            try syncIfReadable(parent)
            return existing
        } catch {
            // Whatever else is in the way, such as too few descriptors, is so further up, too.
            guard error.isMissing, parent != path else { throw error }
        }
        let above = try make(parent, for: audience)
        try makeOne(path, for: audience)
        try above.sync()
        return try Directory(path, for: audience)
    }

    /// A directory that must not be read was made by somebody else.
    private static func syncIfReadable(_ path: String) throws(FileFault) {
        do throws(FileFault) { try Directory(path).sync() } catch {
            guard error.code == EACCES else { throw error }
        }
    }

    /// The path of the directory that an entry lies in.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func makeOne(_ path: String, for audience: Audience) throws(FileFault) {
        let made = unsafe mkdir(path, audience.directoryMode)
        guard made == 0 || errno == EEXIST else { throw FileFault(.makeDirectory, path) }
    }

    /// Whether the path still leads to this directory, and not to none, or to another.
    package var isCurrent: Bool {
        var (own, found) = (stat(), stat())
        guard unsafe fstat(descriptor, &own) == 0, unsafe stat(path, &found) == 0 else {
            return false
        }
        return own.st_ino == found.st_ino && own.st_dev == found.st_dev
    }

    /// The path of an entry.
    package func path(of name: String) -> String { path + "/" + name }

    /// Waits until the device holds the names of the directory's entries.
    package func sync() throws(FileFault) {
        guard retrying({ fsync(descriptor) }) == 0 else { throw FileFault(.sync, path) }
    }

    /// The names of the entries, sorted, without `.` and `..`.
    package func names() throws(FileFault) -> [String] {
        guard let stream = unsafe opendir(path) else { throw FileFault(.list, path) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            // SAFETY: the system ends `d_name` with a zero byte, inside the entry it returned.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw FileFault(.list, path) }
        return names.sorted()
    }

    /// The status of an entry, or of what it links to; nil when there is none of that name.
    package func status(of name: String) throws(FileFault) -> FileStatus? {
        var found = stat()
        if unsafe stat(path(of: name), &found) == 0 { return FileStatus(found) }
        guard errno == ENOENT else { throw FileFault(.status, path(of: name)) }
        return nil
    }

    /// The status of an entry that is no link; nil when there is none of that name, or a link.
    package func ownStatus(of name: String) throws(FileFault) -> FileStatus? {
        var found = stat()
        if unsafe lstat(path(of: name), &found) == 0 {
            return found.st_mode & S_IFMT == S_IFLNK ? nil : FileStatus(found)
        }
        guard errno == ENOENT else { throw FileFault(.status, path(of: name)) }
        return nil
    }

    /// Gives an entry another name, replacing what had that name. Durable on return.
    package func rename(_ name: String, to newName: String) throws(FileFault) {
        guard unsafe Glibc.rename(path(of: name), path(of: newName)) == 0 else {
            throw FileFault(.rename, path(of: newName))
        }
        try sync()
    }

    /// Moves a file of another directory of the volume to `newName`, which may lie deeper, and
    /// replaces what had that name. Durable on return.
    package func move(
        from other: Directory, _ name: String, to newName: String
    ) throws(FileFault) {
        guard unsafe Glibc.rename(other.path(of: name), path(of: newName)) == 0 else {
            throw FileFault(.rename, path(of: newName))
        }
        try Directory(Self.parent(of: path(of: newName))).sync()
        try other.sync()
    }

    /// Removes a directory with everything in it. It is no error when there is none. Links are not
    /// followed. Durable only after `sync`.
    package func removeTree(_ name: String) throws(FileFault) {
        guard let status = try ownStatus(of: name) else { return try remove(name) }
        guard status.isDirectory else { return try remove(name) }
        let tree = try Directory(path(of: name))
        for entry in try tree.names() { try tree.removeTree(entry) }
        guard unsafe rmdir(path(of: name)) == 0 || errno == ENOENT else {
            throw FileFault(.unlink, path(of: name))
        }
    }

    /// Removes a file. It is no error when there is none. Durable only after `sync`.
    package func remove(_ name: String) throws(FileFault) {
        guard unsafe unlink(path(of: name)) == 0 || errno == ENOENT else {
            throw FileFault(.unlink, path(of: name))
        }
    }

    /// Removes everything in the directory. Links are removed and not followed. Durable only after
    /// the `sync` of each directory that is left.
    package func removeAll() throws(FileFault) {
        for name in try names() {
            guard let status = try ownStatus(of: name), status.isDirectory else {
                try remove(name)
                continue
            }
            try Directory(path(of: name)).removeAll()
            try removeDirectory(name)
        }
    }

    /// Removes an empty directory. Durable only after `sync`.
    package func removeDirectory(_ name: String) throws(FileFault) {
        guard unsafe rmdir(path(of: name)) == 0 || errno == ENOENT else {
            throw FileFault(.unlink, path(of: name))
        }
    }

    /// Makes `name` hold exactly `bytes`, whatever it held before. Durable on return.
    package func replace(_ name: String, with bytes: [UInt8]) throws(FileFault) {
        let temporary = temporaryName(for: name)
        try writeWhole(temporary, bytes)
        do { try rename(temporary, to: name) } catch {
            try? remove(temporary)
            throw error
        }
    }

    /// Makes `name` with `bytes`, unless it exists. Durable on return, whoever made it.
    package func create(_ name: String, with bytes: [UInt8]) throws(FileFault) -> CreateOutcome {
        let temporary = temporaryName(for: name)
        try writeWhole(temporary, bytes)
        let linked = unsafe link(path(of: temporary), path(of: name))
        let code = errno
        try remove(temporary)
        guard linked == 0 || code == EEXIST else {
            throw FileFault(.link, path(of: name), code: code)
        }
        try sync()
        return linked == 0 ? .created : .alreadyExists
    }

    /// Who made the name: this call, or somebody before it.
    package enum CreateOutcome: Sendable { case created, alreadyExists }

    /// WHY: two writers may make the same name at once, each with bytes of its own.
    private func temporaryName(for name: String) -> String {
        let serial = Self.temporaryCount.wrappingAdd(1, ordering: .relaxed).newValue
        return name + ".\(getpid()).\(serial).tmp"
    }

    private static let temporaryCount = Atomic<UInt64>(0)

    private func writeWhole(_ name: String, _ bytes: [UInt8]) throws(FileFault) {
        try remove(name)
        do {
            let file = try File(path(of: name), .creating, for: audience)
            try file.write(bytes, at: 0)
            try file.sync()
        } catch {
            // WHY: a full disk would stay fuller with each attempt.
            try? remove(name)
            throw error
        }
    }
}
