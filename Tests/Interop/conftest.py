"""Finds the tool that writes tables with our own code."""

import subprocess

import pytest

from built import program


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
