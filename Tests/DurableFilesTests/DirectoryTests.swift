import DurableFiles
import TestKit
import Testing

@Suite("DurableFiles: directories and files")
struct DirectoryTests {
    private let temporary: TemporaryDirectory
    private let directory: Directory

    init() throws {
        temporary = try TemporaryDirectory()
        directory = try Directory(temporary.path)
    }

    private func contents(_ name: String) throws -> [UInt8] {
        let file = try File(directory.path(of: name), .reading)
        return try file.read(at: 0, count: try file.status().byteCount)
    }

    @Test
    func `a file that is replaced has the new bytes alone, and nothing is left beside it`() throws {
        try directory.replace("a", with: Array(repeating: 1, count: 9000))
        try directory.replace("a", with: [2, 3])

        #expect(try contents("a") == [2, 3])
        #expect(try directory.names() == ["a"])
    }

    @Test
    func `of many who make one name exactly one does`() async throws {
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask { [directory] in
                    let bytes = [UInt8](repeating: UInt8(number), count: 100)
                    return try directory.create("one", with: bytes) == .created
                }
            }
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }

        #expect(made.count { $0 } == 1)
        let bytes = try contents("one")
        #expect(bytes.count == 100 && Set(bytes).count == 1)
        #expect(try directory.names() == ["one"])
    }

    @Test
    func `a name that exists is not changed by making it again`() throws {
        #expect(try directory.create("a", with: [1]) == .created)
        #expect(try directory.create("a", with: [2]) == .alreadyExists)

        #expect(try contents("a") == [1])
        #expect(throws: FileFault.self) { try File(directory.path(of: "a"), .creating) }
    }

    @Test
    func `a directory is made with all above it, and again`() throws {
        let deep = temporary.path + "/x/y/z"

        let made = try Directory.make(deep)
        try made.replace("f", with: [1])

        #expect(try Directory.make(deep).names() == ["f"])
    }

    @Test
    func `removing what is not there is no error, and reading it is`() throws {
        try directory.remove("nothing")

        #expect(try directory.status(of: "nothing") == nil)
        let fault = #expect(throws: FileFault.self) {
            try File(directory.path(of: "nothing"), .reading)
        }
        #expect(fault?.isMissing == true && fault?.operation == .open)
        #expect(fault?.description.contains("nothing") == true)
    }

    @Test
    func `a rename takes the place of what had the name`() throws {
        try directory.replace("a", with: [1])
        try directory.replace("b", with: [2])

        try directory.rename("a", to: "b")

        #expect(try directory.names() == ["b"])
        #expect(try contents("b") == [1])
    }

    @Test
    func `reads end where the file ends`() throws {
        let file = try File(directory.path(of: "a"), .writing)
        try file.write([1, 2, 3], at: 5)

        #expect(try file.read(at: 0, count: 100) == [0, 0, 0, 0, 0, 1, 2, 3])
        #expect(try file.read(at: 6, count: 1) == [2])
        #expect(try file.read(at: 8, count: 10) == [])
        #expect(try file.read(at: 1 << 40, count: 10) == [])
        try file.truncate(to: 6)
        #expect(try file.status().byteCount == 6)
    }

    @Test
    func `a lock has one holder, until it lets go`() throws {
        let path = directory.path(of: "LOCK")
        var first: File? = try File(path, .writing)
        #expect(try first?.tryLock() == .taken)
        let second = try File(path, .writing)
        #expect(try second.tryLock() == .heldByAnother)

        first = nil

        #expect(try second.tryLock() == .taken)
    }

    @Test
    func `space that is set aside is the file's`() throws {
        let file = try File(directory.path(of: "b"), .writing)
        try file.allocate(1 << 20)

        #expect(try file.status().allocatedByteCount >= 1 << 20)
        #expect(try file.status().byteCount == 1 << 20)
    }

    @Test
    func `a volume says how large it is and that it can be written`() throws {
        let volume = try Volume(holding: temporary.path)

        #expect(volume.byteCount > 0 && volume.freeByteCount <= volume.byteCount)
        #expect(!volume.isReadOnly && volume.unsafeKind == nil)
        #expect(throws: FileFault.self) { try Volume(holding: temporary.path + "/none") }
    }

    @Test
    func `a file is no directory`() throws {
        try directory.replace("a", with: [1])
        #expect(try directory.status(of: "a")?.isDirectory == false)
        #expect(throws: FileFault.self) { try Directory(directory.path(of: "a")) }
    }
}
