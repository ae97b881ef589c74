"""A store in a temporary directory, and the commands of `millrace` on it. For the suites here."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MILLRACE = pathlib.Path(os.environ["MILLRACE_BIN"]) / "millrace"
NAB = ROOT.parent / "shared" / "data" / "nab-telemetry.ndjson.zst"


class Store:
    """Removed with everything in it at the end of a `with`."""

    def __init__(self, name="store"):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="millrace-suite-"))
        self.path = self.directory / name

    @classmethod
    def at(cls, path):
        """A store that lies somewhere already, and goes with whatever it lies in."""
        store = cls.__new__(cls)
        store.directory, store.path = path.parent, path
        return store

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    def command(self, *arguments):
        return [str(MILLRACE), *map(str, arguments), "--data", str(self.path)]

    def run(self, *arguments, status=0, **options):
        """Runs a command on the store to its end; any but the expected status is a failure."""
        return self.finish(self.command(*arguments), arguments, status, options)

    def run_at(self, *arguments, status=0, **options):
        """The same for a command that names the stores it works on itself."""
        command = [str(MILLRACE), *map(str, arguments)]
        return self.finish(command, arguments, status, options)

    @staticmethod
    def finish(command, arguments, status, options):
        done = subprocess.run(command, capture_output=True, timeout=120, **options)
        if done.returncode != status:
            fail(
                f"{' '.join(map(str, arguments))} ended with {done.returncode}, not {status}:\n"
                + (done.stdout[-2000:] + done.stderr[-2000:]).decode(errors="replace"))
        return done

    def start(self, *arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(self.command(*arguments), **options)

    def events(self, stream, *options):
        """Everything of a stream: the events as objects, and the gaps."""
        lines = self.run("consume", stream, "--json", *options).stdout.splitlines()
        items = [json.loads(line) for line in lines]
        return [i for i in items if "gap" not in i], [i for i in items if "gap" in i]


def fail(text):
    print(f"FAILED: {text}", file=sys.stderr)
    sys.exit(1)


def require(condition, text):
    if not condition:
        fail(text)


def nab_lines():
    """The real telemetry, a line each; the suite is skipped, loudly, where it is not there."""
    if not NAB.exists():
        print(f"!!! SKIPPED: {NAB} is not there, so nothing of this was tested", file=sys.stderr)
        sys.exit(0)
    unpacked = subprocess.run(["zstd", "-dcq", str(NAB)], capture_output=True, check=True)
    return unpacked.stdout.splitlines()


def stage(text, started=[time.monotonic()]):
    now = time.monotonic()
    print(f"  {now - started[0]:6.1f} s  {text}", flush=True)
    started[0] = now
