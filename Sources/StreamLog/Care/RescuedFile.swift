internal import DurableFiles

/// A file that may not be readable everywhere: where the device refuses a page, a copy is read that
/// has zeros there.
final class RescuedFile {
    let path: String
    private let name: String
    private let scratch: Directory
    private var open: File?
    /// Why there is a copy.
    private(set) var fault: FileFault?

    private static let pageByteCount = 4096

    /// `scratch` is where a copy would be made.
    init(_ name: String, in directory: Directory, scratch: Directory) {
        self.name = name
        self.scratch = scratch
        path = directory.path(of: name)
    }

    /// What `body` makes of the file, or else of the copy.
    func reading<Result>(
        _ body: (File) throws(FileFault) -> Result
    ) throws(FileFault) -> Result {
        let file = try opened()
        do throws(FileFault) {
            return try body(file)
        } catch {
            guard error.operation == .read, fault == nil else { throw error }
            let copy = try rescued(file)
            fault = error
            open = copy
            return try body(copy)
        }
    }

    /// Lets go of the file until it is read again: there may be more of them than descriptors.
    func close() { open = nil }

    private func opened() throws(FileFault) -> File {
        if let open { return open }
        let file = try File(fault == nil ? path : scratch.path(of: name), .reading)
        open = file
        return file
    }

    private func rescued(_ file: File) throws(FileFault) -> File {
        let copy = try File(scratch.path(of: name), .creating)
        let byteCount = try file.status().byteCount
        try copy.truncate(to: byteCount)
        for position in stride(from: 0, to: byteCount, by: Self.pageByteCount) {
            let page: [UInt8]
            do { page = try file.read(at: position, count: Self.pageByteCount) } catch { continue }
            if page.contains(where: { $0 != 0 }) { try copy.write(page, at: position) }
        }
        return copy
    }
}
