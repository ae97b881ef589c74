"""What FaultShim lists, fails and kills: Tests/FaultShim/include/faultshim.h is the contract.

Each test runs a few lines of Python in a child process with the library preloaded. The calls are
made through ctypes, by the name of their symbol, so that every variant can be reached.
"""

import errno
import os
import pathlib
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "Suites"))
import crash_images  # noqa: E402

LIBRARY = pathlib.Path(os.environ["MILLRACE_BIN"]) / "libFaultShim.so"

PRELUDE = """
import ctypes, os, sys, threading
from os import O_APPEND, O_CREAT, O_DSYNC, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY
libc = ctypes.CDLL(None, use_errno=True)

class IOVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]

def vector(*parts):
    return (IOVec * len(parts))(*[IOVec(part, len(part)) for part in parts])

def size(value):
    return ctypes.c_size_t(value)

def offset(value):
    return ctypes.c_int64(value)

def call(name, *arguments):
    ctypes.set_errno(0)
    result = getattr(libc, name)(*arguments)
    return result, ctypes.get_errno()

AT_FDCWD = -100
"""

FIELDS = (
    "number process step call fd path new_path offset count flags result errno fault".split()
)


class Line:
    def __init__(self, text):
        values = text.rstrip("\n").split("\t")
        assert len(values) == len(FIELDS), text
        self.__dict__.update(zip(FIELDS, values))

    def __getitem__(self, names):
        return tuple(getattr(self, name) for name in names.split())


class Child:
    """A program run under the shim: its status, its output, its list."""

    def __init__(self, directory, program, under=None, **rules):
        self.log = directory.parent / "calls.tsv"
        self.log.unlink(missing_ok=True)
        environment = dict(os.environ, LD_PRELOAD=str(LIBRARY), FAULTSHIM_LOG=str(self.log))
        environment["FAULTSHIM_UNDER"] = str(under or directory)
        for name, value in rules.items():
            environment[f"FAULTSHIM_{name.upper()}"] = str(value)
        done = subprocess.run(
            [sys.executable, "-c", PRELUDE + textwrap.dedent(program)],
            cwd=directory, env=environment, capture_output=True, text=True, timeout=60,
        )
        self.status = done.returncode
        self.output = done.stdout.strip()
        self.errors = done.stderr
        text = self.log.read_text() if self.log.exists() else ""
        self.lines = [Line(line) for line in text.splitlines()]

    @property
    def calls(self):
        return [line.call for line in self.lines]


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / "watched"
    made.mkdir()
    return made


# MARK: Listing


def test_every_symbol_is_listed_under_its_plain_name(directory):
    program = """
    for variant in ["open", "open64", "__open", "__open64"]:
        fd, _ = call(variant, b"file", O_RDWR | O_CREAT, 0o644)
        call("close", fd)
    for variant in ["__open_2", "__open64_2"]:
        fd, _ = call(variant, b"file", O_RDWR)
        call("__close", fd)
    for variant in ["openat", "openat64"]:
        fd, _ = call(variant, AT_FDCWD, b"file", O_RDWR | O_CREAT, 0o644)
        call("close", fd)
    for variant in ["__openat_2", "__openat64_2"]:
        fd, _ = call(variant, AT_FDCWD, b"file", O_RDWR)
        call("close", fd)
    for variant in ["creat", "creat64"]:
        fd, _ = call(variant, b"file", 0o644)
        call("close", fd)
    fd, _ = call("open", b"file", O_RDWR)
    for variant in ["write", "__write"]:
        call(variant, fd, b"abc", size(3))
    call("writev", fd, vector(b"ab", b"cd"), 2)
    for variant in ["pwrite", "pwrite64", "__pwrite64"]:
        call(variant, fd, b"abc", size(3), offset(5))
    for variant in ["pwritev", "pwritev64"]:
        call(variant, fd, vector(b"ab", b"cd"), 2, offset(6))
    for variant in ["fdatasync", "fsync"]:
        call(variant, fd)
    for variant in ["ftruncate", "ftruncate64"]:
        call(variant, fd, offset(4096))
    for variant in ["fallocate", "fallocate64"]:
        call(variant, fd, 0, offset(0), offset(8192))
    for variant in ["posix_fallocate", "posix_fallocate64"]:
        call(variant, fd, offset(0), offset(8192))
    for variant in ["dup2", "__dup2"]:
        call(variant, fd, 40)
    call("dup3", fd, 41, 0)
    call("dup", fd)
    for variant in ["fcntl", "fcntl64", "__fcntl"]:
        call(variant, fd, 0, 50)
    call("rename", b"file", b"second")
    call("renameat", AT_FDCWD, b"second", AT_FDCWD, b"third")
    call("renameat2", AT_FDCWD, b"third", AT_FDCWD, b"file", 0)
    call("link", b"file", b"second")
    call("linkat", AT_FDCWD, b"file", AT_FDCWD, b"third", 0)
    call("unlink", b"second")
    call("unlinkat", AT_FDCWD, b"third", 0)
    call("mkdir", b"a", 0o755)
    call("mkdirat", AT_FDCWD, b"b", 0o755)
    call("rmdir", b"b")
    """

    child = Child(directory, program)

    assert child.errors == ""
    assert child.calls == (
        ["open", "close"] * 6 + ["openat", "close"] * 4 + ["creat", "close"] * 2
        + ["open", "write", "write", "writev"] + ["pwrite"] * 3 + ["pwritev"] * 2
        + ["fdatasync", "fsync", "ftruncate", "ftruncate", "fallocate", "fallocate"]
        + ["posix_fallocate"] * 2 + ["dup2", "dup2", "dup3", "dup"] + ["fcntl"] * 3
        + ["rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"]
        + ["mkdir", "mkdirat", "rmdir"]
    )
    assert {line.errno for line in child.lines} == {"-"}
    assert [line.number for line in child.lines] == [str(n + 1) for n in range(len(child.lines))]
    steps = [line.step for line in child.lines if line.step != "-"]
    assert steps == [str(n + 1) for n in range(len(steps))]
    others = {line.call for line in child.lines if line.step == "-"}
    assert others == {"open", "openat", "close", "dup", "dup2", "dup3", "fcntl"}


def test_a_line_says_where_a_write_went(directory):
    program = """
    fd, _ = call("open", b"file", O_RDWR | O_CREAT | O_DSYNC, 0o644)
    call("write", fd, b"abc", size(3))
    call("writev", fd, vector(b"de", b"fgh"), 2)
    call("pwrite", fd, b"xy", size(2), offset(4096))
    more, _ = call("open", b"file", O_WRONLY | O_APPEND)
    call("write", more, b"z", size(1))
    call("ftruncate", more, offset(10))
    print(fd, more)
    """

    child = Child(directory, program)

    fd, more = child.output.split()
    path = str(directory / "file")
    assert [line["call fd path offset count flags result"] for line in child.lines] == [
        ("open", "-", path, "-", "-", "creat,dsync", fd),
        ("write", fd, path, "0", "3", "dsync", "3"),
        ("writev", fd, path, "3", "5", "dsync", "5"),
        ("pwrite", fd, path, "4096", "2", "dsync", "2"),
        ("open", "-", path, "-", "-", "append", more),
        ("write", more, path, "4098", "1", "append", "1"),
        ("ftruncate", more, path, "-", "10", "append", "0"),
    ]


def test_paths_are_absolute_without_links_in_them(directory):
    (directory / "real").mkdir()
    (directory / "link").symlink_to("real")
    program = """
    call("mkdir", b"link/./new//", 0o755)
    fd, _ = call("open", b"real", O_RDONLY)
    call("renameat", fd, b"new", fd, b"../n\\te\\\\w")
    call("fsync", fd)
    """

    child = Child(directory, program, under=directory / "link" / "..")

    assert [line["call path new_path"] for line in child.lines] == [
        ("mkdir", f"{directory}/real/new", "-"),
        ("open", f"{directory}/real", "-"),
        ("renameat", f"{directory}/real/new", f"{directory}/n\\x09e\\x5cw"),
        ("fsync", f"{directory}/real", "-"),
    ]


def test_a_flush_of_a_mapping_names_its_file(directory):
    program = """
    import mmap
    fd, _ = call("open", b"file", O_RDWR | O_CREAT, 0o644)
    call("ftruncate", fd, offset(16384))
    mapped = mmap.mmap(fd, 8192, offset=4096)
    mapped.flush()
    """

    child = Child(directory, program)

    line = next(line for line in child.lines if line.call == "msync")
    assert line["path offset count"] == (str(directory / "file"), "4096", "8192")


def test_only_files_below_the_directory_are_listed(directory):
    (directory.parent / "watched-not").mkdir()
    program = """
    for path in [b"../watched-not/file", b"../file", b"file"]:
        fd, _ = call("open", path, O_WRONLY | O_CREAT, 0o644)
        call("write", fd, b"abc", size(3))
        call("close", fd)
    call("rename", b"../file", b"moved")
    reader, writer = os.pipe()
    os.write(writer, b"abc")
    """

    child = Child(directory, program)

    assert child.calls == ["open", "write", "close", "rename"]
    assert {line.path for line in child.lines[:3]} == {str(directory / "file")}


def test_a_directory_that_is_made_later_can_be_watched(directory):
    program = """
    call("mkdir", b"later", 0o755)
    fd, _ = call("open", b"later/file", O_WRONLY | O_CREAT, 0o644)
    """

    child = Child(directory, program, under=directory / "later")

    assert child.calls == ["mkdir", "open"]


def test_a_real_failure_is_listed_with_its_errno(directory):
    program = """
    print(*call("unlink", b"missing"), *call("posix_fallocate", 10**6, offset(0), offset(1)))
    """

    child = Child(directory, program)

    assert child.output == f"-1 {errno.ENOENT} {errno.EBADF} 0"
    assert [line["call result errno fault"] for line in child.lines] == [
        ("unlink", "-1", "ENOENT", "-")
    ]


def test_the_program_gets_the_descriptors_it_would_get_anyway(directory):
    program = """
    print(os.open("file", O_CREAT), os.open("file", O_CREAT))
    """

    plain = Child(directory, program, log="")
    child = Child(directory, program)

    assert child.output == plain.output


def test_threads_are_numbered_without_gaps(directory):
    program = """
    def work(name):
        fd = os.open(name, O_WRONLY | O_CREAT)
        for _ in range(500):
            os.write(fd, b"abc")
    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    """

    child = Child(directory, program)

    assert [int(line.number) for line in child.lines] == list(range(1, 8 * 501 + 1))
    for name in range(8):
        path = str(directory / str(name))
        offsets = [line.offset for line in child.lines if line["path call"] == (path, "write")]
        assert offsets == [str(3 * n) for n in range(500)]


def test_a_fork_while_a_thread_writes_does_not_hang(directory):
    program = """
    fd = os.open("file", O_WRONLY | O_CREAT)
    stop = threading.Event()
    def work():
        while not stop.is_set(): os.write(fd, b"abc")
    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(100):
        child = os.fork()
        if child == 0:
            os.write(fd, b"child")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    stop.set()
    thread.join()
    print("done")
    """

    child = Child(directory, program)

    assert child.output == "done"


# MARK: Failing

WRITES = """
fd = os.open("file", O_RDWR | O_CREAT)
for n in range(6):
    print(*call("pwrite", fd, b"abcdef", size(6), offset(6 * n)))
print(*call("fdatasync", fd))
"""


def outcomes(child):
    return [tuple(map(int, line.split())) for line in child.output.splitlines()]


@pytest.mark.parametrize(
    "rule, failing",
    [
        ("pwrite:1:EIO", [0]),
        ("pwrite:3:EIO", [2]),
        ("pwrite:3:5", [2]),
        ("pwrite:2:EIO:3", [1, 2, 3]),
        ("pwrite:5:EIO:forever", [4, 5]),
        ("fdatasync:1:EIO", [6]),
        ("write:1:EIO:forever", []),
        ("any:4:EIO:2", [2, 3]),  # the open is the first step
        ("any:8:EIO,pwrite:1:EIO", [0, 6]),
        ("pwrite:1:EIO,any:2:ENOSPC,pwrite:2:EIO", [0, 1]),
    ],
)
def test_a_rule_fails_exactly_the_calls_it_names(directory, rule, failing):
    child = Child(directory, WRITES, fail=rule)

    expected = [(6, 0)] * 6 + [(0, 0)]
    for index in failing:
        expected[index] = (-1, errno.EIO)
    assert outcomes(child) == expected
    faults = [line["errno fault"] for line in child.lines[1:8]]
    assert [n for n, fault in enumerate(faults) if fault == ("EIO", "failed")] == failing


def test_a_failed_write_writes_nothing(directory):
    Child(directory, WRITES, fail="pwrite:6:ENOSPC")

    assert (directory / "file").stat().st_size == 30


def test_calls_that_change_nothing_are_not_among_any(directory):
    program = """
    fd = os.open("file", O_WRONLY | O_CREAT)
    call("close", call("dup", fd)[0])
    print(*call("write", fd, b"abc", size(3)))
    """

    child = Child(directory, program, fail="any:2:EIO")

    assert outcomes(child) == [(-1, errno.EIO)]


def test_calls_outside_the_directory_do_not_count(directory):
    program = """
    for path in ["../file", "file"]:
        fd = os.open(path, O_WRONLY | O_CREAT)
        print(*call("write", fd, b"abc", size(3)))
    """

    child = Child(directory, program, fail="write:1:EIO")

    assert outcomes(child) == [(3, 0), (-1, errno.EIO)]


def test_a_write_cut_short_returns_what_it_wrote(directory):
    child = Child(directory, WRITES, fail="pwrite:6:0:short:4")

    assert outcomes(child)[5] == (4, 0)
    assert child.lines[6]["count result errno fault"] == ("6", "4", "-", "short:4")
    assert (directory / "file").read_bytes()[30:] == b"abcd"


def test_a_torn_write_fails_after_its_first_bytes(directory):
    program = """
    fd = os.open("file", O_WRONLY | O_CREAT)
    print(*call("writev", fd, vector(b"abc", b"def", b"ghi"), 3))
    """

    child = Child(directory, program, fail="writev:1:EIO:short:4")

    assert outcomes(child) == [(-1, errno.EIO)]
    assert child.lines[1]["count result errno fault"] == ("9", "-1", "EIO", "short:4")
    assert (directory / "file").read_bytes() == b"abcd"


def test_a_delayed_call_happens_later_and_nothing_overtakes_it(directory):
    program = """
    import time
    fd = os.open("file", O_RDWR | O_CREAT)
    begun = time.monotonic()
    def late():
        call("pwrite", fd, b"first", size(5), offset(0))
    thread = threading.Thread(target=late)
    thread.start()
    while os.read(fd, 5) != b"first":  # reading is not listed, so it does not wait
        os.lseek(fd, 0, os.SEEK_SET)
    thread.join()
    print(time.monotonic() - begun >= 0.05, call("pwrite", fd, b"second", size(6), offset(0)))
    """

    child = Child(directory, program, fail="pwrite:1:0:delay:50")

    assert child.output == "True (6, 0)"
    delayed = [line for line in child.lines if line.fault != "-"]
    assert [line["call result errno fault"] for line in delayed] == [
        ("pwrite", "5", "-", "delayed:50")]
    assert (directory / "file").read_bytes() == b"second"


FAILED = {
    "open": 'b"new", O_WRONLY | O_CREAT, 0o644',
    "creat": 'b"new", 0o644',
    "mkdir": 'b"new", 0o755',
    "rename": 'b"file", b"new"',
    "link": 'b"file", b"new"',
    "unlink": 'b"file"',
    "ftruncate": "fd, offset(1)",
    "fallocate": "fd, 0, offset(0), offset(1)",
    "posix_fallocate": "fd, offset(0), offset(1)",
    "fsync": "fd",
    "dup": "fd",
    "close": "fd",
}


@pytest.mark.parametrize("call", FAILED)
def test_a_failed_call_gives_the_errno_asked_for_and_does_nothing(directory, call):
    program = f"""
    fd, _ = call("openat", AT_FDCWD, b"file", O_RDWR | O_CREAT, 0o644)
    print(*call("{call}", {FAILED[call]}))
    """

    child = Child(directory, program, fail=f"{call}:1:EDQUOT")

    returns_its_error = call == "posix_fallocate"
    expected = (errno.EDQUOT, 0) if returns_its_error else (-1, errno.EDQUOT)
    assert outcomes(child) == [expected]
    assert sorted(path.name for path in directory.iterdir()) == ["file"]
    assert (directory / "file").stat().st_size == 0


@pytest.mark.parametrize(
    "rule",
    [
        "pwrit:1:EIO", "pwrite", "pwrite:1", "pwrite:0:EIO", "pwrite:x:EIO", "pwrite:1:EWHAT",
        "pwrite:1:0", "pwrite:1:EIO:0", "pwrite:1:EIO:short", "fsync:1:EIO:short:3",
        "pwrite:1:EIO:2:short:3:4", "pwrite:1:EIO,", "pwrite:1:0:short:0", "pwrite:1:0:delay:0",
        "pwrite:1:EIO:delay:5", "pwrite:1:0:delay",
    ],
)
def test_a_rule_that_cannot_be_read_ends_the_process(directory, rule):
    child = Child(directory, WRITES, fail=rule)

    assert child.status == 97
    assert f"bad FAULTSHIM_FAIL: '{rule}'" in child.errors
    assert child.output == ""


# MARK: Killing


def test_the_process_dies_just_before_each_step_in_turn(directory):
    program = """
    call("mkdir", b"d", 0o755)
    fd = os.open("d/file", O_RDWR | O_CREAT)
    os.write(fd, b"abc")
    os.fdatasync(fd)
    os.rename("d/file", "d/renamed")
    print("done", flush=True)
    """
    whole = Child(directory, program)
    names = [line.call for line in whole.lines if line.step != "-"]
    assert names == ["mkdir", "open", "write", "fdatasync", "rename"]

    for step, name in enumerate(names, start=1):
        for path in sorted(directory.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        child = Child(directory, program, kill=step)

        assert child.status == -signal.SIGKILL
        assert [line.call for line in child.lines if line.step != "-"] == names[:step]
        assert child.lines[-1]["step call result fault"] == (str(step), name, "-", "killed")
        assert (directory / "d").exists() == (step > 1)
        assert (directory / "d/file").exists() == (step > 2)
        assert not (directory / "d/renamed").exists()
    assert (directory / "d/file").read_bytes() == b"abc"


def test_a_step_beyond_the_last_kills_nobody(directory):
    child = Child(directory, WRITES, kill=9)

    assert child.status == 0
    assert child.lines[-1].step == "8"


def test_a_step_that_cannot_be_read_ends_the_process(directory):
    assert Child(directory, WRITES, kill="0").status == 97
    assert Child(directory, WRITES, kill="x").status == 97


# MARK: Recording


def test_the_record_has_every_call_with_its_bytes_and_the_marks_between(directory):
    record, journal = directory.parent / "record", directory.parent / "journal"
    program = f"""
    journal, _ = call("open", b"{journal}", O_WRONLY | O_CREAT, 0o644)
    fd, _ = call("open", b"file", O_RDWR | O_CREAT, 0o644)
    call("writev", fd, vector(b"ab", b"cd"), 2)
    call("write", journal, b"before", size(6))
    call("fdatasync", fd)
    call("write", journal, b"after", size(5))
    call("pwrite", fd, b"xyz", size(3), offset(7))
    call("unlink", b"missing")
    call("rename", b"file", b"second")
    """
    child = Child(directory, program, record=record, journal=journal)

    entries = crash_images.read_record(record)

    assert [(entry.call, entry.offset, entry.data) for entry in entries] == [
        ("open", -1, b""), ("writev", 0, b"abcd"), ("mark", -1, b"before"), ("fdatasync", -1, b""),
        ("mark", -1, b"after"), ("pwrite", 7, b"xyz"), ("rename", -1, b""),
    ]
    assert [entry.step for entry in entries] == [1, 2, 0, 3, 0, 4, 6]
    assert len({entry.inode for entry in entries if entry.offset >= 0}) == 1
    assert entries[-1].new_path == str(directory / "second")
    assert "mark" not in child.calls
    assert journal.read_bytes() == b"beforeafter"


def test_a_torn_write_is_recorded_with_what_it_wrote(directory):
    record = directory.parent / "record"
    program = """
    fd, _ = call("open", b"file", O_RDWR | O_CREAT, 0o644)
    call("write", fd, b"abcdef", size(6))
    call("write", fd, b"nothing", size(7))
    """
    Child(
        directory, program, record=record, fail="write:1:EIO:short:2,write:2:EIO")

    entries = crash_images.read_record(record)

    assert [(entry.call, entry.data) for entry in entries] == [("open", b""), ("write", b"ab")]


# MARK: Images


def images(record, root, kind, count=30):
    """The file's contents in images of a record; None where the file is missing."""
    disk = crash_images.Disk(str(root))
    for entry in crash_images.read_record(record):
        disk.replay(entry)
    for number in range(count):
        tree = dict(disk.tree(crash_images.Choice(kind, random.Random(number))))
        yield bytes(tree["file"]) if "file" in tree else None


@pytest.mark.parametrize(
    "kind, expected",
    [("lost", {None}), ("kept", {b"a" * 512 + b"b" * 512}), ("lengths", {b"a" * 512 + bytes(512)})],
)
def test_an_image_keeps_what_was_flushed_and_draws_the_rest(directory, kind, expected):
    record = directory.parent / "record"
    program = """
    fd, _ = call("open", b"file", O_RDWR | O_CREAT, 0o644)
    call("write", fd, b"a" * 512, size(512))
    call("fdatasync", fd)
    call("write", fd, b"b" * 512, size(512))
    """
    Child(directory, program, record=record)

    assert set(images(record, directory, kind)) == expected


def test_a_flushed_name_and_a_synchronous_write_are_in_every_image(directory):
    record = directory.parent / "record"
    program = """
    fd, _ = call("open", b"file", O_RDWR | O_CREAT | O_DSYNC, 0o644)
    call("write", fd, b"kept", size(4))
    directory, _ = call("open", b".", O_RDONLY)
    call("fsync", directory)
    call("unlink", b"file")
    """
    Child(directory, program, record=record)

    assert set(images(record, directory, "lost")) == {b"kept"}
    assert set(images(record, directory, "names")) == {b"kept", None}
    assert set(images(record, directory, "kept")) == {None}


def test_another_process_sets_the_wall_clock_and_no_other(directory):
    clock = directory.parent / "clock"
    clock.write_bytes((0).to_bytes(8, "little", signed=True))
    program = """
    import time
    before = time.monotonic()
    for line in sys.stdin:
        print(int(time.time()), time.monotonic() - before < 60, flush=True)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(program)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
        env=os.environ | {"LD_PRELOAD": str(LIBRARY), "FAULTSHIM_CLOCK": str(clock)})
    for years in (0, 20, -30):
        ahead = years * 365 * 86_400
        clock.write_bytes(ahead.to_bytes(8, "little", signed=True))
        child.stdin.write("\n")
        child.stdin.flush()
        told, is_even = child.stdout.readline().split()
        assert abs(int(told) - ahead - time.time()) < 5 and is_even == "True"
    child.stdin.close()
    assert child.wait(10) == 0


def test_what_a_failed_flush_gave_up_may_be_lost_although_later_flushes_succeed(directory):
    record = directory.parent / "record"
    program = """
    fd, _ = call("open", b"file", O_RDWR | O_CREAT, 0o644)
    call("fsync", os.open(".", O_RDONLY))
    call("pwrite", fd, b"a" * 8192, size(8192), offset(0))
    call("fdatasync", fd)
    call("pwrite", fd, b"b" * 512, size(512), offset(0))
    call("fdatasync", fd)
    """
    Child(directory, program, record=record, fail="fdatasync:1:EIO")

    # The first page was written to again, and all of it with that.
    first = b"b" * 512 + b"a" * (4096 - 512)
    assert set(images(record, directory, "lost")) == {first}
    assert set(images(record, directory, "kept")) == {first + b"a" * 4096}
    assert len(set(images(record, directory, "sectors"))) > 2


# MARK: From inside the program


def test_rules_from_inside_count_from_now_on(directory):
    child = Child(directory, """
        fd, _ = call("open", b"f", O_RDWR | O_CREAT, 0o600)
        call("pwrite", fd, b"a", size(1), offset(0))
        call("faultshim_fail", b"pwrite:2:EIO")
        print([call("pwrite", fd, b"a", size(1), offset(0)) for _ in range(3)])
        call("faultshim_fail", b"")
        print(libc.faultshim_steps())
    """)
    assert child.output.splitlines() == [f"[(1, 0), (-1, {errno.EIO}), (1, 0)]", "5"]


@pytest.mark.parametrize("flush", ["fdatasync", "fsync"])
def test_what_was_not_flushed_is_lost_and_nothing_else(directory, flush):
    child = Child(directory, f"""
        call("faultshim_remember")
        fd, _ = call("open", b"f", O_RDWR | O_CREAT, 0o600)
        other, _ = call("open", b"g", O_RDWR | O_CREAT, 0o600)
        durable, _ = call("open", b"f", O_WRONLY | O_DSYNC)
        call("pwrite", fd, b"abcd", size(4), offset(0))
        call("{flush}", fd)
        call("pwrite", fd, b"XY", size(2), offset(1))
        call("pwrite", fd, b"longer", size(6), offset(4))
        call("pwrite", durable, b"A", size(1), offset(0))
        call("{flush}", other)
        print(libc.faultshim_lose(ctypes.c_uint64(0)))
        print(open("f").read())
    """)
    assert child.output.splitlines() == ["2", "Abcd"]


def test_a_first_part_of_what_was_not_flushed_may_survive(directory):
    child = Child(directory, """
        call("faultshim_remember")
        fd, _ = call("open", b"f", O_RDWR | O_CREAT, 0o600)
        call("pwrite", fd, b"a" * 2048, size(2048), offset(0))
        call("pwrite", fd, b"b" * 2048, size(2048), offset(2048))
        print(libc.faultshim_lose(ctypes.c_uint64(1 | 3 << 32)))
        print(os.stat("f").st_size, open("f").read().count("b"))
    """)
    assert child.output.splitlines() == ["1", "3584 1536"]
