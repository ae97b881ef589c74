"""Tables written by Millrace are read equal by other engines, value by value and null by null."""

import json
import multiprocessing
import subprocess

import pyarrow
import pyarrow.parquet
import pytest
from deltalake import DeltaTable, write_deltalake

import sample
from delta_readers import ENGINES

ALL = len(sample.COLUMNS)


def same(found, expected):
    """Compares rows without regard to their order, and names the first that differs."""
    key = lambda row: json.dumps(row, default=str, sort_keys=True)
    found, expected = sorted(found, key=key), sorted(expected, key=key)
    assert len(found) == len(expected)
    for left, right in zip(found, expected):
        assert left == right


@pytest.fixture(scope="session", params=list(ENGINES))
def read(request):
    return ENGINES[request.param]


@pytest.fixture(scope="session")
def all_types(delta_tool, tmp_path_factory):
    path = tmp_path_factory.mktemp("delta") / "all-types"
    delta_tool("create", path, ALL)
    delta_tool("append", path, 0, 1000, "-", "app")
    delta_tool("append", path, 1000, 1001)
    delta_tool("append", path, 1001, 26_000)
    return path


def test_every_type_with_nulls_over_several_appends(all_types, read):
    same(read(all_types), sample.rows(0, 26_000))


def test_columns_that_came_later_are_null_before(delta_tool, tmp_path, read):
    path = tmp_path / "evolved"
    delta_tool("create", path, 3)
    delta_tool("append", path, 0, 50)
    delta_tool("append", path, 50, 90, ALL)
    delta_tool("append", path, 90, 100)
    early = sample.rows(0, 50, list(sample.COLUMNS)[:3])
    missing = dict.fromkeys(list(sample.COLUMNS)[3:])
    same(read(path), [row | missing for row in early] + sample.rows(50, 100))


@pytest.mark.parametrize("columns", ["word", "day", "flag", "moment", "byte", "word,flag"])
def test_partitions_are_read_back(delta_tool, tmp_path, read, columns):
    path = tmp_path / "partitioned"
    delta_tool("create", path, 15, columns)
    delta_tool("append", path, 0, 120)
    same(read(path), sample.rows(0, 120, list(sample.COLUMNS)[:15]))


@pytest.mark.parametrize("codec", ["zstd", "snappy", "none"])
@pytest.mark.parametrize("profile", ["standard", "compact"])
@pytest.mark.parametrize("count", [1, 63, 64, 65, 50_000])
def test_files_are_read_by_pyarrow_with_their_checksums(delta_tool, tmp_path, codec, profile, count):
    path = tmp_path / "rows.parquet"
    delta_tool("parquet", path, count, codec, profile)
    file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
    same(file.read().to_pylist(), sample.rows(0, count))


def test_statistics_are_bounds_and_counts(all_types):
    actions = DeltaTable(str(all_types)).get_add_actions(flatten=True)
    actions = pyarrow.table(actions).to_pylist()
    expected = sample.rows(0, 26_000)
    assert sum(action["num_records"] for action in actions) == len(expected)
    for name in ["word", "text", "long", "integer", "short", "byte", "float", "double", "day"]:
        values = [row[name] for row in expected]
        nulls = sum(action[f"null_count.{name}"] for action in actions)
        assert nulls == values.count(None)
        present = [value for value in values if value is not None]
        smallest = min(action[f"min.{name}"] for action in actions if action[f"min.{name}"] is not None)
        largest = max(action[f"max.{name}"] for action in actions if action[f"max.{name}"] is not None)
        assert smallest <= min(present) and max(present) <= largest


def test_delta_rs_appends_to_our_table_and_we_to_its(delta_tool, tmp_path, read):
    path = tmp_path / "shared"
    names = list(sample.COLUMNS)[:4]
    delta_tool("create", path, 4)
    delta_tool("append", path, 0, 10)
    rows = sample.rows(10, 20, names)
    schema = pyarrow.schema(
        [("word", "string"), ("text", "string"), ("long", "int64"), ("integer", "int32")]
    )
    write_deltalake(str(path), pyarrow.Table.from_pylist(rows, schema=schema), mode="append")
    delta_tool("append", path, 20, 30)
    same(read(path), sample.rows(0, 30, names))


def append_by_delta_rs(path, start, count):
    for index in range(count):
        first = start + index * 10
        rows = sample.rows(first, first + 10, list(sample.COLUMNS)[:4])
        schema = pyarrow.schema(
            [("word", "string"), ("text", "string"), ("long", "int64"), ("integer", "int32")]
        )
        table = pyarrow.Table.from_pylist(rows, schema=schema)
        for attempt in range(100):
            try:
                write_deltalake(str(path), table, mode="append")
                break
            except Exception:  # delta-rs gives up after 15 lost races
                if attempt == 99:
                    raise


def test_racing_writers_lose_no_row_and_no_version(delta_tool, tmp_path, read):
    path = tmp_path / "raced"
    delta_tool("create", path, 4)
    ours = [
        subprocess.Popen(
            [delta_tool.path, "append-many", str(path), "25", "10", str(10_000 * i), f"app-{i}"]
        )
        for i in range(4)
    ]
    context = multiprocessing.get_context("spawn")
    theirs = [
        context.Process(target=append_by_delta_rs, args=(path, 100_000 + 10_000 * i, 5))
        for i in range(2)
    ]
    for process in theirs:
        process.start()
    assert [process.wait(timeout=240) for process in ours] == [0] * 4
    for process in theirs:
        process.join(timeout=240)
    names = list(sample.COLUMNS)[:4]
    expected = []
    for i in range(4):
        expected += sample.rows(10_000 * i, 10_000 * i + 250, names)
    for i in range(2):
        expected += sample.rows(100_000 + 10_000 * i, 100_000 + 10_000 * i + 50, names)
    same(read(path), expected)
    commits = sorted(p.name for p in (path / "_delta_log").glob("*.json"))
    assert commits == [f"{version:020}.json" for version in range(111)]


def test_our_checkpoints_are_read_without_the_commits_before_them(delta_tool, tmp_path, read):
    path = tmp_path / "checkpointed"
    delta_tool("create", path, 6)
    for index in range(12):
        delta_tool("append", path, index * 10, index * 10 + 10, "-", f"app-{index % 2}")
    delta_tool("checkpoint", path)
    delta_tool("append", path, 120, 130)
    for version in range(12):
        (path / "_delta_log" / f"{version:020}.json").unlink()
    same(read(path), sample.rows(0, 130, list(sample.COLUMNS)[:6]))
    assert DeltaTable(str(path)).transaction_version("app-1") == 120
    assert "txn app-0 110" in delta_tool("describe", path)


def test_checkpoints_of_delta_rs_are_read_by_us(delta_tool, tmp_path, read):
    path = tmp_path / "foreign"
    names = list(sample.COLUMNS)[:4]
    schema = pyarrow.schema(
        [("word", "string"), ("text", "string"), ("long", "int64"), ("integer", "int32")]
    )
    for index in range(5):
        rows = sample.rows(index * 10, index * 10 + 10, names)
        table = pyarrow.Table.from_pylist(rows, schema=schema)
        write_deltalake(str(path), table, mode="append", partition_by=["word"])
    DeltaTable(str(path)).delete("long = 2000006")
    DeltaTable(str(path)).create_checkpoint()
    for version in range(5):
        (path / "_delta_log" / f"{version:020}.json").unlink()
    delta_tool("append", path, 50, 60)
    expected = [row for row in sample.rows(0, 60, names) if row["long"] != 2000006]
    same(read(path), expected)
