"""What a suite has shown, a line for each promise and fault, for `tools/prove` to gather."""

import json
import os


def record(
    promise, fault, workload, *, cases, failures, lost, seconds, subject="millrace", note=""
):
    """Adds a line to the file that MILLRACE_PROOF names; without it, nothing is written.

    `cases` were tried, `failures` of them broke the promise, `lost` acknowledged events in all
    were gone or changed, and it took `seconds`. `subject` is the store that was tried; `note` says
    in a few words what the numbers do not.
    """
    path = os.environ.get("MILLRACE_PROOF")
    if not path:
        return
    line = {
        "promise": promise, "fault": fault, "workload": workload, "subject": subject,
        "cases": cases, "failures": failures, "lost": lost, "seconds": round(seconds, 2),
        "note": note,
    }
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
