// The program whose power the suite `powercut` cuts.
//
//     PowerDriver workload NAME DISK JOURNAL RUN ROUNDS   works in the directory DISK
//     PowerDriver mapping NAME   prints the mapping for the command whose power is cut
//     PowerDriver finished NAME JOURNAL   says in the journal that the command has done its work
//     PowerDriver check NAME JOURNAL   checks images, each a line `DIRECTORY MARKS`: answers `ok`
//                                      or `CHECK: what is wrong`
//
// NAME is a scenario of the log or of the tables. MARKS is how many lines of the journal had been
// written when the power went.

import DurableFiles
import Glibc
import StreamLog

let arguments = CommandLine.arguments
switch arguments.count > 1 ? arguments[1] : "" {
case "workload" where arguments.count == 7:
    let place = WorkloadPlace(
        disk: arguments[3], journal: Journal(arguments[4]), run: Int(arguments[5]) ?? 0,
        rounds: Int(arguments[6]) ?? 1)
    do {
        if let scenario = Scenario(rawValue: arguments[2]) {
            try await LogWorkload(scenario: scenario, place: place).perform()
        } else {
            try await TableWorkload(scenario: tables(arguments[2]), place: place).perform()
        }
    } catch { stop("workload: \(error)") }
case "mapping" where arguments.count == 3:
    put(tables(arguments[2]).commandMapping, to: STDOUT_FILENO)
case "finished" where arguments.count == 4:
    let scenario = tables(arguments[2])
    let journal = Journal(arguments[3])
    for (id, end) in Expectations(entries(of: arguments[3])).seen {
        journal.note(scenario.isReplay ? .landed(id, end: end) : .operated(id, end: end))
    }
case "check" where arguments.count == 4:
    let journal = entries(of: arguments[3])
    while let request = readLine() {
        await put(answer(arguments[2], request, journal) + "\n", to: STDOUT_FILENO)
    }
default:
    stop("usage: PowerDriver workload NAME DISK JOURNAL RUN ROUNDS | check NAME JOURNAL | ...")
}

/// Where a workload works, and which of several runs over the same disk it is, from 0: later ones
/// go on where a kill left it.
struct WorkloadPlace {
    let disk: String
    let journal: Journal
    let run: Int
    let rounds: Int

    var store: String { disk + "/store" }
}

func tables(_ name: String) -> TableScenario {
    guard let scenario = TableScenario(rawValue: name) else { stop("no workload \(name)") }
    return scenario
}

func entries(of journal: String) -> [Entry] {
    do {
        let file = try File(journal, .reading)
        let bytes = try file.read(at: 0, count: try file.status().byteCount)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            guard let entry = Entry(line: line) else { stop("not a line of a journal: \(line)") }
            return entry
        }
    } catch {
        stop("\(error)")
    }
}

func answer(_ name: String, _ request: String, _ journal: [Entry]) async -> String {
    let words = request.split(separator: " ")
    guard words.count == 2, let marks = Int(words[1]), marks <= journal.count else {
        stop("not a request: \(request)")
    }
    let disk = String(words[0])
    let expected = Expectations(journal.prefix(marks))
    do {
        if let scenario = Scenario(rawValue: name) {
            var begun: [PartitionID: Int64] = [:]
            for case .began(let id, let offset) in journal { begun[id] = offset }
            try await LogChecker(
                scenario: scenario, path: disk + "/store", expected: expected, begun: begun
            ).check()
        } else {
            try await TableChecker(
                scenario: tables(name), disk: disk, expected: expected
            ).check()
        }
        return "ok"
    } catch let broken as Broken {
        return "\(broken.check): \(broken.detail)"
    } catch {
        return "reads: \(error)"
    }
}
