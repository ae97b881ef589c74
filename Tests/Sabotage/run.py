"""Applies each break to a clone of this repository, builds it, and runs the test that has to fail.

`tools/prove --sabotage [NAME...]` calls this. The clone is kept in .build/sabotage, with a debug
build of its own, so that the next run builds only what the breaks touch.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from breaks import BREAKS  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLONE = ROOT / ".build" / "sabotage"
SUITE_SECONDS = 300


def git(*arguments):
    subprocess.run(["git", "-C", CLONE, *arguments], check=True, stdout=subprocess.DEVNULL)


def make_clone():
    """The clone at the commit of this work tree; what is not committed is not tried."""
    if not CLONE.exists():
        subprocess.run(["git", "clone", "--quiet", ROOT, CLONE], check=True)
    head = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "HEAD"], check=True, stdout=subprocess.PIPE, text=True)
    git("fetch", "--quiet", "origin")
    git("checkout", "--quiet", "--force", "--detach", head.stdout.strip())


def build(products):
    for product in ("FaultShim", *products):
        done = subprocess.run(
            ["swift", "build", "--product", product], cwd=CLONE, capture_output=True, text=True,
            check=False)
        if done.returncode != 0:
            sys.exit(f"sabotage: {product} does not build: {done.stdout[-2000:]}")


def apply(sabotage):
    path = CLONE / sabotage.path
    text = path.read_text(encoding="utf-8")
    for old, new in sabotage.edits:
        if text.count(old) != 1:
            sys.exit(f"sabotage: {sabotage.path} has changed: {text.count(old)} times {old!r}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def attempt(sabotage):
    """The test that noticed, if one did, and what it said."""
    for command in sabotage.catchers:
        status, output = run_test(command)
        if status not in (0, 1) or "Traceback (most recent call last)" in output:
            # A test that falls over, or does not end, has noticed nothing.
            print(f"sabotage: {' '.join(command)}: {status}\n{output[-1000:]}", file=sys.stderr)
        elif status == 1:
            return " ".join(command), message(output)
    return None, ""


def run_test(command):
    """The status of a test, None when it ran out of time, and what it printed. It has a session of
    its own, and nothing of that is left running."""
    environment = {**os.environ, "MILLRACE_BIN": str(CLONE / ".build" / "debug")}
    environment.pop("MILLRACE_PROOF", None)
    test = subprocess.Popen(
        command, cwd=CLONE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", start_new_session=True)
    try:
        output = test.communicate(timeout=SUITE_SECONDS)[0]
        return test.returncode, output
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(test.pid, signal.SIGKILL)
        test.wait()


def message(output):
    """The first line that says what is wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [
        line for line in lines
        if any(word in line for word in ("FAILED", "lost:", "missing", "twice", "ended with"))
        or line.split(":")[0] in ("order", "durable", "opens", "gaps", "payload", "crash")]
    return (telling or lines[-1:] or [""])[0][:160]


def run(names):
    """Runs the breaks of those names, or all. The answer is whether each was noticed."""
    chosen = [sabotage for sabotage in BREAKS if not names or sabotage.name in names]
    if len(chosen) < len(set(names)):
        sys.exit("sabotage: there are: " + "; ".join(sabotage.name for sabotage in BREAKS))
    make_clone()
    missed = 0
    for sabotage in chosen:
        started = time.monotonic()
        apply(sabotage)
        try:
            build(sabotage.products)
            catcher, text = attempt(sabotage)
        finally:
            git("checkout", "--quiet", "--", sabotage.path)
        missed += catcher is None
        outcome = f"caught by {catcher}: {text}" if catcher else "NOT CAUGHT"
        print(f"{sabotage.name} ({time.monotonic() - started:.0f} s): {outcome}", flush=True)
    print(f"sabotage: {len(chosen) - missed} of {len(chosen)} caught")
    return missed == 0
