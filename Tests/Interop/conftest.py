"""Finds the tool that writes tables with our own code."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def delta_tool():
    """Runs `DeltaTool` with arguments, and returns what it printed."""
    path = ROOT / ".build" / "debug" / "DeltaTool"
    if not path.exists():
        subprocess.run(["swift", "build", "--product", "DeltaTool"], cwd=ROOT, check=True)

    def run(*arguments) -> str:
        done = subprocess.run(
            [path, *map(str, arguments)], capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.path = path
    return run
