internal import Bytes

/// The bytes of one commit: an action on each line.
enum CommitFile {
    /// In `commitInfo`, our first line: `"name":"digits"`.
    private static let seal = Seal(gap: 3)

    /// The lines of a commit of ours, which begins with its `commitInfo`.
    static func encode(_ actions: [Action]) -> [UInt8] {
        var output: [UInt8] = []
        for action in actions {
            action.json.write(to: &output)
            output.append(UInt8(ascii: "\n"))
        }
        // Statistics may hold anything, so the seal is not looked for beyond the first line.
        seal.close(&output, headByteCount: output.firstIndex(of: UInt8(ascii: "\n")))
        return output
    }

    /// The actions of a commit. Unknown ones are kept by name; what is no action is damage, and so
    /// is whatever has changed since we wrote it, or lies at another version.
    static func decode(_ bytes: [UInt8], version: Int64) throws(TableError) -> [Action] {
        let head = bytes.firstIndex(of: UInt8(ascii: "\n"))
        let verdict = seal.check(bytes.rawSpan, headByteCount: head)
        guard verdict != .broken else { throw .damaged(.changed(version: version)) }
        var actions: [Action] = []
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            number += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { continue }
            let damage = TableError.damaged(.unreadable(version: version, line: number))
            let json: JSON
            do { json = try JSON(parsing: line) } catch { throw damage }
            do {
                guard let action = try Action(json) else { throw damage }
                actions.append(action)
            } catch let error as SchemaError {
                throw .schema(error)
            } catch {
                throw damage
            }
        }
        // WHY: nobody commits nothing, and a file that lost its bytes would take its rows with it.
        guard !actions.isEmpty else { throw .damaged(.unreadable(version: version, line: 1)) }
        if verdict == .whole { try checkPlace(of: actions, version) }
        return actions
    }

    /// Checks that a commit of ours lies where it was made.
    ///
    /// WHY: a copy of it over another hides what that one added, and nothing else would tell.
    private static func checkPlace(
        of actions: [Action], _ version: Int64
    ) throws(TableError) {
        guard case .commitInfo(let info) = actions.first else { return }
        let made = (info["readVersion"]?.integer ?? -1) &+ 1
        guard made == version else { throw .damaged(.misplaced(version: version, of: made)) }
    }

    /// The `txnId` of a commit, which says whose it is; nil when it has none.
    static func transactionID(of bytes: [UInt8]) -> String? {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let json = try? JSON(parsing: line) else { continue }
            if let info = json["commitInfo"] { return info["txnId"]?.text }
        }
        return nil
    }
}
