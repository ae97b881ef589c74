internal import DurableFiles
internal import LMDB

/// Why a store was not salvaged, backed up or restored. What was to be made is not there, or not
/// complete: it never passes for what was asked for.
package enum CareError: Error, Equatable, Sendable {
    /// The store that is to be read, or the one that has been made, cannot be opened.
    case open(OpenError)
    /// There is something already where a new store is to be made.
    case exists(path: String)
    /// Nothing in the files proves that it was written by Millrace.
    case nothingLeft(path: String)
    /// A backup that is not what was written.
    case backup(path: String, BackupProblem)
    case storage(StorageFault)

    init(_ fault: FileFault) { self = .storage(.file(fault)) }

    /// What `body` returns, with its errors as one of these.
    static func unifying<Result>(_ body: () throws -> Result) throws(CareError) -> Result {
        do {
            return try body()
        } catch let error as CareError {
            throw error
        } catch let fault as FileFault {
            throw CareError(fault)
        } catch let fault as StorageFault {
            throw .storage(fault.namingFullVolume)
        } catch let error as LMDBError {
            throw .storage(StorageFault(error).namingFullVolume)
        } catch let error as OpenError {
            throw .open(error)
        } catch {
            preconditionFailure("an error of unknown kind: \(error)")
        }
    }
}

extension StorageFault {
    /// The same, but for LMDB's "input/output error" where the volume has no space left.
    var namingFullVolume: StorageFault {
        guard case .engine(_, let path, code: 5) = self,
            let volume = try? Volume(holding: Directory.parent(of: path)),
            volume.freeByteCount < 1 << 20
        else { return self }
        return .file(FileFault(.write, path, code: 28))
    }
}

extension CareError: CustomStringConvertible {
    /// What happened, where, and what to do next.
    package var description: String {
        switch self {
        case .open(.copied(let path)):
            "\(path) is a copy of the file the store was left in: say with `millrace adopt` which "
                + "it is, or take what is in it with `millrace salvage`"
        case .open(let error): error.description
        case .exists(let path):
            "\(path) is not empty: name a directory that is not there yet"
        case .nothingLeft(let path):
            "nothing in \(path) can be told to be of a store: name the store's directory, or "
                + "restore a backup"
        case .backup(let path, let problem): "\(path) \(problem)"
        case .storage(.file(let fault)) where fault.isOutOfSpace:
            "\(fault): free some space and run the command again, it goes on where it stopped"
        case .storage(let fault): fault.description
        }
    }
}

/// What is wrong with a backup.
package enum BackupProblem: Error, Equatable, Sendable {
    /// There is no manifest: the backup was interrupted, or this is none.
    case incomplete
    case brokenManifest
    case unknownVersion(Int)
    case missingFile
    case wrongLength(expected: Int, found: Int)
    case checksum(expected: UInt32, found: UInt32)
    /// It is of another store than the one that is to be backed up.
    case otherStore(StoreID)
    case wrongPageSize(expected: Int, found: Int)
}

extension BackupProblem: CustomStringConvertible {
    /// What is wrong, as a clause, and what to do next.
    package var description: String {
        switch self {
        case .incomplete:
            "is no complete backup: it has no MANIFEST; run `millrace backup` again, it goes on "
                + "where it stopped"
        case .brokenManifest: "is broken: use another backup"
        case .unknownVersion(let version):
            "has format version \(version), which this program does not know: use a newer one"
        case .missingFile: "is missing from the backup: use another backup"
        case .wrongLength(let expected, let found):
            "has \(found) bytes, not \(expected): use another backup"
        case .checksum(let expected, let found):
            "has checksum 0x\(String(found, radix: 16)), not 0x\(String(expected, radix: 16)): "
                + "use another backup"
        case .otherStore(let id): "is a backup of the store \(id): name another directory"
        case .wrongPageSize(let expected, let found):
            "was made on a machine with memory pages of \(found) bytes, and this one has "
                + "\(expected): restore it on a machine like the one it came from"
        }
    }
}
