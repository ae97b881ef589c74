"""Ways to break the product on purpose, and the test that has to notice each.

An edit is a text and what takes its place; a text that is not there exactly once stops the run, so
that a break never passes because the code has moved on.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    name: str
    path: str
    edits: tuple
    catchers: tuple  # commands; any of them has to fail
    products: tuple = ("PowerDriver", "LogDriver")


def power_cut(workload):
    return ("Tests/Suites/powercut", "--only", workload)


def fault(kind):
    return ("Tests/Suites/fault", "--only", kind)


FLIPS = ("Tests/Suites/sweep", "--only", "log", "--seed", "1", "--draws", "500")
WOUNDS = ("Tests/Suites/sweep", "--only", "files")
TABLE = ("Tests/Suites/delta-faults", "--only", "kill")
SIMULATION = ("Tests/Suites/simulate",)
REDRIVE = ("Tests/Suites/operations", "--only", "redrive")
PIPELINE_KILL = ("Tests/Suites/pipeline-faults", "--only", "kill")
WRITER = "Sources/StreamLog/Writing/LogWriter.swift"
OPENING = "Sources/StreamLog/Writing/LogWriter+Open.swift"
PIPELINES = ("MaterializerTool", "millrace")

BREAKS = (
    Break(
        "a commit is not flushed", "Sources/LMDB/Environment.swift",
        (("MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NOMETASYNC)",
          "MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NOMETASYNC | MDB_NOSYNC)"),),
        (power_cut("appends"),)),
    Break(
        "what a killed process left is not flushed", OPENING,
        (("let file = try log.openSegment(newest)\n                try file.sync()\n",
          "let file = try log.openSegment(newest)\n"),),
        (power_cut("everything"),)),
    Break(
        "a segment goes before the log's start is committed",
        "Sources/StreamLog/Writing/LogWriter+Space.swift",
        (("        do { try commit(draft) } catch { return false }\n"
          "        shared.removeSegment(oldest)\n",
          "        shared.removeSegment(oldest)\n"
          "        do { try commit(draft) } catch { return false }\n"),),
        (power_cut("retention"),)),
    Break(
        "the envelope's checksum is not compared", "Sources/StreamLog/Format/BlockEnvelope.swift",
        (("guard covered == stored else { throw .checksum(expected: stored, found: covered) }",
          "if covered == 0, stored == 1 { throw .checksum(expected: stored, found: covered) }"),),
        (FLIPS,), products=("LogDriver",)),
    Break(
        "acknowledged before the flush", WRITER,
        (("            try commit(full.draft)\n",
          "            answer(full.answers)\n            try commit(full.draft)\n"),
         ("{ $0 + $1.callerCount }\n            answer(full.answers)\n",
          "{ $0 + $1.callerCount }\n")),
        (power_cut("appends"),)),
    Break(
        "a rename's directory is not flushed", "Sources/DurableFiles/Directory.swift",
        (("throw FileFault(.rename, path(of: newName))\n        }\n        try sync()\n",
          "throw FileFault(.rename, path(of: newName))\n        }\n"),),
        (power_cut("appends"),)),
    Break(
        "a checkpoint forgets the cursors", "Sources/DeltaTable/CheckpointWriter.swift",
        (("            + transactions.values.sorted { $0.application < $1.application }"
          ".map(Action.transaction)\n", ""),),
        (TABLE,), products=("DeltaTool",)),
    Break(
        "appends go back to an older segment after damage",
        "Sources/StreamLog/Storage/Recovery.swift",
        (("            let scan = try scan(number)\n            scans.append((number, scan))\n",
          "            let scan = try scan(number)\n"
          "            if scan.header == nil, scans.isEmpty, number > segments[0] {\n"
          "                newestNumber = number - 1\n"
          "                continue\n"
          "            }\n"
          "            scans.append((number, scan))\n"),
         ("        try lookForMissingSuccessor()\n        if isEndUnproven",
          "        if isEndUnproven")),
        (WOUNDS,), products=("LogDriver",)),
    Break(
        "a damaged segment's number is taken again", OPENING,
        (("return isReplaceable ? newestNumber : newestNumber + 1",
          "return isReplaceable ? newestNumber : (newest?.segment ?? newestNumber) + 1"),),
        (WOUNDS,), products=("LogDriver",)),
    Break(
        "an offset is taken again after a failed flush",
        "Sources/StreamLog/Storage/SegmentCatalog.swift",
        (("        for block in scan.blocks where block.envelope.header.number <= end ?? .last "
          "{\n", "        _ = end\n        for block in scan.blocks {\n"),),
        (fault("given-up"),), products=("LogDriver",)),
    Break(
        "a failed flush is tried again on the same file", WRITER,
        (("                try roll(sparing: producers)\n                try write(draft)\n"
          "            }\n", "                throw error\n            }\n"),
         ("            mustRoll = true\n            keeper = before\n",
          "            keeper = before\n")),
        (fault("eio"),), products=("LogDriver",)),
    Break(
        "acknowledged before the flush, in company", WRITER,
        (("            try commit(full.draft)\n",
          "            answer(full.answers)\n            try commit(full.draft)\n"),
         ("{ $0 + $1.callerCount }\n            answer(full.answers)\n",
          "{ $0 + $1.callerCount }\n"),
         ("            refuse(full.answers, error)\n        }\n        payWhatIsOwed()\n",
          "            lastAnswerCount = 0\n        }\n        payWhatIsOwed()\n")),
        (SIMULATION,), products=("Simulator",)),
    Break(
        "a receiver goes on after its epoch was taken over",
        "Sources/EventHubsEndpoint/Hubs/HubDirectory.swift",
        (("            for (old, reason) in evicted { old.evict(reason) }\n",
          "            for (old, reason) in evicted where old.epoch == nil { old.evict(reason) }\n"),),
        (SIMULATION,), products=("Simulator",)),
    Break(
        "events age by the wall clock", "Sources/StreamLog/State/LogClock.swift",
        (("            age &+= max(0, time.boot &- last.boot)\n",
          "            age &+= max(0, time.wall &- last.wall)\n"),),
        (SIMULATION,), products=("Simulator",)),
    Break(
        "what a producer sends again is taken again",
        "Sources/StreamLog/State/ProducerWindow.swift",
        (("        if let known { return .duplicate(baseOffset: known.baseOffset) }\n",
          "        if known != nil { return .append }\n"),),
        (SIMULATION,), products=("Simulator",)),
    Break(
        "the plan of the commits to come is not kept",
        "Sources/Materializer/Running/PipelineRunner+Commit.swift",
        (("        followed.progress.isPlanDone = false\n"
          "        try await keep(followed, .withMemory)\n",
          "        followed.progress.isPlanDone = false\n"),),
        (SIMULATION,), products=("Simulator",)),
    Break(
        "a redrive's rows land before its record is kept",
        "Sources/Materializer/Replaying/Redrive.swift",
        (("        try keep(record)\n", ""),),
        (REDRIVE,), products=PIPELINES),
    Break(
        "a pipeline's position moves before its tables have the rows",
        "Sources/Materializer/Running/PipelineRunner+Commit.swift",
        (("        for planned in plan.commits {\n            if tables",
          "        try await move(past: plan, &followed)\n"
          "        for planned in plan.commits {\n            if tables"),),
        (PIPELINE_KILL,), products=PIPELINES),
)
