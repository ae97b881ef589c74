import ArgumentParser
import Glibc
import StreamLog

/// Cuts, empties, swaps, doubles and removes the files of a small store, and puts others among
/// them. What is lost is named, and only where a file was hurt; no offset is issued again.
struct Wounds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hurts whole files of a small store: each wound is named, and the rest goes on.")

    @Option(help: "An empty directory in memory.")
    var directory: String

    func run() async throws {
        var store = try await SweptStore(directory: "\(directory)/wounds")
        var outcomes: [String: Int] = [:]
        var hasFailed = false
        for wound in store.wounds() {
            do {
                let outcome = try await store.survives(wound)
                outcomes["\(wound.kind) \(outcome)", default: 0] += 1
            } catch {
                print("FAILED \(wound): \(error)")
                hasFailed = true
                // Whatever was left behind is not for the next one.
                try await store.build()
            }
        }
        for (outcome, count) in outcomes.sorted(by: { $0.key < $1.key }) {
            print("\(outcome): \(count)")
        }
        if hasFailed { throw ExitCode(1) }
    }
}

/// What is done to a file, or to a pair of them. Segments count from 1.
enum Wound: CustomStringConvertible {
    case cut(segment: Int, byteCount: Int)
    case zeroed(segment: Int, page: Int)
    case removed(segment: Int)
    case swapped(Int, Int)
    /// The bytes of the first in the second's file.
    case doubled(Int, over: Int)
    /// A file behind the newest segment, with such bytes.
    case added(Content)
    case indexCut(segment: Int, byteCount: Int)
    case indexOf(Int, besides: Int)
    case indexRemoved(segment: Int)

    enum Content: String, CaseIterable { case nothing, noise, newest, oldest, directory }

    var kind: String {
        switch self {
        case .cut(_, let byteCount): byteCount == 0 ? "emptied" : "cut"
        case .zeroed: "page zeroed"
        case .removed: "removed"
        case .swapped: "swapped"
        case .doubled: "doubled"
        case .added(let content): "added \(content)"
        case .indexCut, .indexOf, .indexRemoved: "index"
        }
    }

    var description: String {
        switch self {
        case .cut(let segment, let byteCount): "segment \(segment) cut to \(byteCount) bytes"
        case .zeroed(let segment, let page): "page \(page) of segment \(segment) zeroed"
        case .removed(let segment): "segment \(segment) removed"
        case .swapped(let one, let other): "segments \(one) and \(other) swapped"
        case .doubled(let one, let other): "segment \(one) also as \(other)"
        case .added(let content): "a new segment of \(content)"
        case .indexCut(let segment, let count): "index \(segment) cut to \(count) bytes"
        case .indexOf(let one, let other): "index \(one) beside segment \(other)"
        case .indexRemoved(let segment): "index \(segment) removed"
        }
    }
}

extension SweptStore {
    /// All that is tried, the cheap ones first.
    func wounds() -> [Wound] {
        var wounds: [Wound] = []
        for segment in 1...files.count {
            let size = files[segment - 1].count
            // Every page, and places inside a head, a page and a sector.
            let odd = [0, 1, 100, 4095, 4097, 8192 + 20, size / 2 + 511, size - 1]
            wounds += (Array(stride(from: 4096, to: size, by: 4096)) + odd).map {
                .cut(segment: segment, byteCount: $0)
            }
            wounds += (0..<size / 4096).map { .zeroed(segment: segment, page: $0) }
            for other in 1...files.count where other != segment {
                wounds.append(.doubled(segment, over: other))
                if other > segment { wounds.append(.swapped(segment, other)) }
            }
        }
        for segment in 1...indexes.count {
            let size = indexes[segment - 1].count
            wounds += [0, 1, 20, size / 2, size - 1].map {
                .indexCut(segment: segment, byteCount: $0)
            }
            wounds.append(.indexRemoved(segment: segment))
            wounds += (1...indexes.count).filter { $0 != segment }.map {
                .indexOf(segment, besides: $0)
            }
        }
        wounds += Wound.Content.allCases.map(Wound.added)
        return wounds + (1...files.count).map { .removed(segment: $0) }
    }

    /// How it went: "harmless", "cost its batches", or how the store was refused.
    mutating func survives(_ wound: Wound) async throws -> String {
        let hurt = try apply(wound)
        let hit = batches.filter { hurt.contains($0.segment) }
        let isNewest = hurt.contains(files.count)
        let found = (1...(files.count + 1)).map { try? contents(path($0)) }
        let outcome: String
        do {
            let lost = try await goOn(hit, opensTwice: true, keepsPositions: !isNewest)
            try requireKept(found)
            outcome = lost ? "cost its batches" : "harmless"
        } catch let error as OpenError {
            outcome = "refused: \(name(of: error))"
        }
        try await heal()
        return outcome
    }

    /// What another process wrote is never written again, least of all where it is damaged: it is
    /// what a salvage has to go on from.
    private func requireKept(_ found: [([UInt8], UInt64)?]) throws {
        for (place, before) in found.enumerated() {
            guard let before else { continue }
            let (bytes, inode) = try contents(path(place + 1))
            guard inode == before.1, bytes == before.0 else {
                throw Failure("segment \(place + 1) was written over")
            }
        }
    }

    private func name(of error: OpenError) -> String {
        switch error {
        case .copied: "copied"
        case .beyondRecovery(_, let detail): "beyond recovery, \(detail)"
        default: "\(error)"
        }
    }

    /// The segments whose events may be lost.
    private func apply(_ wound: Wound) throws -> [Int] {
        switch wound {
        case .cut(let segment, let byteCount):
            try replace(path(segment), with: Array(files[segment - 1].prefix(byteCount)))
            return [segment]
        case .zeroed(let segment, let page):
            var bytes = files[segment - 1]
            let place = page * 4096..<(page + 1) * 4096
            bytes.replaceSubrange(place, with: [UInt8](repeating: 0, count: 4096))
            try replace(path(segment), with: bytes)
            return [segment]
        case .removed(let segment):
            unsafe _ = unlink(path(segment))
            return [segment]
        case .swapped(let one, let other):
            try replace(path(one), with: files[other - 1])
            try replace(path(other), with: files[one - 1])
            return [one, other]
        case .doubled(let one, let other):
            try replace(path(other), with: files[one - 1])
            return [other]
        case .added(let content):
            try add(content)
            return []
        case .indexCut(let segment, let byteCount):
            try replaceIndex(segment, with: Array(indexes[segment - 1].prefix(byteCount)))
            return []
        case .indexOf(let one, let other):
            try replaceIndex(other, with: indexes[one - 1])
            return []
        case .indexRemoved(let segment):
            unsafe _ = unlink(indexPath(segment))
            return []
        }
    }

    private func add(_ content: Wound.Content) throws {
        let path = path(files.count + 1)
        switch content {
        case .nothing: try replace(path, with: [])
        case .noise:
            var random = SplitMix(state: 11)
            let noise = (0..<40_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            try replace(path, with: noise)
        case .newest: try replace(path, with: files[files.count - 1])
        case .oldest: try replace(path, with: files[0])
        case .directory: unsafe _ = mkdir(path, 0o700)
        }
    }

    private mutating func heal() async throws {
        unsafe _ = rmdir(path(files.count + 1))
        for place in files.indices where (try? contents(path(place + 1)).0) != files[place] {
            try replace(path(place + 1), with: files[place])
        }
        for place in indexes.indices { try replaceIndex(place + 1, with: indexes[place]) }
        try await removeNew()
    }
}
