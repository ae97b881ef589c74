"""Writing Parquet, ours beside pyarrow's, on the NAB telemetry.

usage: measure.py NDJSON.zst DIRECTORY TOOL REPEATS
"""

import json
import pathlib
import subprocess
import sys
import time

import numpy
import pyarrow
import pyarrow.json
import pyarrow.parquet


def columns(source):
    text = subprocess.run(["zstd", "-dc", source], capture_output=True, check=True).stdout
    rows = [json.loads(line) for line in text.splitlines()]
    moment = numpy.array([row["enqueuedAt"][:-1] for row in rows], dtype="datetime64[us]")
    return {
        "deviceId": [row["deviceId"] for row in rows],
        "group": [row["site"]["group"] for row in rows],
        "region": [row["site"]["region"] for row in rows],
        "tags": [json.dumps(row["tags"], separators=(",", ":")) for row in rows],
        "seq": numpy.array([row["seq"] for row in rows], dtype="int64"),
        "enqueuedAt": moment.astype("int64"),
        "value": numpy.array([row["reading"]["value"] for row in rows], dtype="float64"),
        "score": numpy.array([row["reading"]["quality"]["score"] for row in rows], dtype="float64"),
        "good": numpy.array([row["reading"]["quality"]["good"] for row in rows], dtype="uint8"),
    }


def lay_out(data, directory):
    for name, column in data.items():
        if isinstance(column, list):
            (directory / name).write_text("".join(f"{value or ''}\n" for value in column))
        else:
            (directory / name).write_bytes(column.tobytes())


def arrow_table(data, repeats):
    arrays = {}
    for name, column in data.items():
        if isinstance(column, list):
            arrays[name] = pyarrow.array(column * repeats).dictionary_encode()
        elif name == "good":
            arrays[name] = pyarrow.array(numpy.tile(column, repeats).astype(bool))
        elif name == "enqueuedAt":
            arrays[name] = pyarrow.array(numpy.tile(column, repeats)).cast(pyarrow.timestamp("us", "UTC"))
        else:
            arrays[name] = pyarrow.array(numpy.tile(column, repeats))
    return pyarrow.table(arrays)


def main(source, directory, tool, repeats):
    directory, repeats = pathlib.Path(directory), int(repeats)
    data = columns(source)
    lay_out(data, directory)
    pyarrow.set_cpu_count(1)
    table = arrow_table(data, repeats)
    for attempt in range(3):
        start = time.perf_counter()
        pyarrow.parquet.write_table(
            table, directory / "pyarrow.parquet", compression="zstd", compression_level=1,
            row_group_size=1_000_000,
        )
        seconds = time.perf_counter() - start
        size = (directory / "pyarrow.parquet").stat().st_size
        print("pyarrow", table.num_rows, size, round(seconds, 3))
        for profile in ["standard", "compact"]:
            line = subprocess.run(
                [tool, "measure", directory, str(repeats), directory / f"{profile}.parquet", profile],
                capture_output=True, text=True, check=True,
            ).stdout
            print(profile, line.strip())
    for profile in ["standard", "compact"]:
        ours = pyarrow.parquet.read_table(directory / f"{profile}.parquet")
        theirs = pyarrow.parquet.read_table(directory / "pyarrow.parquet")
        for name in theirs.column_names:
            left, right = ours[name], theirs[name]
            if pyarrow.types.is_dictionary(right.type):
                right = right.cast(left.type)
            assert left.combine_chunks().equals(right.cast(left.type).combine_chunks()), name


main(*sys.argv[1:])
