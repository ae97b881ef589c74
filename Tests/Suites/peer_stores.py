"""Stores that the same faults are tried on: ours and others, each behind four operations.

    with Redis("always").open(directory) as store:
        store.append([b"one", b"two"])    # returns when both are acknowledged
        values = list(store.read())       # raises Refused where the store says that it cannot
        store.told()                      # what it complained of, in its log or to the reader

`Refused` is also what a store that does not open raises. `store.kill()` is SIGKILL. Run as a
program, this file is the workload: it appends, and writes down what was acknowledged.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from hashlib import blake2b

BATCH = 8
WAIT_SECONDS = 5
STALL_SECONDS = 0.5
NUMBER_MAX = 10_000
STREAM = "events"


class Refused(Exception):
    """The store does not open, read or append, and says so."""


def value_of(number):
    """The event with this number: nothing that a compressor could make small."""
    return b"%08d %s" % (number, blake2b(b"%d" % number, digest_size=64).hexdigest().encode())


class NoAnswer(Refused):
    """The store does not answer, and will not answer the next request either."""


class Opened:
    """An open store whose process, if it has one, ends with it."""

    process = None
    # Whether a reader that follows gets no answer, neither an event nor an error.
    is_stalled = False

    def __init__(self, setting, directory):
        self.setting = setting
        self.directory = directory
        self.lines = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        """Raises `Refused` when the store does not open."""

    def spawn(self, command, ready):
        """Starts a server and follows its log; the answer is the line that matches `ready`."""
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        for line in self.process.stdout:
            self.lines.append(line)
            found = re.search(ready, line)
            if found:
                threading.Thread(target=self.follow, daemon=True).start()
                return found
        raise Refused(f"it ended: {self.process.wait()} {self.told()}")

    def follow(self):
        self.lines.extend(self.process.stdout)

    def append_many(self, values):
        """Appends all, and yields how many more are acknowledged, as soon as they are."""
        for first in range(0, len(values), BATCH):
            batch = values[first : first + BATCH]
            self.append(batch)
            yield len(batch)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def told(self):
        return [line.strip() for line in self.lines if re.search(self.complaint, line)]


class Millrace(Opened):
    """`produce` and `consume`, on a store with small segments."""

    options = ("--segment-size", "256KiB", "--budget", "1GiB")

    def command(self, *arguments):
        millrace = pathlib.Path(os.environ["MILLRACE_BIN"]) / "millrace"
        return [millrace, *arguments, "--data", f"{self.directory}/store", *self.options]

    def append(self, values):
        for _ in self.append_many(values):
            pass

    def append_many(self, values):
        if self.process is None:
            self.process = subprocess.Popen(
                self.command(
                    "produce", STREAM, "--acknowledge", "--partition", "0", "--batch-size",
                    str(BATCH)),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.process.stdin.write(b"".join(value + b"\n" for value in values))
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Refused(self.process.stderr.read().decode()[-300:]) from None
        for number in range(len(values)):
            if not self.process.stdout.readline():
                raise Refused(self.process.stderr.read().decode()[-300:])
            if number % BATCH == BATCH - 1:
                yield BATCH
        yield len(values) % BATCH

    def read(self):
        done = subprocess.run(
            self.command("consume", STREAM, "--json"), capture_output=True, check=False,
            timeout=WAIT_SECONDS)
        self.lines += done.stderr.decode().splitlines()
        for line in done.stdout.splitlines():
            item = json.loads(line)
            if "gap" in item:
                self.lines.append(f"gap {item}")
            elif "value" in item:
                yield item["value"].encode()
            else:
                yield b"not the text that was appended"
        if done.returncode != 0:
            raise Refused(done.stderr.decode()[-300:])

    complaint = "."


class SQLite(Opened):
    """A table in a database with a write-ahead log, which is checkpointed often."""

    def start(self):
        try:
            self.database = sqlite3.connect(
                f"{self.directory}/events.db", isolation_level=None, timeout=WAIT_SECONDS)
            self.database.execute("pragma journal_mode = wal")
            self.database.execute(f"pragma synchronous = {self.setting}")
            self.database.execute("pragma wal_autocheckpoint = 100")
            self.database.execute(
                "create table if not exists events (id integer primary key, value blob)")
        except sqlite3.Error as error:
            raise Refused(str(error)) from None

    def append(self, values):
        try:
            self.database.execute("begin immediate")
            self.database.executemany(
                "insert into events (value) values (?)", [(value,) for value in values])
            self.database.execute("commit")
        except sqlite3.Error as error:
            raise Refused(str(error)) from None

    def read(self):
        try:
            for value, in self.database.execute("select value from events order by id"):
                yield value if isinstance(value, bytes) else b"another type"
        except sqlite3.Error as error:
            raise Refused(str(error)) from None

    def kill(self):
        """Leaves the files as they are: what is open in this process is not closed in order."""

    complaint = "."


class Redis(Opened):
    """A stream in an append-only file, which is rewritten often."""

    def start(self):
        place = f"{self.directory}/.socket"
        arguments = {
            "port": 0, "unixsocket": place, "dir": self.directory, "save": "", "appendonly": "yes",
            "appendfsync": self.setting, "auto-aof-rewrite-min-size": "64kb",
        }
        options = [str(part) for name in arguments for part in (f"--{name}", arguments[name])]
        self.spawn(["redis-server", *options], "eady to accept connections")
        self.client = socket.socket(socket.AF_UNIX)
        self.client.settimeout(WAIT_SECONDS)
        self.client.connect(place)
        self.input = self.client.makefile("rb")

    def call(self, *requests):
        parts = []
        for request in requests:
            parts.append(b"*%d\r\n" % len(request))
            parts += [b"$%d\r\n%s\r\n" % (len(part), part) for part in request]
        try:
            self.client.sendall(b"".join(parts))
            return [self.answer() for _ in requests]
        except OSError as error:
            raise Refused(str(error)) from None

    def answer(self):
        line = self.input.readline()
        kind, text = line[:1], line[1:-2]
        if kind == b"$":
            return self.input.read(int(text) + 2)[:-2] if int(text) >= 0 else None
        if kind == b"*":
            return [self.answer() for _ in range(int(text))]
        if kind in (b"+", b":"):
            return text
        raise Refused(line.decode() or "the connection ended")

    def append(self, values):
        self.call(*[(b"XADD", STREAM.encode(), b"*", b"v", value) for value in values])

    def read(self):
        start = b"-"
        while True:
            [page] = self.call((b"XRANGE", STREAM.encode(), start, b"+", b"COUNT", b"500"))
            for entry, fields in page:
                yield fields[1] if len(fields) == 2 and fields[0] == b"v" else b"other fields"
                start = b"(" + entry
            if not page:
                return

    complaint = re.compile(r"(?i)\b(bad|corrupt|truncat|error|damage|checksum|invalid|mismatch)")


class Nats(Opened):
    """A JetStream stream in files."""

    def start(self):
        found = self.spawn(
            ["nats-server", "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", self.directory],
            r"client connections on 127\.0\.0\.1:(\d+)")
        self.port = int(found.group(1))
        self.has_stream = False
        self.connect()

    def connect(self):
        self.client = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_SECONDS)
        self.input = self.client.makefile("rb")
        self.input.readline()
        self.client.sendall(
            b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n'
            b"SUB inbox.* 1\r\n")

    def publish(self, subject, body, reply="inbox.a"):
        self.client.sendall(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")

    def message(self):
        """The head and the body of the next message."""
        while True:
            line = self.input.readline()
            words = line.split()
            if words[:1] == [b"PING"]:
                self.client.sendall(b"PONG\r\n")
            elif words[:1] == [b"MSG"]:
                return b"", self.input.read(int(words[-1]) + 2)[:-2]
            elif words[:1] == [b"HMSG"]:
                head, count = int(words[-2]), int(words[-1])
                whole = self.input.read(count + 2)[:-2]
                return whole[:head], whole[head:]
            elif not line or words[0] == b"-ERR":
                raise Refused(line.decode() or "the connection ended")

    def ask(self, subject, **body):
        try:
            self.publish(f"$JS.API.{subject}", json.dumps(body).encode())
            head, answer = self.message()
        except OSError as error:
            raise NoAnswer(str(error)) from None
        if not answer:
            raise Refused(head.decode(errors="replace"))
        answer = json.loads(answer)
        if "error" in answer:
            raise Refused(str(answer["error"]))
        return answer

    def append(self, values):
        if not self.has_stream:
            self.ask(
                f"STREAM.CREATE.{STREAM}", name=STREAM, subjects=[STREAM], storage="file",
                retention="limits", max_bytes=-1, max_msgs=-1, max_age=0, num_replicas=1)
            self.has_stream = True
        try:
            for value in values:
                self.publish(STREAM, value)
            for _ in values:
                answer = self.message()[1]
                if b'"error"' in answer or b'"seq"' not in answer:
                    raise Refused(answer.decode(errors="replace"))
        except OSError as error:
            raise Refused(str(error)) from None

    def read(self):
        """By a consumer; where that gets no answer any more, each message by its number."""
        # A damaged index may claim any number.
        last = min(NUMBER_MAX, self.ask(f"STREAM.INFO.{STREAM}")["state"]["last_seq"])
        number = 0
        try:
            for value in self.consume():
                number += 1
                yield value
        except TimeoutError:
            self.is_stalled = True
            self.connect()
            for number in range(number + 1, last + 1):
                try:
                    answer = self.ask(f"STREAM.MSG.GET.{STREAM}", seq=number)
                    yield base64.b64decode(answer["message"]["data"])
                except NoAnswer:
                    raise
                except Refused as refusal:
                    self.lines.append(f"[WRN] {refusal}")

    def consume(self):
        created = self.ask(
            f"CONSUMER.CREATE.{STREAM}", stream_name=STREAM,
            config={"deliver_policy": "all", "ack_policy": "none", "mem_storage": True})
        self.client.settimeout(STALL_SECONDS)
        more = json.dumps({"batch": 256, "no_wait": True}).encode()
        while True:
            self.publish(f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{created['name']}", more)
            for count in range(256):
                head, value = self.message()
                if head.startswith((b"NATS/1.0 4", b"NATS/1.0 5")):
                    if count == 0:
                        return
                    break
                yield value

    complaint = re.compile(r"\[(WRN|ERR|FTL)\]|panic")


class Subject:
    """A store with a setting: what a line of the table is about."""

    def __init__(self, kind, setting, label, program=None):
        self.kind, self.setting, self.label, self.program = kind, setting, label, program

    def open(self, directory):
        return self.kind(self.setting, directory)

    @property
    def is_here(self):
        return self.program is None or shutil.which(self.program) is not None


SUBJECTS = {
    subject.label: subject
    for subject in [
        Subject(Millrace, None, "millrace"),
        Subject(SQLite, "full", "sqlite WAL, full"),
        Subject(SQLite, "normal", "sqlite WAL, normal"),
        Subject(Redis, "always", "redis AOF, always", "redis-server"),
        Subject(Redis, "everysec", "redis AOF, everysec", "redis-server"),
        # Debian's 2.9 has no `sync_interval`; later ones do.
        Subject(Nats, None, "nats JetStream", "nats-server"),
    ]
}


def workload(label, directory, journal, count):
    """Appends so many events; the journal gets each one's number when it was acknowledged."""
    with open(journal, "ab", buffering=0) as acknowledged:
        with SUBJECTS[label].open(directory) as store:
            done = 0
            for more in store.append_many([value_of(number) for number in range(count)]):
                lines = [b"%d\n" % number for number in range(done, done + more)]
                acknowledged.write(b"".join(lines))
                done += more


if __name__ == "__main__":
    workload(*sys.argv[1:4], int(sys.argv[4]))
