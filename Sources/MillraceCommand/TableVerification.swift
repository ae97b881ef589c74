internal import Control
internal import DeltaTable
internal import Materializer
internal import StreamLog

/// `millrace verify --tables`: each table's log and files, and its rows against the log.
struct TableVerification {
    let store: String
    let directory: String
    let depth: TableDepth
    let json: Bool

    /// False when something is damaged, which has been said.
    func run() async throws -> Bool {
        let roots = TableDirectories.roots(below: directory)
        var isWhole = true
        for root in roots {
            let report = try await filesAreWhole(root)
            try tell(report, of: root)
            isWhole = isWhole && report.damage.isEmpty
            // Rows that cannot be read would only be called lost.
            guard report.damage.isEmpty, isParent(root, among: roots) else { continue }
            let isProven = try await rowsAreWhole(root)
            isWhole = isWhole && isProven
        }
        return isWhole
    }

    private func filesAreWhole(_ root: String) async throws -> TableReport {
        let line = ProgressBar(of: "bytes")
        defer { line.end() }
        do {
            return try await TableVerifier(LocalStorage(root), depth) { line.show($0, $1) }.run()
        } catch {
            throw CommandFailure("\(root): \(error)")
        }
    }

    /// The rows of children and quarantines are part of their parent's proof.
    private func isParent(_ root: String, among roots: [String]) -> Bool {
        !roots.contains { $0 != root && root.hasPrefix($0 + "_") }
    }

    private func rowsAreWhole(_ root: String) async throws -> Bool {
        let known = try? StreamLog.gaps(storeAt: store)
        do throws(ProofError) {
            let proofs = try await Prover(root, machine()).proofs { cursor in
                guard let known, known.store == cursor.store else { return [] }
                let id = PartitionID(cursor.incarnation, cursor.partition)
                return known.gaps[id]?.map(\.offsets) ?? []
            }
            for proof in proofs { try? TableProve.tell(proof, json: json) }
            return proofs.allSatisfy(\.isWhole)
        } catch {
            switch error {
            // Somebody else's table; its files have been read.
            case .noPipeline, .noIdentity: return true
            case .table: throw CommandFailure("\(root): \(error)")
            }
        }
    }

    private func tell(_ report: TableReport, of root: String) throws {
        for piece in report.damage {
            let text =
                "damage: \(root)/\(piece.path): \(piece.text); `millrace table rebuild` makes the "
                + "table from the log again, as far as the log reaches"
            try say(text, json: json) { line in
                line.add("table", root)
                line.add("path", piece.path)
                line.add("damage", piece.text)
            }
        }
        let verdict =
            report.damage.isEmpty ? "no damage" : "\(report.damage.count) places are damaged"
        let version = report.version.map { "version \($0), " } ?? ""
        let text =
            "\(root): \(version)\(report.fileCount) files, \(report.rowCount) rows, "
            + "\(report.byteCount) bytes: \(verdict)"
        try say(text, json: json) { line in
            line.add("table", root)
            if let version = report.version { line.add("version", version) }
            line.add("files", report.fileCount)
            line.add("rows", report.rowCount)
            line.add("bytes", report.byteCount)
            line.add("damaged", report.damage.count)
        }
    }
}
