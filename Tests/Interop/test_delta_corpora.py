"""Public corpora: what we read of them equals what the engines read, and the rest is refused for a
reason that stands here. `../shared/data` holds the archives."""

import collections
import json
import os
import subprocess
import urllib.parse

import pyarrow
import pyarrow.parquet
import pytest
from deltalake import DeltaTable, QueryBuilder

from built import DATA
from plain_rows import normal_rows


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


def expected_rows(path):
    return normal_rows(pyarrow.parquet.read_table(path, coerce_int96_timestamp_unit="us"))


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


# Tables that delta-rs refuses, with a part of what it says and the rows, as the files themselves and
# the rules of the feature make them.
LARGEST = 2**63 - 1
GOLDEN_UNREAD = {
    "basic-with-vacuum-protocol-check-feature": (
        "VacuumProtocolCheck", [{"id": i, "str": f"val={i}"} for i in range(100)],
    ),
    "type-widening": (
        "TypeWideningPreview",
        [
            {
                "byte_long": 1, "int_long": 2, "float_double": 3.4000000953674316,
                "byte_double": 5.0, "short_double": 6.0, "int_double": 7.0,
                "decimal_decimal_same_scale": 12345, "decimal_decimal_greater_scale": 6789000,
                "byte_decimal": 10, "short_decimal": 20, "int_decimal": 30, "long_decimal": 40,
                "date_timestamp_ntz": 1725840000000000,
            },
            {
                "byte_long": LARGEST, "int_long": LARGEST, "float_double": 1.234567890123,
                "byte_double": 1.234567890123, "short_double": 1.234567890123,
                "int_double": 1.234567890123, "decimal_decimal_same_scale": 1234567890123456,
                "decimal_decimal_greater_scale": 1234567890123456, "byte_decimal": 1234,
                "short_decimal": 123456, "int_decimal": 12345678901,
                "long_decimal": 1234567890123456789, "date_timestamp_ntz": 1725885296123456,
            },
        ],
    ),
    "type-widening-nested": (
        "TypeWideningPreview",
        [
            {"struct": {"a": 1}, "map": [[2, 3]], "array": [4, 5]},
            {
                "struct": {"a": LARGEST}, "map": [[LARGEST, LARGEST]],
                "array": [LARGEST, -LARGEST - 1],
            },
        ],
    ),
}
# Tables that are a log alone: the files that it names were never there.
GOLDEN_WITHOUT_FILES = {
    "checkpoint", "delete-re-add-same-file-different-transactions",
    "log-replay-special-characters-b",
}


def rows_by_delta_rs(table):
    query = QueryBuilder().register("t", DeltaTable(str(table)))
    return normal_rows(pyarrow.table(query.execute("select * from t").read_all()))


def compare_rows(delta_tool, name, table):
    """What became of comparing, in a word."""
    done = subprocess.run([delta_tool.path, "table-rows", table], capture_output=True, text=True)
    if name in GOLDEN_WITHOUT_FILES:
        assert done.returncode == 1 and "the file is not there" in done.stdout, (name, done.stdout)
        return "without files"
    assert done.returncode == 0, (name, done.stdout)
    outcome = "same"
    if name in GOLDEN_UNREAD:
        reason, expected = GOLDEN_UNREAD[name]
        with pytest.raises(Exception, match=reason):
            rows_by_delta_rs(table)
        outcome = "unread"
    else:
        expected = rows_by_delta_rs(table)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    key = lambda row: json.dumps(row, sort_keys=True)
    assert sorted(found, key=key) == sorted(expected, key=key), name
    return outcome


def test_the_golden_tables_of_delta(delta_tool, tmp_path_factory):
    root = unpacked("delta-golden", tmp_path_factory)
    tables = sorted(path.parent for path in root.rglob("_delta_log"))
    outcomes = collections.Counter()
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
        outcomes[compare_rows(delta_tool, name, table)] += 1
    assert outcomes == {"same": 78, "unread": 3, "without files": 3}
