"""A pipeline from a store's stream into a table, run by `MaterializerTool`. For the suites here."""

import collections
import json
import os
import subprocess
from pathlib import Path

import deltalake

from store import require

TOOL = Path(os.environ["MILLRACE_BIN"]) / "MaterializerTool"


class Pipeline:
    def __init__(self, directory, name="store", root=None):
        self.store = directory / name
        self.root = root or directory / "table"
        self.lines = directory / "lines"

    def tool(self, *arguments):
        command = [TOOL, *arguments, "--store", self.store]
        return subprocess.run(
            [str(part) for part in command], check=True, capture_output=True, text=True).stdout

    def fill(self, events):
        self.lines.write_text("".join(json.dumps(event) + "\n" for event in events))
        self.tool("fill", "--file", self.lines, "--partitions", 2, "--batch", 10)

    def follow(self, *options):
        return self.tool("follow", "--root", self.root, *options)

    def table(self):
        return deltalake.DeltaTable(str(self.root))

    def identities(self):
        rows = self.table().to_pyarrow_table(columns=["_source", "_partition", "_offset"])
        return collections.Counter(zip(*(column.to_pylist() for column in rows.columns)))

    def require_whole(self, count, sources=1):
        found = self.identities()
        require(set(found.values()) == {1}, f"an event is there twice: {found.most_common(1)}")
        require(len(found) == count, f"{len(found)} events are there, not {count}")
        require(len({source for source, _, _ in found}) == sources, "there are other sources")
