"""The peers of the figures of tables: pyarrow and delta-rs, driven line by line.

usage: peer.py NDJSON.zst DIRECTORY REPEATS

Lays the columns of the telemetry out in DIRECTORY for the other side, says `ready`, and for each
line `parquet PATH` or `table PATH` writes all rows there and answers with the seconds and bytes.
"""

import json
import pathlib
import subprocess
import sys
import time

import numpy
import pyarrow
import pyarrow.parquet
from deltalake import WriterProperties, write_deltalake


def columns(source):
    text = subprocess.run(["zstd", "-dc", source], capture_output=True, check=True).stdout
    rows = [json.loads(line) for line in text.splitlines()]
    moment = numpy.array([row["enqueuedAt"][:-1] for row in rows], dtype="datetime64[us]")
    quality = [row["reading"]["quality"] for row in rows]
    return {
        "deviceId": [row["deviceId"] for row in rows],
        "group": [row["site"]["group"] for row in rows],
        "region": [row["site"]["region"] for row in rows],
        "tags": [json.dumps(row["tags"], separators=(",", ":")) for row in rows],
        "seq": numpy.array([row["seq"] for row in rows], dtype="int64"),
        "enqueuedAt": moment.astype("int64"),
        "value": numpy.array([row["reading"]["value"] for row in rows], dtype="float64"),
        "score": numpy.array([each["score"] for each in quality], dtype="float64"),
        "good": numpy.array([each["good"] for each in quality], dtype="uint8"),
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
            continue
        arrays[name] = pyarrow.array(numpy.tile(column, repeats))
        if name == "good":
            arrays[name] = arrays[name].cast(pyarrow.bool_())
        if name == "enqueuedAt":
            arrays[name] = arrays[name].cast(pyarrow.timestamp("us", "UTC"))
    return pyarrow.table(arrays)


def without_dictionaries(table):
    """delta-rs takes strings as they are."""
    fields = [
        field.with_type(pyarrow.string()) if pyarrow.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pyarrow.schema(fields))


def write_parquet(table, path):
    pyarrow.parquet.write_table(
        table, path, compression="zstd", compression_level=1, row_group_size=1_000_000
    )


def write_table(table, path):
    properties = WriterProperties(compression="ZSTD", compression_level=1)
    write_deltalake(path, table, writer_properties=properties)


def size(path):
    path = pathlib.Path(path)
    files = path.rglob("*.parquet") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def main(source, directory, repeats):
    data = columns(source)
    lay_out(data, pathlib.Path(directory))
    # Only pyarrow's own work; delta-rs has threads of its own, one for each core.
    pyarrow.set_cpu_count(1)
    table = arrow_table(data, int(repeats))
    plain = without_dictionaries(table)
    print("ready", flush=True)
    for line in sys.stdin:
        kind, path = line.split()
        started = time.perf_counter()
        if kind == "parquet":
            write_parquet(table, path)
        else:
            write_table(plain, path)
        print(time.perf_counter() - started, size(path), flush=True)


main(*sys.argv[1:])
