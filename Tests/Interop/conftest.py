"""Finds the tool that writes tables with our own code."""

import pathlib
import subprocess
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Suites"))

from built import program
from proof import record

# What the tests of a file prove: promise, fault, workload.
PROOFS = {"test_eventhubs_access.py": ("P10", "wrong or missing authorisation", "Event Hubs SDK")}


@pytest.fixture(scope="session")
def delta_tool():
    """Runs `DeltaTool` with arguments, and returns what it printed."""
    path = program("DeltaTool")

    def run(*arguments) -> str:
        done = subprocess.run(
            [path, *map(str, arguments)], capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.path = path
    return run


def pytest_terminal_summary(terminalreporter, config):
    """A line for each of `PROOFS`, by the process that has all results."""
    if hasattr(config, "workerinput"):
        return
    for name, proof in PROOFS.items():
        ended = {
            outcome: [
                report for report in terminalreporter.stats.get(outcome, [])
                if name in getattr(report, "nodeid", "")]
            for outcome in ("passed", "failed", "error")}
        failures = len(ended["failed"]) + len(ended["error"])
        if cases := len(ended["passed"]) + failures:
            reports = [report for group in ended.values() for report in group]
            record(*proof, cases=cases, failures=failures, lost=0,
                   seconds=sum(report.duration for report in reports))
