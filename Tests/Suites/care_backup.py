"""Backups while a store is used, interrupted, damaged and out of space; and what tables make of a
store that was restored or salvaged. For the suite `care`."""

import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import deltalake

from pipeline import Pipeline
from proof import record
from store import MILLRACE, Store, fail, require, stage

JUMP = 1 << 32
SHIM = MILLRACE.parent / "libFaultShim.so"
DAMAGE_FOUND = 3
SEALS = (b"millrace.body.crc32c", b"millrace.crc32c")


def filled(directory, count, name="store"):
    """A store of some segments."""
    store = Store.at(directory / name)
    append(store, range(count))
    return store


def append(store, numbers):
    lines = "".join(f"{number} {noise(number)}\n" for number in numbers)
    store.run(
        "produce", "load", "--segment-size", "256KiB", "--batch-size", 4,
        "--budget", "1GiB", input=lines.encode())


def noise(number):
    """Text that compression does not make much smaller."""
    return "".join(hashlib.sha512(f"{number} {part}".encode()).hexdigest() for part in range(6))


def held(store):
    return {(e["partition"], e["offset"]): e["value"] for e in store.events("load")[0]}


def restored(store, backup, new):
    store.run_at("restore", backup, "--into", new)
    return Store.at(new)


def check(new, expected, what):
    """Exactly those events are there, the store is whole, and no offset comes twice."""
    require(held(new) == expected, f"{what}: other events came back")
    new.run("verify")
    append(new, [-1])
    fresh = held(new).keys() - expected.keys()
    require(len(fresh) == 1 and min(o for _, o in fresh) >= JUMP, f"{what}: an offset came twice")


def beside_load(scratch, full):
    """Backups of a store whose owner appends: each is what was there at one moment."""
    started = time.monotonic()
    store, backup = Store.at(scratch / "busy"), scratch / "busy-backup"
    append(store, [0])
    source = scratch / "many"
    with open(source, "w", encoding="ascii") as lines:
        for number in range(400_000 if full else 60_000):
            lines.write(f"{number} {'y' * 200}\n")
    producer = store.start(
        "produce", "load", source, "--acknowledge", "--batch-size", 40,
        "--segment-size", "256KiB", "--budget", "4GiB", stderr=subprocess.DEVNULL)
    counts, cases = [], 0
    for line in producer.stdout:
        counts.append(line)
        if len(counts) % 12_000 == 0:
            store.run_at("backup", store.path, "--to", backup)
            new = restored(store, backup, scratch / f"busy-{cases}")
            before, after = {tuple(map(int, l.split()[1:3])) for l in counts}, held(new)
            require(before <= after.keys(), "acknowledged before the backup, and not in it")
            shutil.rmtree(new.path)
            cases += 1
    producer.wait()
    everything = held(store)
    new = restored(store, backup, scratch / "busy-last")
    require(held(new).items() <= everything.items(), "the backup has other bytes")
    require(cases > 2, f"only {cases} backups were made beside the load")
    stage(f"{cases} backups beside {len(counts)} appends: what was acknowledged is in them")
    record("P2", "backup beside appends", "produce through the owner", cases=cases, failures=0,
           lost=0, seconds=time.monotonic() - started)


def incremental(scratch):
    store, backup = filled(scratch, 1500, "steps"), scratch / "steps-backup"

    def made():
        return json.loads(store.run_at("backup", store.path, "--to", backup, "--json").stdout)

    first = made()
    append(store, range(1500, 1900))
    second, third = made(), made()
    new = second["segments"] - first["segments"]
    require(first["copied"] == first["segments"] > 4, f"{first}")
    require(0 < second["copied"] <= new + 1, f"a second backup copied too much: {second}")
    require(third["copied"] == 0, f"nothing was new, and was copied: {third}")
    check(restored(store, backup, scratch / "steps-new"), held(store), "incremental")
    stage(f"a second backup copied {second['copied']} of {second['segments']} segments")


def steps(command, under):
    """How many calls of a command change files below a directory."""
    with tempfile.NamedTemporaryFile() as log:
        shim = {"LD_PRELOAD": str(SHIM), "FAULTSHIM_UNDER": str(under), "FAULTSHIM_LOG": log.name}
        subprocess.run(command, env=os.environ | shim, check=True, capture_output=True)
        numbers = [line.split("\t")[2] for line in Path(log.name).read_text().splitlines()]
    return max(int(number) for number in numbers if number.isdigit())


def killed(command, under, step):
    shim = {"LD_PRELOAD": str(SHIM), "FAULTSHIM_UNDER": str(under), "FAULTSHIM_KILL": str(step)}
    done = subprocess.run(command, env=os.environ | shim, capture_output=True)
    return done.returncode == -9


def kills(scratch, full):
    """SIGKILL before every file call of a backup, of one that is brought up to date, of a restore:
    what is there is complete, or says that it is not, and the next attempt makes it so."""
    started = time.monotonic()
    store = filled(scratch, 700, "killed")
    expected = held(store)
    places = Path(tempfile.mkdtemp(prefix="millrace-care-", dir="/dev/shm"))
    try:
        old = places / "old"
        store.run_at("backup", store.path, "--to", old)
        later = filled(scratch, 700, "killed-later")
        shutil.rmtree(later.path)
        shutil.copytree(store.path, later.path)
        later.run("adopt", "--moved")
        append(later, range(700, 1100))
        later_expected = held(later)

        def first(step):
            place = places / f"first-{step}"
            target = place / "backup"
            place.mkdir()
            command = [str(MILLRACE), "backup", str(store.path), "--to", str(target)]
            require(killed(command, place, step), f"step {step} of a backup was not met")
            complete = (target / "MANIFEST").exists()
            found = subprocess.run([str(MILLRACE), "restore", str(target), "--check"],
                                   capture_output=True).returncode
            require(found == (0 if complete else DAMAGE_FOUND if target.exists() else 1),
                    f"killed at {step}: --check says {found}")
            if step % (2 if full else 6) == 0:
                store.run_at("backup", store.path, "--to", target)
                new = restored(store, target, place / "new")
                require(held(new) == expected, f"killed at {step}: other events came back")
            shutil.rmtree(place)

        def again(step):
            place = places / f"again-{step}"
            shutil.copytree(old, place / "backup")
            command = [str(MILLRACE), "backup", str(later.path), "--to", str(place / "backup")]
            require(killed(command, place, step), f"step {step} of a second backup was not met")
            new = restored(store, place / "backup", place / "new")
            require(held(new) in (expected, later_expected), f"killed at {step}: half a backup")
            shutil.rmtree(place)

        def restoring(step):
            place = places / f"restoring-{step}"
            place.mkdir()
            command = [str(MILLRACE), "restore", str(old), "--into", str(place / "new")]
            require(killed(command, place, step), f"step {step} of a restore was not met")
            if (place / "new").exists():
                require(held(Store.at(place / "new")) == expected, f"half a store at step {step}")
            elif step % (2 if full else 6) == 0:
                require(held(restored(store, old, place / "new")) == expected, "no second attempt")
            shutil.rmtree(place)

        work = []
        for name, attempt, command in [
            ("first", first, ["backup", store.path, "--to"]),
            ("again", again, ["backup", later.path, "--to"]),
            ("restoring", restoring, ["restore", old, "--into"]),
        ]:
            place = places / f"count-{name}"
            place.mkdir()
            if attempt is again:
                shutil.copytree(old, place / "made")
            count = steps([str(MILLRACE), *map(str, command), str(place / "made")], place)
            shutil.rmtree(place)
            work += [(attempt, step) for step in range(1, count + 1)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for done in [pool.submit(attempt, step) for attempt, step in work]:
                done.result()
        stage(f"{len(work)} kills of backups and restores")
        for promise, fault in (("P2", "backup killed"), ("P6", "backup killed"), ("P2", "restore")):
            record(promise, fault, "backup, second backup, restore", cases=len(work), failures=0,
                   lost=0, seconds=time.monotonic() - started)
    finally:
        shutil.rmtree(places, ignore_errors=True)


def full_disk(scratch):
    """A destination without space: the error says so, and with space the backup goes on."""
    mount = scratch / "volume"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(mount)], capture_output=True)
    if made.returncode != 0:
        print("!!! SKIPPED: this process may not mount a file system, so no disk was full")
        return
    try:
        store = filled(scratch, 1500, "large")
        done = store.run_at("backup", store.path, "--to", mount / "backup", status=1)
        require(b"No space left" in done.stderr and b"free some space" in done.stderr,
                f"a full disk is not named: {done.stderr.decode()}")
        require(not (mount / "backup" / "MANIFEST").exists(), "it passes for a complete one")
        left = len(list((mount / "backup" / "segments").iterdir()))
        subprocess.run(["mount", "-o", "remount,size=64m", str(mount)], check=True)
        again = json.loads(store.run_at(
            "backup", store.path, "--to", mount / "backup", "--json").stdout)
        require(again["copied"] == again["segments"] - left, f"{left} were there: {again}")
        done = store.run_at("restore", mount / "backup", "--into", scratch / "from-full")
        check(Store.at(scratch / "from-full"), held(store), "after a full disk")
        subprocess.run(["mount", "-o", "remount,size=4m", str(mount)], check=False)
        stage(f"a full destination: {left} segments stayed, then the rest")
    finally:
        subprocess.run(["umount", str(mount)], check=False)


def flips(scratch, draw, full):
    """One bit in a backup: the restore is refused, says which file, and leaves nothing."""
    started = time.monotonic()
    store, backup = filled(scratch, 500, "flipped"), scratch / "flipped-backup"
    store.run_at("backup", store.path, "--to", backup)
    files = [file for file in backup.rglob("*") if file.is_file() and file.name != "LOCK"]
    count = 300 if full else 40
    for number in range(count):
        file = backup / "MANIFEST" if number % 4 == 0 else draw.choice(files)
        data = bytearray(file.read_bytes())
        place = draw.randrange(len(data))
        data[place] ^= 1 << draw.randrange(8)
        whole = file.read_bytes()
        file.write_bytes(data)
        done = store.run_at(
            "restore", backup, "--into", scratch / "flipped-new", status=DAMAGE_FOUND)
        require(file.name.encode() in done.stderr, f"{file} is not named: {done.stderr}")
        require(not (scratch / "flipped-new").exists(), "half a store was left")
        file.write_bytes(whole)
    check(restored(store, backup, scratch / "flipped-new"), held(store), "mended")
    stage(f"{count} flipped bits in a backup: each refused and named")
    record("P6", "bit flip in backup", "a backup of some segments", cases=count, failures=0,
           lost=0, seconds=time.monotonic() - started)


def tables(scratch):
    """Pipelines on a store that was restored or salvaged: every row once, or a named pause."""
    started = time.monotonic()
    place = scratch / "tables"
    place.mkdir()
    old = Pipeline(place, "old", place / "ahead")
    old.fill({"n": number} for number in range(100))
    require(" following " in old.follow(), "the pipeline is not well")
    run(["backup", old.store, "--to", place / "backup"])
    shutil.copytree(old.root, place / "behind")
    old.fill({"n": number} for number in range(60))
    require(" following " in old.follow(), "the pipeline is not well")
    old.require_whole(160)
    run(["backup", old.store, "--to", place / "later", "--tables", "--table-directory", place])

    # The table has events that the restored log never saw. They stay, and new ones follow.
    report = run(["restore", place / "backup", "--into", place / "new", "--tables", old.root])
    require("is ahead" in report, f"a table ahead of the log is not named: {report}")
    new = Pipeline(place, "new", old.root)
    new.fill({"n": number} for number in range(40))
    require(" following " in new.follow(), "a table ahead of the log stopped the pipeline")
    new.require_whole(200)

    # The table is older than the log's word on it.
    report = run(["restore", place / "later", "--into", place / "newer",
                  "--tables", place / "behind"])
    require("is behind" in report, f"a table behind the log is not named: {report}")
    behind = Pipeline(place, "newer", place / "behind")
    require("paused" in behind.follow(), "a table behind the log was not noticed")

    # The tables of the backup fit its log.
    fitting = Pipeline(place, "newer", place / "newer" / "tables" / "ahead")
    require(" following " in fitting.follow(), "the tables of the backup do not fit its log")
    fitting.fill({"n": number} for number in range(20))
    require(" following " in fitting.follow(), "the restored pipeline does not go on")
    fitting.require_whole(180)

    salvaged(place)
    stage("tables ahead, behind, restored and after salvage: each row once, or a named pause")
    for promise, fault in (("P3", "restore"), ("P4", "restore"), ("P3", "salvage")):
        record(promise, fault, "a pipeline with its table", cases=4, failures=0, lost=0,
               seconds=time.monotonic() - started)


def salvaged(place):
    """The log loses its first events, which the table has: they stay, and what the table does not
    have yet follows, each once. An event that neither has would be in the log's gap."""
    broken = Pipeline(place, "broken", place / "salvaged-table")
    for count in (100, 60):
        broken.fill({"n": number} for number in range(count))
        require(" following " in broken.follow(), "the pipeline is not well")
    broken.fill({"n": number} for number in range(20))
    log = broken.store / "log" / "default"
    first = next(f for f in sorted(log.glob("*.mdb")) if f.read_bytes().count(b"MRBK") > 20)
    first.unlink()
    report = run(["salvage", broken.store, "--into", place / "saved", "--tables", broken.root])
    require("damage" in report and "goes on at offset" in report, report)
    saved = Pipeline(place, "saved", broken.root)
    require(" following " in saved.follow(), "a salvaged store's pipeline stopped")
    saved.require_whole(180)
    saved.fill({"n": number} for number in range(30))
    require(" following " in saved.follow(), "a salvaged store's pipeline does not go on")
    saved.require_whole(210)
    run(["table", "prove", broken.root, "--data", saved.store])


def rows(pipeline):
    """As another reader sees them; None where it refuses the file."""
    try:
        table = pipeline.table().to_pyarrow_table()
    except OSError:
        return None
    return sorted(table.to_pylist(), key=lambda row: (row["_partition"], row["_offset"]))


def verified(scratch, draw, full):
    """`verify --tables`: one bit flipped in a file of rows is named, wherever it is but in the names
    of the seals, where it makes the file a stranger's and changes no row. Rows, files and commits
    that are gone are named."""
    started = time.monotonic()
    place = scratch / "verified"
    place.mkdir()
    whole = Pipeline(place, "store", place / "tables" / "whole")
    whole.fill({"n": number, "text": f"event {number}"} for number in range(300))
    require(" following " in whole.follow(), "the pipeline is not well")
    command = ["verify", "--tables", "--data", whole.store, "--table-directory", place / "tables"]
    require("no damage" in run(command), "a whole table is not whole")
    files = [f for f in whole.root.rglob("*") if f.is_file() and f.suffix in (".parquet", ".json")]
    data_file = next(f for f in files if f.suffix == ".parquet")
    commits = sorted(f for f in files if f.suffix == ".json")
    missed, count, expected = [], 200 if full else 20, rows(whole)
    for _ in range(count):
        data = data_file.read_bytes()
        at, bit = draw.randrange(len(data)), draw.randrange(8)
        data_file.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
        if run(command, allowed=(0, DAMAGE_FOUND), text=False) == 0:
            missed.append((at, bit))
            names = [data.rfind(name) for name in SEALS]
            require(any(n <= at < n + len(name) for n, name in zip(names, SEALS)),
                    f"bit {bit} of byte {at} of {len(data)} is not named")
            require(rows(whole) == expected, f"bit {bit} of byte {at} changes rows, unseen")
        data_file.write_bytes(data)

    def damaged(what, change, file, word):
        data = file.read_bytes()
        change(file)
        output = run(command, allowed=(DAMAGE_FOUND,))
        require(word in output, f"{what}: {output}")
        file.write_bytes(data)

    damaged("a file that is gone", Path.unlink, data_file, "is not there")
    damaged("a short file", lambda f: f.write_bytes(f.read_bytes()[:-9]), data_file, "the log says")
    damaged("a commit that is no JSON", lambda f: f.write_bytes(b"{"), commits[-1], "understood")
    damaged("a wrong count of rows", lambda f: f.write_text(
        f.read_text().replace('\\"numRecords\\":', '\\"numRecords\\":1')), commits[-1], "rows")
    require("no damage" in run(command), "it was put back, and is not whole")
    if deltalake.DeltaTable(str(whole.root)).delete("n = 7")["num_deleted_rows"] != 1:
        fail("nothing was deleted")
    require("lost" in run(command, allowed=(DAMAGE_FOUND,)), "a row that is gone is not named")
    stage(f"verify --tables: {count} flips, {len(missed)} in a seal's name; 5 other damages")
    record("P6", "bit flip in a table", "verify --tables", cases=count + 5, failures=0, lost=0,
           seconds=time.monotonic() - started,
           note=f"{len(missed)} in the seals' own names changed no row and were not named")


def salvages_killed(scratch, full):
    """SIGKILL before every file call of a salvage: the source is as it was, and the next attempt
    gives everything that is left."""
    started = time.monotonic()
    store = filled(scratch, 700, "unsalvaged")
    segment = sorted((store.path / "log" / "default").glob("*.mdb"))[1]
    segment.write_bytes(segment.read_bytes()[: segment.stat().st_size // 2 // 4096 * 4096])
    places = Path(tempfile.mkdtemp(prefix="millrace-care-", dir="/dev/shm"))

    def contents():
        return {file: file.read_bytes() for file in store.path.rglob("*") if file.is_file()}

    def salvage(target):
        return [str(MILLRACE), "salvage", str(store.path), "--into", str(target)]

    try:
        (places / "count").mkdir()
        before, count = contents(), steps(salvage(places / "count" / "new"), places / "count")
        expected = held(Store.at(places / "count" / "new"))
        require(0 < len(expected) < 700, f"{len(expected)} of 700 events were salvaged")

        def attempt(step):
            place = places / f"{step}"
            place.mkdir()
            require(killed(salvage(place / "new"), place, step), f"step {step} was not met")
            if not (place / "new").exists():
                subprocess.run(salvage(place / "new"), check=True, capture_output=True)
            require(held(Store.at(place / "new")) == expected, f"half a store at step {step}")
            left = sorted(path.name for path in place.iterdir())
            require(left == ["new"], f"killed at {step}, something stays: {left}")
            shutil.rmtree(place)

        taken = range(1, count + 1, 1 if full else 3)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for done in [pool.submit(attempt, step) for step in taken]:
                done.result()
        require(contents() == before, "a salvage that was killed changed its source")
        stage(f"{len(taken)} kills of a salvage")
        record("P6", "salvage killed", "a store with half a segment", cases=len(taken), failures=0,
               lost=0, seconds=time.monotonic() - started)
    finally:
        shutil.rmtree(places, ignore_errors=True)


def consumer_across_restore(scratch):
    """A consumer whose committed position is ahead of a restored log: the restore leaves it with
    the backup's position, so it sees events again rather than none, and no new one twice."""
    started = time.monotonic()
    store, backup = filled(scratch, 100, "read"), scratch / "read-backup"

    def consumed(store):
        lines = store.run("consume", "load", "--group", "g", "--json").stdout.splitlines()
        found = [json.loads(line) for line in lines]
        return ({e["value"].split()[0] for e in found if "gap" not in e},
                [e["gap"] for e in found if "gap" in e])

    consumed(store)
    append(store, range(100, 150))
    store.run_at("backup", store.path, "--to", backup)
    first, _ = consumed(store)
    append(store, range(150, 200))
    second, _ = consumed(store)
    new = restored(store, backup, scratch / "read-new")
    append(new, range(200, 230))
    events, gaps = consumed(new)
    require(first == {str(n) for n in range(100, 150)} and len(second) == 50, "not followed")
    require(events == first | {str(n) for n in range(200, 230)},
            f"after a restore {len(events)} events were read")
    require(gaps, "the offsets that the restored log may have lost are not named")
    require(consumed(new) == (set(), []), "an event was read twice")
    stage("a consumer across a restore: from the backup's position on, over a named gap")
    record("P4", "restore", "a consumer with a committed position", cases=1, failures=0, lost=0,
           seconds=time.monotonic() - started)


def run(arguments, allowed=(0,), text=True):
    """What a command prints; or with what it ends."""
    done = subprocess.run(
        [str(MILLRACE), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        fail(f"{arguments} ended with {done.returncode}: {done.stdout} {done.stderr}")
    return done.stdout if text else done.returncode
