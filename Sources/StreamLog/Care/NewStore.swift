internal import DurableFiles

/// A store that is being made beside its place, and moved there once it is complete: an attempt
/// that is interrupted leaves nothing that could be opened under the name.
struct NewStore {
    /// Where it is made.
    let directory: Directory
    private let path: String
    private let parent: Directory
    private let name: String

    /// `suffix` tells the attempts of different commands apart. What an attempt before left behind
    /// is removed.
    init(at path: String, suffix: String) throws(CareError) {
        let bare = path.last == "/" ? String(path.dropLast()) : path
        self.path = bare
        name = bare.lastIndex(of: "/").map { String(bare[bare.index(after: $0)...]) } ?? bare
        (parent, directory) = try CareError.unifying { [name] in
            let parent = try Directory.make(Directory.parent(of: bare))
            if let status = try parent.status(of: name) {
                let isEmpty = try status.isDirectory && Directory(bare).names().isEmpty
                guard isEmpty else { throw CareError.exists(path: path) }
            }
            let directory = try Directory.make(bare + suffix)
            try directory.removeAll()
            return (parent, directory)
        }
    }

    /// Gives it its name. Durable on return.
    func finish() throws(CareError) {
        do throws(FileFault) {
            let made = directory.path.dropFirst(path.count)
            try parent.rename(name + made, to: name)
        } catch {
            throw CareError(error)
        }
    }
}
