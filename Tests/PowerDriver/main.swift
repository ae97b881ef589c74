// The program whose power the suite `powercut` cuts.
//
//     PowerDriver workload STORE JOURNAL RUN ROUNDS   makes and uses a store
//     PowerDriver check JOURNAL                       checks images, each a line `DIRECTORY MARKS`:
//                                                     answers `ok` or `CHECK: what is wrong`
//
// MARKS is how many lines of the journal had been written when the power went.

import DurableFiles
import Glibc
import StreamLog

let arguments = CommandLine.arguments
switch arguments.count > 1 ? arguments[1] : "" {
case "workload" where arguments.count == 6:
    let workload = Workload(
        path: arguments[2], journal: Journal(arguments[3]), run: Int(arguments[4]) ?? 0,
        rounds: Int(arguments[5]) ?? 1)
    do { try await workload.perform() } catch { stop("workload: \(error)") }
case "check" where arguments.count == 3:
    let journal = lines(of: arguments[2]).map { line in
        guard let entry = Entry(line: line) else { stop("not a line of a journal: \(line)") }
        return entry
    }
    while let request = readLine() { await put(answer(request, journal) + "\n", to: STDOUT_FILENO) }
default: stop("usage: PowerDriver workload STORE JOURNAL RUN ROUNDS | check JOURNAL")
}

func lines(of path: String) -> [Substring] {
    do {
        let file = try File(path, .reading)
        let bytes = try file.read(at: 0, count: try file.status().byteCount)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    } catch {
        stop("\(error)")
    }
}

func answer(_ request: String, _ journal: [Entry]) async -> String {
    let words = request.split(separator: " ")
    guard words.count == 2, let marks = Int(words[1]), marks <= journal.count else {
        stop("not a request: \(request)")
    }
    var begun: [PartitionID: Int64] = [:]
    for case .began(let id, let offset) in journal { begun[id] = offset }
    let checker = Checker(
        path: String(words[0]), expected: Expectations(journal.prefix(marks)), begun: begun)
    do {
        try await checker.check()
        return "ok"
    } catch let broken as Broken {
        return "\(broken.check): \(broken.detail)"
    } catch {
        return "reads: \(error)"
    }
}
