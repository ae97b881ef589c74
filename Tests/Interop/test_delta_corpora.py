"""Public corpora: what we read of them equals what the engines read, and the rest is refused for a
reason that stands here. `../shared/data` holds the archives."""

import datetime
import decimal
import json
import math
import os
import pathlib
import subprocess
import urllib.parse

import pyarrow
import pyarrow.parquet
import pytest
from deltalake import DeltaTable

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("MILLRACE_DATA", ROOT.parent / "shared" / "data"))

# One expectation for each golden table that is refused: a part of what we say.
MAPPING = '"columnMapping" is in use'
GOLDEN_REFUSED = {
    # Their metadata have no schema, which delta-rs refuses, too.
    "canonicalized-paths-normal-a": "line 2 of commit 0",
    "canonicalized-paths-normal-b": "line 2 of commit 0",
    "canonicalized-paths-special-a": "line 2 of commit 0",
    "canonicalized-paths-special-b": "line 2 of commit 0",
    "corrupted-last-checkpoint": "checkpoint of 10 is unreadable",
    "deltalog-commit-info": "line 1 of commit 0",
    "update-deleted-directory": "checkpoint of 0 is unreadable",
    "deltalog-state-reconstruction-from-checkpoint-missing-protocol": "line 3 of commit 0",
    "deltalog-state-reconstruction-from-checkpoint-missing-metadata": "there is no metadata",
    "data-reader-absolute-paths-escaped-chars": "there is no metadata",
    "deltalog-state-reconstruction-without-metadata": "there is no metadata",
    "deltalog-state-reconstruction-without-protocol": "there is no protocol",
    "deltalog-invalid-protocol-version": 'demands "version (99, 7)"',
    "versions-not-contiguous": "no commit 1, but later ones",
    "spark-variant-checkpoint": 'values of type "variant"',
    "data-reader-timestamp_ntz-id-mode": MAPPING,
    "data-reader-timestamp_ntz-name-mode": MAPPING,
    "data-skipping-basic-stats-all-types-columnmapping-id": MAPPING,
    "data-skipping-basic-stats-all-types-columnmapping-name": MAPPING,
    "dv-with-columnmapping": MAPPING,
    "table-with-columnmapping-mode-id": MAPPING,
    "table-with-columnmapping-mode-name": MAPPING,
    "table-with-icebegCompatV2Enabled": MAPPING,
}

# One expectation for each file of parquet-testing whose rows are not those that pyarrow reads.
PARQUET_REFUSED = {
    "bad_data/ARROW-GH-41317.parquet": "damaged",
    "bad_data/ARROW-GH-41321.parquet": "damaged",
    "bad_data/ARROW-GH-45185.parquet": "levels",
    "bad_data/ARROW-GH-47662.parquet": "damaged",
    "bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet": "pageSize",
    "bad_data/ARROW-RS-GH-6229-LEVELS.parquet": "valueCount",
    "bad_data/PARQUET-1481.parquet": "not a legal one",
    "data/datapage_v1-corrupt-checksum.parquet": "checksum",
    "data/rle-dict-uncompressed-corrupt-checksum.parquet": "checksum",
    "data/nation.dict-malformed.parquet": "damaged",
    # A page of 1 GiB: more than one page may make us hold at once.
    "data/large_string_map.brotli.parquet": "values or bytes at once",
}
PARQUET_OTHERWISE = {
    # Half floats have no Delta type; they are read as their two bytes.
    "data/byte_stream_split_extended.gzip.parquet",
    "data/float16_nonzeros_and_nans.parquet",
    "data/float16_zeros_and_nans.parquet",
    "data/floating_orders_nan_count.parquet",
    # pyarrow overflows in a timestamp of the year 290,000.
    "data/int96_from_spark.parquet",
    # A map without values is a list to pyarrow and a structure to us.
    "data/map_no_value.parquet",
    # pyarrow or Python refuse them.
    "data/incorrect_map_schema.parquet",
    "data/nested_structs.rust.parquet",
}


def unpacked(name, factory):
    archive = DATA / f"{name}.tar.zst"
    if not archive.exists():
        pytest.skip(f"{archive} is not here")
    target = factory.mktemp(name)
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", target], check=True)
    return target


def normal(value, kind):
    """A value in the form of `DeltaTool rows`."""
    types = pyarrow.types
    if value is None:
        return None
    if types.is_dictionary(kind):
        return normal(value, kind.value_type)
    if types.is_floating(kind) and not math.isfinite(value):
        return str(value)
    if types.is_date(kind):
        return (value - datetime.date(1970, 1, 1)).days
    if types.is_decimal(kind):
        return int(value.scaleb(kind.scale, decimal.Context(prec=80)))
    if isinstance(value, bytes):
        return value.hex()
    if types.is_map(kind):
        return [[normal(k, kind.key_type), normal(v, kind.item_type)] for k, v in value]
    if types.is_list(kind) or types.is_large_list(kind):
        return [normal(item, kind.value_type) for item in value]
    if types.is_struct(kind):
        return {field.name: normal(value[field.name], field.type) for field in kind}
    return value


def expected_rows(path):
    table = pyarrow.parquet.read_table(path, coerce_int96_timestamp_unit="us")
    columns = {}
    for name, field, column in zip(table.column_names, table.schema, table.columns):
        if pyarrow.types.is_timestamp(field.type):
            scale = {"s": 10**6, "ms": 10**3, "us": 1, "ns": None}[field.type.unit]
            numbers = column.cast(pyarrow.int64()).to_pylist()
            columns[name] = [
                n if n is None else n * scale if scale else n // 1000 for n in numbers
            ]
        else:
            columns[name] = [normal(value, field.type) for value in column.to_pylist()]
    return [dict(zip(columns, values)) for values in zip(*columns.values())]


def test_the_files_of_parquet_testing(delta_tool, tmp_path_factory):
    root = unpacked("parquet-testing", tmp_path_factory)
    paths = sorted(root.rglob("*.parquet"))
    assert len(paths) > 80
    for path in paths:
        name = f"{path.parent.name}/{path.name}"
        done = subprocess.run([delta_tool.path, "rows", path], capture_output=True, timeout=120)
        output = done.stdout.decode("utf8", "replace")
        if name in PARQUET_REFUSED:
            assert done.returncode == 1 and PARQUET_REFUSED[name] in output, (name, output)
            continue
        assert done.returncode == 0, (name, output)
        if name not in PARQUET_OTHERWISE:
            found = [json.loads(line) for line in output.splitlines()]
            assert found == expected_rows(path), name


def file_names(uris):
    """Both sides are unquoted as often as it takes, because engines differ in how often they do."""
    unquoted = [urllib.parse.unquote(urllib.parse.unquote(uri)) for uri in uris]
    return sorted(os.path.basename(uri) for uri in unquoted)


def test_the_golden_tables_of_delta(delta_tool, tmp_path_factory):
    root = unpacked("delta-golden", tmp_path_factory)
    tables = sorted(path.parent for path in root.rglob("_delta_log"))
    assert len(tables) > 100
    for table in tables:
        name = str(table.relative_to(root)).removeprefix("delta-golden/")
        done = subprocess.run([delta_tool.path, "files", table], capture_output=True, text=True)
        if name in GOLDEN_REFUSED:
            assert done.returncode == 1 and GOLDEN_REFUSED[name] in done.stdout, (name, done.stdout)
            continue
        assert done.returncode == 0, (name, done.stdout)
        version, *files = done.stdout.splitlines()
        theirs = DeltaTable(str(table))
        assert version == f"version {theirs.version()}", name
        assert file_names(files) == file_names(theirs.file_uris()), name
