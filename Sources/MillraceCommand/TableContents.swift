internal import DeltaTable
internal import Materializer
internal import StreamLog

/// The files that make up tables at one moment, for a backup of them.
final class TableContents {
    private let directory: String
    /// What could not be listed when it was last asked for, and why.
    private(set) var unreadable: [(path: String, error: TableError)] = []

    init(below directory: String) { self.directory = directory }

    /// Of every table its newest version: the live files and the log up to it.
    func all() async -> [Backup.TableFile] {
        unreadable = []
        var files: [Backup.TableFile] = []
        for root in TableDirectories.roots(below: directory) {
            do throws(TableError) {
                let storage = LocalStorage(root)
                let paths = try await TableSnapshot(newestIn: storage).paths(in: storage)
                let place = root.dropFirst(directory.count)
                files += paths.map { path in
                    Backup.TableFile(path: root + "/" + path, name: "tables\(place)/\(path)")
                }
            } catch {
                unreadable.append((root, error))
            }
        }
        return files
    }
}
