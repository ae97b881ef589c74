"""Where the programs and the data sets are that the tests here need."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("MILLRACE_DATA", ROOT.parent / "shared" / "data"))


def program(name):
    """The path of an executable: in MILLRACE_BIN, which `tools/test` sets to the release build, or
    else among what was built for debugging, where it is built if it is missing."""
    directory = os.environ.get("MILLRACE_BIN")
    path = pathlib.Path(directory or ROOT / ".build" / "debug") / name
    if not path.exists():
        if directory:
            raise FileNotFoundError(f"MILLRACE_BIN has no {name}: run swift build -c release")
        subprocess.run(["swift", "build", "--product", name], cwd=ROOT, check=True)
    return path
