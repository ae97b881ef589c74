"""Parquet files of pyarrow in every encoding that we read, and what other engines make of ours."""

import datetime
import decimal
import json
import random
import subprocess

import duckdb
import pyarrow
import pyarrow.compute
import pyarrow.parquet
import pytest

import sample
from plain_rows import normal_rows

ROW_COUNT = 3000


def values():
    """Columns with nulls, runs, few and many different values, and nesting."""
    draw = random.Random(7)
    moment = datetime.datetime(1969, 12, 31, tzinfo=datetime.timezone.utc)
    columns = {
        "few": pyarrow.array([f"w{i % 7}" for i in range(ROW_COUNT)]),
        "many": pyarrow.array([f"text {draw.random()}" for _ in range(ROW_COUNT)]),
        "long": pyarrow.array([draw.getrandbits(64) - 2**63 for _ in range(ROW_COUNT)], "int64"),
        "int": pyarrow.array([i // 3 - 500 for i in range(ROW_COUNT)], "int32"),
        "short": pyarrow.array([i % 300 - 150 for i in range(ROW_COUNT)], "int16"),
        "double": pyarrow.array([draw.gauss(0, 1e9) for _ in range(ROW_COUNT)]),
        "float": pyarrow.array([i / 8 for i in range(ROW_COUNT)], "float32"),
        "bool": pyarrow.array([i // 9 % 2 == 0 for i in range(ROW_COUNT)]),
        "day": pyarrow.array([i - 1500 for i in range(ROW_COUNT)], "int32").cast("date32"),
        "at": pyarrow.array(
            [moment + datetime.timedelta(microseconds=i * 977_777_777) for i in range(ROW_COUNT)],
            pyarrow.timestamp("us", "UTC"),
        ),
        "price": pyarrow.array(
            [decimal.Decimal(i - 1500) / 100 for i in range(ROW_COUNT)], pyarrow.decimal128(30, 2)
        ),
        "list": pyarrow.array(
            [[None if j == 2 else i + j for j in range(i % 4)] for i in range(ROW_COUNT)],
            pyarrow.list_(pyarrow.int64()),
        ),
        "pair": pyarrow.array([{"x": i, "y": [str(i)] * (i % 3)} for i in range(ROW_COUNT)]),
    }
    return {name: with_nulls(column, index) for index, (name, column) in enumerate(columns.items())}


def with_nulls(column, index):
    mask = pyarrow.array([(row + index) % 5 != 0 for row in range(ROW_COUNT)])
    return pyarrow.compute.if_else(mask, column, pyarrow.scalar(None, column.type))


TABLE = pyarrow.table(values())
INTEGERS, TEXTS, FLOATS = ["long", "int"], ["few", "many"], ["double", "float"]
ENCODINGS = {
    "plain": {name: "PLAIN" for name in INTEGERS + TEXTS + FLOATS},
    "delta": dict.fromkeys(INTEGERS, "DELTA_BINARY_PACKED")
    | dict.fromkeys(TEXTS, "DELTA_LENGTH_BYTE_ARRAY")
    | dict.fromkeys(FLOATS, "BYTE_STREAM_SPLIT"),
    "prefixes": dict.fromkeys(TEXTS, "DELTA_BYTE_ARRAY")
    | dict.fromkeys(INTEGERS, "BYTE_STREAM_SPLIT"),
    "dictionary": None,
}


def ours(delta_tool, path):
    done = subprocess.run([delta_tool.path, "rows", path], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("encoding", list(ENCODINGS))
def test_every_encoding_codec_and_page_of_pyarrow(delta_tool, tmp_path, encoding, version, codec):
    path = tmp_path / "theirs.parquet"
    chosen = ENCODINGS[encoding]
    pyarrow.parquet.write_table(
        TABLE,
        path,
        compression=codec,
        data_page_version=version,
        use_dictionary=chosen is None,
        column_encoding=chosen,
        data_page_size=2000,
        # Small enough that the dictionary of `many` overflows, and pages change their encoding.
        dictionary_pagesize_limit=4000,
        write_page_checksum=True,
        row_group_size=1700,
    )
    assert ours(delta_tool, path) == normal_rows(TABLE)


def test_bloom_filters_have_every_value_and_few_others(delta_tool, tmp_path):
    path = tmp_path / "blooms.parquet"
    delta_tool("parquet", path, 5000, "zstd", "standard")
    probe = "select bloom_filter_excludes from parquet_bloom_probe('{}', '{}', {})"
    rows = sample.rows(0, 5000)

    def excludes(column, value):
        found = duckdb.sql(probe.format(path, column, value)).fetchall()
        return all(row[0] for row in found)

    present = [row["long"] for row in rows if row["long"] is not None]
    assert not any(excludes("long", value) for value in present[::50])
    words = sorted({row["word"] for row in rows} - {None})
    assert not any(excludes("word", f"'{word}'") for word in words)
    absent = [f"'not there {number}'" for number in range(300)]
    assert sum(excludes("word", value) for value in absent) > 280


def test_both_page_indexes_are_written_and_say_the_truth(delta_tool, tmp_path):
    path = tmp_path / "indexed.parquet"
    delta_tool("parquet", path, 50_000, "zstd", "standard")
    metadata = pyarrow.parquet.ParquetFile(path).metadata
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            assert chunk.has_offset_index, chunk.path_in_schema
            # Nothing bounds the pages of lists, whose rows are not their values.
            nested = ".list." in chunk.path_in_schema or ".key_value." in chunk.path_in_schema
            assert chunk.has_column_index == (not nested), chunk.path_in_schema
    rows = sample.rows(0, 50_000)
    for low in range(-2_000_000_000, 50_000_000_000, 9_000_000_000):
        found = duckdb.sql(
            f"select count(*) from '{path}' where long between {low} and {low + 10**9}"
        ).fetchone()[0]
        assert found == sum(
            row["long"] is not None and low <= row["long"] <= low + 10**9 for row in rows
        )


@pytest.mark.parametrize("profile", ["standard", "compact"])
def test_statistics_of_the_footer_bound_the_values(delta_tool, tmp_path, profile):
    path = tmp_path / "bounded.parquet"
    delta_tool("parquet", path, 9000, "snappy", profile)
    rows = sample.rows(0, 9000)
    metadata = pyarrow.parquet.ParquetFile(path).metadata
    for column in range(metadata.num_columns):
        chunk = metadata.row_group(0).column(column)
        name = chunk.path_in_schema
        if name not in sample.COLUMNS:
            continue
        statistics = chunk.statistics
        present = [row[name] for row in rows if row[name] is not None]
        assert statistics.null_count == len(rows) - len(present), name
        assert statistics.min <= min(present) and max(present) <= statistics.max, name
