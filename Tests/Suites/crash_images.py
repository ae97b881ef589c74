"""The states of a directory that a power cut may leave, built from a record of FaultShim.

The model is what POSIX promises and no more:

- What a file held when it was last flushed is there. Of what was written to it since, each sector
  of 512 bytes may be there or not, each on its own; the length may be the old one, the new one (with
  zeros where data is missing) or one between.
- A flush that fails leaves its pages clean and unwritten, as Linux does: each of their sectors may
  be there or not for ever, also after later flushes, until something is written to the page again.
- A name that was made, changed or removed is there after a flush of its directory. Before that
  every such change may be there or not, each on its own; a rename happens whole or not at all. A
  flush of a directory that fails leaves its changes as they were: a file system whose journal
  cannot be written takes no further flush.
- A directory that was made is lost, with all that is in it, as long as its name is.
- A write through a descriptor with O_DSYNC is flushed when it returns, for its own bytes.

Stores through a mapping are not in a record; nothing here writes so (LMDB without MDB_WRITEMAP).

`Disk` follows a record up to a cut; `Disk.tree` draws one of the states.
"""

import hashlib
import os
import struct
from dataclasses import dataclass, field

SECTOR = 512
PAGE = 4096
HEAD = struct.Struct("<IIQqqQIHHHHIq")
MAGIC = 0x4352534D
WRITES = {"write", "writev", "pwrite", "pwritev"}
SYNCS = {"fdatasync", "fsync"}


@dataclass(frozen=True)
class Entry:
    """A call of the record, or a mark."""

    call: str
    path: str
    new_path: str
    step: int
    offset: int
    count: int
    inode: int
    flags: int
    data: bytes
    result: int

    @property
    def is_mark(self):
        return self.call == "mark"


def read_record(path):
    entries = []
    with open(path, "rb") as file:
        raw = file.read()
    position = 0
    while position < len(raw):
        (magic, _, step, offset, count, inode, flags, *lengths, _, byte_count, result) = (
            HEAD.unpack_from(raw, position)
        )
        if magic != MAGIC:
            raise ValueError(f"no entry of a record at {position}")
        position += HEAD.size
        texts = []
        for length in lengths:
            texts.append(raw[position : position + length].decode("utf-8", "surrogateescape"))
            position += length
        data = raw[position : position + byte_count]
        position += byte_count
        entries.append(Entry(*texts, step, offset, count, inode, flags, data, result))
    return entries


@dataclass
class File:
    durable: bytearray = field(default_factory=bytearray)
    # (offset, bytes), or (length, None) for a change of the length.
    pending: list = field(default_factory=list)
    # What a flush that failed was to write: (offset, bytes), no piece beyond its page.
    given_up: list = field(default_factory=list)

    @property
    def is_clean(self):
        return not self.pending and not self.given_up

    def sync(self):
        given_up, self.given_up = self.given_up, []
        self.durable = self.contents(lambda _: True)
        self.pending = []
        self.given_up = given_up

    def fail_to_sync(self):
        for offset, data in self.pending:
            while data:
                count = PAGE - offset % PAGE
                self.given_up.append((offset, data[:count]))
                offset, data = offset + count, data[count:]
        self.pending = [change for change in self.pending if change[1] is None]

    def write(self, offset, data):
        pages = range(offset // PAGE, (offset + len(data) - 1) // PAGE + 1)
        # The whole page is written again with it.
        self.pending += [piece for piece in self.given_up if piece[0] // PAGE in pages]
        self.given_up = [piece for piece in self.given_up if piece[0] // PAGE not in pages]
        self.pending.append((offset, data))

    def change_length(self, length):
        self.given_up = [piece for piece in self.given_up if piece[0] + len(piece[1]) <= length]
        self.pending.append((length, None))

    def contents(self, is_kept, keeps_length=True):
        """What the file holds when `is_kept` says which sector of which change arrived.

        With `keeps_length` the length is there even where the data is not.
        """
        contents = bytearray(self.durable)
        for change in self.given_up + self.pending:
            apply(change, contents, is_kept, keeps_length)
        return contents


def apply(change, contents, is_kept, keeps_length):
    offset, data = change
    if data is None:
        if not is_kept(offset):
            return
        if offset < len(contents):
            del contents[offset:]
        else:
            contents.extend(bytes(offset - len(contents)))
        return
    end = offset + len(data)
    if keeps_length and end > len(contents):
        contents.extend(bytes(end - len(contents)))
    start = offset
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if is_kept(start):
            if stop > len(contents):
                contents.extend(bytes(stop - len(contents)))
            contents[start:stop] = data[start - offset : stop - offset]
        start = stop


@dataclass
class Directory:
    durable: dict = field(default_factory=dict)
    # Each change is a list of (name, file or None), which happen together.
    pending: list = field(default_factory=list)

    def sync(self):
        self.durable = self.entries(lambda _: True)
        self.pending = []

    def entries(self, is_kept):
        entries = dict(self.durable)
        for number, change in enumerate(self.pending):
            if is_kept(number):
                for name, node in change:
                    if node is None:
                        entries.pop(name, None)
                    else:
                        entries[name] = node
        return entries


class Disk:
    """Everything below `root`, which was empty and durable at the beginning."""

    def __init__(self, root, ignores=frozenset(), has_journal=False):
        self.root = root
        self.top = Directory()
        self.nodes = {}
        # Names of calls that are to count as if they had not happened: to prove the suite.
        self.ignores = ignores
        # Whether any flush makes all names durable, as a journal of all names does (ext4, XFS).
        # POSIX does not promise that, and our own stores do not count on it.
        self.has_journal = has_journal

    def replay(self, entry):
        name = entry.call
        if entry.is_mark or name in self.ignores:
            return
        if name in ("open", "openat", "creat"):
            self.create(entry)
        elif name in WRITES:
            self.write(entry)
        elif name == "ftruncate":
            self.file(entry).change_length(entry.count)
        elif name in ("fallocate", "posix_fallocate"):
            self.allocate(entry)
        elif name in SYNCS:
            self.sync(entry)
        elif name in ("mkdir", "mkdirat"):
            made = Directory()
            parent, base = self.place(entry.path)
            parent.pending.append([(base, made)])
        elif name in ("unlink", "unlinkat", "rmdir"):
            parent, base = self.place(entry.path)
            parent.pending.append([(base, None)])
        elif name in ("rename", "renameat", "renameat2"):
            self.rename(entry)
        elif name in ("link", "linkat"):
            parent, base = self.place(entry.new_path)
            parent.pending.append([(base, self.find(entry.path))])
        else:
            raise ValueError(f"a call without a model: {name}")

    def find(self, path):
        node = self.top
        for part in self.parts(path):
            node = node.entries(lambda _: True)[part]
        return node

    def parts(self, path):
        if path != self.root and not path.startswith(self.root + "/"):
            raise ValueError(f"{path} is not below {self.root}")
        return [part for part in path[len(self.root) :].split("/") if part]

    def place(self, path):
        head, _, base = path.rpartition("/")
        return self.find(head), base

    def file(self, entry):
        return self.nodes[entry.inode]

    def create(self, entry):
        parent, base = self.place(entry.path)
        known = parent.entries(lambda _: True).get(base)
        if known is None:
            known = File()
            parent.pending.append([(base, known)])
        elif entry.flags & os.O_TRUNC:
            known.change_length(0)
        self.nodes[entry.inode] = known

    def write(self, entry):
        file = self.file(entry)
        if entry.flags & os.O_DSYNC:
            apply((entry.offset, entry.data), file.durable, lambda _: True, True)
        elif entry.data:
            file.write(entry.offset, entry.data)

    def allocate(self, entry):
        file = self.file(entry)
        end = entry.offset + entry.count
        if end > len(file.contents(lambda _: True)):
            file.change_length(end)

    def sync(self, entry):
        node = self.nodes.get(entry.inode)
        if node is None or not self.is_file_path(entry):
            node = self.find(entry.path)
        if entry.result == 0:
            node.sync()
            if self.has_journal:
                self.sync_names(self.top)
        elif isinstance(node, File):
            node.fail_to_sync()

    def sync_names(self, directory):
        directory.sync()
        for node in directory.durable.values():
            if isinstance(node, Directory):
                self.sync_names(node)

    def is_file_path(self, entry):
        try:
            return isinstance(self.find(entry.path), File)
        except KeyError:
            return True

    def rename(self, entry):
        parent, base = self.place(entry.path)
        new_parent, new_base = self.place(entry.new_path)
        moved = parent.entries(lambda _: True)[base]
        if parent is not new_parent:
            # Counts as a link: the file is never without a name, but keeps its old one for good.
            # Only a peer does this (Redis), from a temporary name that it never looks for.
            new_parent.pending.append([(new_base, moved)])
            return
        parent.pending.append([(base, None), (new_base, moved)])

    # MARK: Images

    def tree(self, choice, node=None, prefix=""):
        """The paths and contents of one state; None for a directory."""
        node = node or self.top
        for name, entry in sorted(node.entries(choice.keeps_name).items()):
            path = f"{prefix}{name}"
            if isinstance(entry, Directory):
                yield path, None
                yield from self.tree(choice, entry, path + "/")
            else:
                yield path, choice.contents(entry)

    @property
    def is_clean(self):
        """Whether nothing is left to chance."""
        nodes = [self.top]
        while nodes:
            node = nodes.pop()
            if isinstance(node, File):
                if not node.is_clean:
                    return False
            elif node.pending:
                return False
            else:
                nodes.extend(node.durable.values())
        return True


class Choice:
    """Which of the changes that were not flushed arrive."""

    KINDS = (
        "lost", "kept", "lengths", "data", "sectors", "torn", "order", "names",
    )

    def __init__(self, kind, random):
        self.kind = kind
        self.random = random
        self.share = random.choice((0.1, 0.5, 0.9))

    def keeps_name(self, number):
        if self.kind in ("lost", "data"):
            return False
        if self.kind in ("sectors", "names"):
            return self.random.random() < 0.5
        return True

    def contents(self, file):
        if file.is_clean:
            return file.durable
        draw = self.random.random
        if self.kind in ("lost", "names"):
            return file.durable
        if self.kind in ("kept", "data"):
            return file.contents(lambda _: True)
        if self.kind == "lengths":  # the length is ahead of the data
            return file.contents(lambda _: False)
        if self.kind == "torn":  # all of it, but one run of sectors
            return self.without_a_run(file)
        if self.kind == "order":  # the later writes arrive, the earlier ones do not
            return self.only_the_last(file)
        keeps_length = draw() < 0.5
        contents = file.contents(lambda _: draw() < self.share, keeps_length)
        if draw() < 0.25 and len(contents) > len(file.durable):
            del contents[self.random.randrange(len(file.durable), len(contents)) :]
        return contents

    def without_a_run(self, file):
        writes = [change for change in file.pending if change[1]]
        if not writes:
            return file.contents(lambda _: True)
        start, data = self.random.choice(writes)
        # As often near the beginning, where the heads of things are, as anywhere.
        end = self.random.choice((start + 8 * SECTOR, start + len(data)))
        first = self.random.randrange(start, min(end, start + len(data))) // SECTOR
        last = first + self.random.choice((1, 1, 2, 4, 8, 1 << 40))
        return file.contents(lambda offset: not first <= offset // SECTOR < last)

    def only_the_last(self, file):
        kept = self.random.randrange(len(file.pending))
        contents = bytearray(file.durable)
        for change in file.pending[kept:]:
            apply(change, contents, lambda _: True, True)
        return contents


# MARK: Segment headers


def _table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = _table()
SEGMENT_MAGIC = b"MRSH"
SEGMENT_HEAD_BYTES = 148
INODE_AT = 44


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF


def with_inode(head, inode):
    """A segment header for the file that the image is in; None when the header is not whole.

    A segment names its own inode, and after a real power cut it is still the same file.
    """
    if crc32c(head[:-4]) != struct.unpack(">I", head[-4:])[0]:
        return None
    changed = head[:INODE_AT] + struct.pack(">Q", inode) + head[INODE_AT + 8 : -4]
    return changed + struct.pack(">I", crc32c(changed))


def write_file(path, contents):
    with open(path, "wb", buffering=0) as file:
        if path.endswith("/BALLAST"):  # holds nothing; no need to take memory for it
            file.truncate(len(contents))
            return
        file.write(contents)
        if ".mdb" not in path:
            return
        inode = os.fstat(file.fileno()).st_ino
        for start in range(2 * PAGE + 16, min(len(contents), 20 * PAGE), PAGE):
            if contents[start : start + 4] != SEGMENT_MAGIC:
                continue
            changed = with_inode(bytes(contents[start : start + SEGMENT_HEAD_BYTES]), inode)
            if changed is not None:
                os.pwrite(file.fileno(), changed, start)


def digest(tree):
    """The same for two trees only if an image of the one is an image of the other."""
    whole = hashlib.blake2b(digest_size=16)
    for path, contents in tree:
        length = -1 if contents is None else len(contents)
        whole.update(f"{len(path)} {path} {length} ".encode("utf-8", "surrogateescape"))
        if contents and not path.endswith("/BALLAST"):
            whole.update(contents)
    return whole.digest()


def write_image(directory, tree):
    os.mkdir(directory)
    for path, contents in tree:
        if contents is None:
            os.mkdir(f"{directory}/{path}")
        else:
            write_file(f"{directory}/{path}", contents)
