"""A record of what any program does to files, for crash_images.py, made with strace.

FaultShim does not see a program that makes its system calls itself, such as one written in Go.
strace sees all of them, and so every store that is compared is recorded in the same way: in the
order in which the calls returned, with the bytes. A write that was still under way when a flush
of its file returned counts as flushed: of two legal orders the one that is kinder to the store.
"""

import os
import re
import subprocess

from crash_images import Entry

WRITES = ("write", "writev", "pwrite64", "pwritev")
NAMES = ("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "rmdir")
MAKES = ("open", "openat", "creat", "mkdir", "mkdirat")
OTHERS = ("fdatasync", "fsync", "ftruncate", "fallocate", "lseek", "mmap", "chdir")
# What would change files unseen: a record with one of these would prove nothing.
UNKNOWN = ("pwritev2", "truncate", "copy_file_range", "sendfile", "splice", "symlink",
           "symlinkat", "io_uring_setup", "sync_file_range", "msync")
LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\w+)")
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
FILE = re.compile(r"^(AT_FDCWD|-?\d+)(?:<([^>]*)>)?")
BYTES_MAX = 64 << 20


def run(command, trace, **options):
    """Runs a command and its children under strace; the answer is what subprocess.run answers."""
    names = ",".join(WRITES + NAMES + MAKES + OTHERS + UNKNOWN)
    strace = ["strace", "-f", "--seccomp-bpf", "-z", "-y", "-xx", "-s", str(BYTES_MAX),
              "-e", "signal=none", "-e", f"trace={names}", "-o", trace]
    return subprocess.run([*strace, *map(str, command)], check=False, **options)


def unhex(text):
    return bytes.fromhex(text.replace("\\x", ""))


class Reader:
    """Turns the lines of strace into the entries of a record.

    strace names files by path; an entry names them by a number that stays through renames, as an
    inode does.
    """

    def __init__(self, root, journal):
        self.root = root
        self.journal = journal
        self.files = {}  # path -> number
        self.sizes = {}  # number -> byte count
        self.opened = {}  # (descriptor, number) -> [where the next write goes, flags of open(2)]
        self.directory = os.getcwd()  # of the process that changed its own last
        self.count = 0

    def is_ours(self, path):
        return path == self.root or path.startswith(self.root + "/")

    def entry(self, call, path, new_path="", offset=-1, count=-1, inode=0, flags=0, data=b""):
        if call != "mark":
            self.count += 1
        return Entry(call, path, new_path, self.count, offset, count, inode, flags, data, 0)

    def read(self, lines):
        for line in lines:
            match = LINE.match(line)
            if not match:
                continue
            name, arguments, result = match.groups()
            if name == "mmap":
                self.refuse_shared_map(arguments)
            elif name in WRITES:
                yield from self.write(name, arguments, int(result))
            elif name in MAKES:
                yield from self.make(name, arguments, result)
            elif name in NAMES:
                yield from self.rename(name, arguments)
            elif name == "chdir":
                [self.directory] = self.paths(arguments)
            elif name == "lseek":
                self.seek(arguments, int(result))
            elif name in UNKNOWN:
                path = self.descriptor(arguments)[1]
                if name == "io_uring_setup" or self.is_ours(path):
                    raise ValueError(f"a call without a model: {line[:200]}")
            else:
                yield from self.flush_or_size(name, arguments)

    def descriptor(self, arguments):
        match = FILE.match(arguments)
        if not match or match.group(2) is None:
            return -1, ""
        number = -1 if match.group(1) == "AT_FDCWD" else int(match.group(1))
        return number, os.fsdecode(unhex(match.group(2)))

    def paths(self, arguments):
        """The paths of a call by name, made absolute by the directory each is looked up from."""
        found, base = [], self.directory
        for part in re.split(r", (?=AT_FDCWD|\d+<|\")", arguments):
            text = TEXT.match(part)
            if text:
                path = os.path.join(base, os.fsdecode(unhex(text.group(1))))
                found.append(os.path.normpath(path))
            elif FILE.match(part) and "<" in part:
                base = self.descriptor(part)[1]
        return found

    def refuse_shared_map(self, arguments):
        """A write through a map is not seen. SQLite's index of the log is made anew after a cut."""
        if "MAP_SHARED" not in arguments or "PROT_WRITE" not in arguments:
            return
        place = re.search(r", (\d+<[^>]*>), ", arguments)
        path = self.descriptor(place.group(1))[1] if place else ""
        if self.is_ours(path) and not path.endswith(("-shm", "/lock.mdb", ".mdb-lock")):
            raise ValueError(f"{path} is written through a map")

    def write(self, name, arguments, count):
        number, path = self.descriptor(arguments)
        if path == self.journal:
            yield self.entry("mark", path, data=self.bytes(arguments)[:count])
            return
        if not self.is_ours(path) or path not in self.files:
            return  # not ours, or a file whose last name is gone
        file = self.files[path]
        opened = self.opened[number, file]
        if name.startswith("pwrite"):
            offset = int(arguments.rsplit(", ", 1)[1])
        else:
            offset = self.sizes[file] if opened[1] & os.O_APPEND else opened[0]
            opened[0] = offset + count
        self.sizes[file] = max(self.sizes[file], offset + count)
        yield self.entry(
            name.removesuffix("64"), path, offset=offset, count=count, inode=file,
            flags=opened[1] & (os.O_DSYNC | os.O_SYNC), data=self.bytes(arguments)[:count])

    def bytes(self, arguments):
        found = TEXT.findall(arguments)
        if any(is_cut for _, is_cut in found):
            raise ValueError("strace has cut a write short")
        return b"".join(unhex(text) for text, _ in found)

    def make(self, name, arguments, result):
        [path] = self.paths(arguments)
        if not self.is_ours(path) or "O_DIRECTORY" in arguments:
            return
        if name.startswith("mkdir"):
            yield self.entry("mkdir", path)
            return
        flags = os.O_CREAT | os.O_TRUNC if name == "creat" else 0
        for flag in ("O_CREAT", "O_TRUNC", "O_APPEND", "O_DSYNC", "O_SYNC"):
            flags |= getattr(os, flag) if re.search(rf"\b{flag}\b", arguments) else 0
        if path not in self.files:
            self.files[path] = len(self.sizes) + 1
            self.sizes[self.files[path]] = 0
        file = self.files[path]
        if flags & os.O_TRUNC:
            self.sizes[file] = 0
        self.opened[int(result), file] = [0, flags]
        if flags & (os.O_CREAT | os.O_TRUNC):
            yield self.entry("open", path, inode=file, flags=flags & os.O_TRUNC)

    def rename(self, name, arguments):
        paths = self.paths(arguments)
        if not any(map(self.is_ours, paths)):
            return
        if name.startswith("link"):
            self.files[paths[1]] = self.files[paths[0]]
        elif name.startswith("rename"):
            moved = self.files.pop(paths[0], None)
            if moved is not None:
                self.files[paths[1]] = moved
        else:
            self.files.pop(paths[0], None)
            name = "unlink"
        yield self.entry(name, *paths)

    def seek(self, arguments, position):
        number, path = self.descriptor(arguments)
        opened = self.opened.get((number, self.files.get(path)))
        if opened:
            opened[0] = position

    def flush_or_size(self, name, arguments):
        path = self.descriptor(arguments)[1]
        if not self.is_ours(path) or path.endswith(" (deleted)"):
            return
        file = self.files.get(path, 0)
        if name == "ftruncate":
            count = int(arguments.rsplit(", ", 1)[1])
            self.sizes[file] = count
            yield self.entry(name, path, count=count, inode=file)
        elif name == "fallocate":
            mode, offset, count = re.search(r", ([^,]+), (\d+), (\d+)$", arguments).groups()
            if mode == "0":
                self.sizes[file] = max(self.sizes[file], int(offset) + int(count))
                yield self.entry(name, path, offset=int(offset), count=int(count), inode=file)
        else:
            yield self.entry(name, path, inode=file)


def read_trace(trace, root, journal):
    """The entries of a trace: what happened below `root`, and each write to `journal` as a mark."""
    reader = Reader(root, journal)
    with open(trace, encoding="ascii", errors="replace") as lines:
        return list(reader.read(lines))
