extension TableSnapshot {
    /// The paths of all that makes up this version: its data files and deletion vectors, and the
    /// log up to it. All but the log's hint, which readers do without, never change.
    package func paths(in storage: some TableStorage) async throws(TableError) -> [String] {
        var paths: [String] = []
        for file in liveFiles { paths += storage.paths(of: file.path, file.deletionVector) }
        do throws(StorageFault) {
            for name in try await storage.names(in: LogPath.directory) {
                guard let found = LogPath.version(name.prefix(20)), found <= version else {
                    continue
                }
                paths.append(LogPath.directory + "/" + name)
            }
            let sidecars = LogPath.directory + "/_sidecars"
            paths += try await storage.names(in: sidecars).map { sidecars + "/" + $0 }
        } catch { throw .storage(error) }
        return paths
    }
}

extension TableStorage {
    /// The files that an action names: that of the rows, and that of its deletion vector.
    func paths(of path: String, _ vector: JSON?) -> [String] {
        let file = relative(PathEncoding.decoded(path))
        guard let vector, let place = vector["pathOrInlineDv"]?.text else { return [file] }
        switch vector["storageType"]?.text {
        case "u": return [file] + (DeletionVector.path(of: place).map { [$0] } ?? [])
        case "p": return [file, relative(PathEncoding.decoded(place))]
        default: return [file]
        }
    }
}
