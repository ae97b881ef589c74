import Foundation

/// A Python process that does with another engine what it is told, line by line.
///
/// It says `ready` when it is, and answers each line with numbers. Its errors go to ours.
final class PeerProcess {
    /// The process's own, empty when it starts and removed when it has ended.
    let directory: String
    private let script: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// Starts `script` with `arguments`, to which `directory` is added where they say nil. On
    /// return it is ready.
    init(_ script: String, _ arguments: [String?], below parent: String) throws {
        self.script = script
        directory = try Scratch.makeDirectory("peer", below: parent)
        process.executableURL = URL(fileURLWithPath: ".venv/bin/python")
        process.arguments = [script] + arguments.map { [directory] in $0 ?? directory }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        guard try readLine() == "ready" else { throw failure }
    }

    deinit {
        // The end of its input ends it.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        Scratch.remove(directory)
    }

    /// Gives it one line of work, and returns its `count` numbers once it has done it.
    func ask(_ line: String, numbers count: Int) throws -> [Double] {
        input.fileHandleForWriting.write(Data("\(line)\n".utf8))
        let answer = try readLine().split(separator: " ").compactMap { Double($0) }
        guard answer.count == count else { throw failure }
        return answer
    }

    private func readLine() throws -> String {
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
            if byte == Data("\n".utf8) { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        throw failure
    }

    private var failure: LimitError { LimitError(operation: "run \(script)", code: -1) }
}
