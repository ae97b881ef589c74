internal import DurableFiles

/// The files of one storage class, and what they are called.
struct LogDirectory: Sendable {
    /// The only class there is so far; every path carries its name.
    static let storageClass = "default"

    let directory: Directory

    init(in store: Directory) throws(FileFault) {
        directory = try Directory.make(
            store.path(of: "log") + "/" + Self.storageClass)
    }

    /// Opens the directory only if it is there: for readers that must not change anything.
    init(existingIn storePath: String) throws(FileFault) {
        directory = try Directory(storePath + "/log/" + Self.storageClass)
    }

    static func segmentName(_ number: UInt64) -> String { digits(number) + ".mdb" }

    static func indexName(_ number: UInt64) -> String { digits(number) + ".idx" }

    static func digits(_ number: UInt64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 16 - text.count)) + text
    }

    /// The numbers of the segments that are there, in order.
    func segments() throws(FileFault) -> [UInt64] {
        var numbers: [UInt64] = []
        for name in try directory.names() where name.hasSuffix(".mdb") {
            let digits = name.dropLast(4)
            guard digits.count >= 16, let number = UInt64(digits), Self.segmentName(number) == name
            else { continue }
            numbers.append(number)
        }
        return numbers.sorted()
    }

    /// Removes what an interrupted roll or an interrupted index left behind, and indexes whose
    /// segment has been removed.
    func removeTemporaries() throws(FileFault) {
        let names = Set(try directory.names())
        let leftovers = names.filter { name in
            name.hasSuffix(".tmp")
                || name.hasSuffix(".idx") && !names.contains(name.dropLast(4) + ".mdb")
        }
        for name in leftovers { try directory.remove(name) }
        if !leftovers.isEmpty { try directory.sync() }
    }

    func openSegment(_ number: UInt64) throws(FileFault) -> File {
        try File(directory.path(of: Self.segmentName(number)), .reading)
    }

    func path(ofSegment number: UInt64) -> String {
        directory.path(of: Self.segmentName(number))
    }

    /// What a segment and its index take of the volume, in bytes.
    func byteCount(ofSegment number: UInt64) throws(FileFault) -> Int {
        var sum = 0
        for name in [Self.segmentName(number), Self.indexName(number)] {
            guard let status = try directory.status(of: name) else { continue }
            sum += max(status.byteCount, status.allocatedByteCount)
        }
        return sum
    }

    /// Gives back what was set aside for a segment that is not written any more.
    func releaseReserved(ofSegment number: UInt64) throws(FileFault) {
        guard let status = try directory.status(of: Self.segmentName(number)),
            status.allocatedByteCount > status.byteCount + (32 << 10)
        else { return }
        try File(path(ofSegment: number), .writing).releaseReserved()
    }

    /// Removes a segment and its index. Durable only after the directory's `sync`.
    func removeSegment(_ number: UInt64) throws(FileFault) {
        try directory.remove(Self.segmentName(number))
        try directory.remove(Self.indexName(number))
    }
}
