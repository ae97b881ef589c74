internal import DurableFiles
internal import Glibc
internal import LMDB

/// Bad sectors. What cannot be read is damage like any other: the rest is read around it, and
/// checksums tell what it costs.
extension File {
    /// The unit in which the system reads; a page of the cache.
    private static let unit = 4096

    /// As `read(at:count:)`, but where the device cannot give a page, even when it is asked for
    /// alone, its bytes are zeros, and the fault says so.
    func readAround(
        at position: Int, count: Int
    ) throws(FileFault) -> (bytes: [UInt8], fault: FileFault?) {
        do {
            return (try read(at: position, count: count), nil)
        } catch {
            guard error.isUnreadable else { throw error }
        }
        let end = min(position + count, try status().byteCount)
        var bytes: [UInt8] = []
        var fault: FileFault?
        while position + bytes.count < end {
            let place = position + bytes.count
            let upper = min(end, (place / Self.unit + 1) * Self.unit)
            do {
                let page = try read(at: place, count: upper - place)
                guard !page.isEmpty else { break }
                bytes += page
            } catch {
                guard error.isUnreadable else { throw error }
                fault = error
                bytes += repeatElement(0, count: upper - place)
            }
        }
        return (bytes, fault)
    }
}

extension FileFault {
    /// Whether the device could not give what it holds.
    var isUnreadable: Bool { operation == .read && code == EIO }
}

/// The pages of a file for who looks at LMDB's tree: one that cannot be read is broken.
struct TreeSource: PageSource {
    let file: File

    func read(at position: Int, count: Int) throws(FileFault) -> [UInt8] {
        try file.readAround(at: position, count: count).bytes
    }
}
