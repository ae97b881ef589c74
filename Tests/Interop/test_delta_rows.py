"""Tables that delta-rs writes and changes are read equal by us, row by row; what we put together,
delete and replace is read equal by every engine."""

import json

import pyarrow
import pytest
from deltalake import DeltaTable, QueryBuilder, WriterProperties, write_deltalake

import sample
from delta_readers import ENGINES
from plain_rows import normal_rows

NAMES = ["word", "text", "long", "integer", "double", "flag", "day", "moment", "numbers", "place"]
SCHEMA = pyarrow.schema(
    [
        ("word", pyarrow.string()), ("text", pyarrow.string()), ("long", pyarrow.int64()),
        ("integer", pyarrow.int32()), ("double", pyarrow.float64()), ("flag", pyarrow.bool_()),
        ("day", pyarrow.date32()), ("moment", pyarrow.timestamp("us", "UTC")),
        ("numbers", pyarrow.list_(pyarrow.int64())),
        ("place", pyarrow.struct([("x", pyarrow.float64()), ("name", pyarrow.string())])),
    ]
)


def batch(start, end):
    return pyarrow.Table.from_pylist(sample.rows(start, end, NAMES), schema=SCHEMA)


def ours(delta_tool, path, version="-"):
    return sorted(delta_tool("table-rows", path, version).splitlines())


def theirs(path, version=None):
    """What delta-rs reads, in the form of `DeltaTool`."""
    query = QueryBuilder().register("t", DeltaTable(str(path), version=version))
    table = pyarrow.table(query.execute("select * from t").read_all())
    return sorted(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in normal_rows(table))


def same(delta_tool, path, version=None):
    """Compares as values: the two write floats and escapes differently."""
    found = [json.loads(line) for line in ours(delta_tool, path, "-" if version is None else version)]
    expected = [json.loads(line) for line in theirs(path, version)]
    key = lambda row: json.dumps(row, sort_keys=True)
    assert sorted(found, key=key) == sorted(expected, key=key)
    return len(found)


@pytest.mark.parametrize("codec", ["SNAPPY", "ZSTD", "GZIP", "LZ4_RAW", "UNCOMPRESSED"])
@pytest.mark.parametrize("partition", [None, ["word"], ["flag", "day"]])
def test_appends_of_delta_rs(delta_tool, tmp_path, codec, partition):
    path = tmp_path / "table"
    properties = WriterProperties(compression=codec)
    for start in range(0, 90, 30):
        write_deltalake(
            str(path), batch(start, start + 30), mode="append", partition_by=partition,
            writer_properties=properties,
        )
    assert same(delta_tool, path) == 90


def test_overwrite_delete_update_merge_optimize_vacuum_and_checkpoint(delta_tool, tmp_path):
    path = tmp_path / "table"
    steps = [
        lambda: write_deltalake(str(path), batch(0, 500), mode="append"),
        lambda: write_deltalake(str(path), batch(500, 800), mode="append"),
        lambda: DeltaTable(str(path)).delete("integer > 5000"),
        lambda: DeltaTable(str(path)).update({"text": "'changed'"}, predicate="flag"),
        lambda: DeltaTable(str(path)).create_checkpoint(),
        lambda: DeltaTable(str(path))
        .merge(batch(100, 900), "t.long = s.long", source_alias="s", target_alias="t")
        .when_matched_update_all().when_not_matched_insert_all().execute(),
        lambda: DeltaTable(str(path)).optimize.compact(),
        lambda: DeltaTable(str(path)).vacuum(
            retention_hours=0, dry_run=False, enforce_retention_duration=False
        ),
        lambda: write_deltalake(str(path), batch(0, 50), mode="overwrite"),
        lambda: write_deltalake(str(path), batch(50, 70), mode="append"),
        lambda: DeltaTable(str(path)).create_checkpoint(),
    ]
    counts = []
    for step in steps:
        step()
        counts.append(same(delta_tool, path))
    assert counts[-1] == 70 and counts[1] == 800


def test_a_schema_that_grew_and_a_schema_that_was_overwritten(delta_tool, tmp_path):
    path = tmp_path / "table"
    write_deltalake(str(path), batch(0, 20).select(["word", "long"]))
    write_deltalake(str(path), batch(20, 40), mode="append", schema_mode="merge")
    assert same(delta_tool, path) == 40
    write_deltalake(str(path), batch(0, 5).select(["day"]), mode="overwrite", schema_mode="overwrite")
    assert same(delta_tool, path) == 5
    assert same(delta_tool, path, 0) == 20


STRANGE = [
    "".join(chr(c) for c in range(0x20, 0x7F)), "a b", "100%", "a%20b", "x=y", "a/b", "😀", "ü",
    None, "__HIVE_DEFAULT_PARTITION__", " lead", "trail ", "a:b", "#", "\"quoted\"",
]


def test_strange_partition_values_of_delta_rs(delta_tool, tmp_path):
    path = tmp_path / "table"
    rows = pyarrow.table({"id": range(len(STRANGE)), "p": STRANGE})
    write_deltalake(str(path), rows, partition_by=["p"])
    assert same(delta_tool, path) == len(STRANGE)


def test_every_version_of_a_table_can_be_read(delta_tool, tmp_path):
    path = tmp_path / "table"
    for start in range(0, 60, 10):
        write_deltalake(str(path), batch(start, start + 10), mode="append")
    DeltaTable(str(path)).delete("flag")
    DeltaTable(str(path)).optimize.compact()
    for version in range(DeltaTable(str(path)).version() + 1):
        same(delta_tool, path, version)


@pytest.fixture(params=list(ENGINES))
def read(request):
    return ENGINES[request.param]


def equal(found, expected):
    key = lambda row: json.dumps(row, default=str, sort_keys=True)
    assert sorted(found, key=key) == sorted(expected, key=key)


def test_what_we_put_together_has_the_same_rows(delta_tool, tmp_path, read):
    path = tmp_path / "table"
    delta_tool("create", path, 15, "flag")
    for start in range(0, 200, 20):
        delta_tool("append", path, start, start + 20)
    assert "optimized 30 to 3, refused 0" in delta_tool("optimize", path, 1 << 27)
    names = list(sample.COLUMNS)[:15]
    equal(read(path), sample.rows(0, 200, names))
    assert len(DeltaTable(str(path)).file_uris()) == 3


def test_rows_that_we_delete_are_gone_for_every_engine(delta_tool, tmp_path, read):
    path = tmp_path / "table"
    delta_tool("create", path, 6)
    for start in range(0, 60, 20):
        delta_tool("append", path, start, start + 20)
    delta_tool("delete-negative", path, "app")
    rows = sample.rows(0, 60, list(sample.COLUMNS)[:6])
    expected = [row for row in rows if row["long"] is not None and row["long"] >= 0]
    equal(read(path), expected)
    assert DeltaTable(str(path)).transaction_version("app") == 1


def test_what_we_replace_has_the_new_schema_for_every_engine(delta_tool, tmp_path, read):
    path = tmp_path / "table"
    delta_tool("create", path, 6)
    delta_tool("append", path, 0, 50)
    delta_tool("replace", path, 100, 130, 3)
    equal(read(path), sample.rows(100, 130, list(sample.COLUMNS)[:3]))
    assert same(delta_tool, path, 1) == 50


def test_we_put_together_what_delta_rs_wrote(delta_tool, tmp_path, read):
    path = tmp_path / "table"
    for start in range(0, 100, 10):
        write_deltalake(str(path), batch(start, start + 10), mode="append", partition_by=["word"])
    before = theirs(path)
    DeltaTable(str(path)).delete("long < 0")
    delta_tool("optimize", path, 1 << 27)
    kept = [row for row in sample.rows(0, 100, NAMES) if row["long"] is None or row["long"] >= 0]
    equal(read(path), kept)
    assert len(before) == 100


@pytest.mark.parametrize(
    "action, expected",
    [
        (lambda path: write_deltalake(path, batch(0, 5), mode="append"), ""),
        (lambda path: DeltaTable(path).optimize.compact(), ""),
        (lambda path: DeltaTable(path).delete("long > 0"), "version 4 (DELETE) changed rows"),
        (lambda path: write_deltalake(path, batch(0, 5), mode="overwrite"), "version 4 replaced all rows"),
        (lambda path: DeltaTable(path).restore(1), "version 4 restored an earlier state"),
    ],
)
def test_what_delta_rs_did_is_told_by_its_kind(delta_tool, tmp_path, action, expected):
    path = tmp_path / "table"
    for start in range(0, 40, 10):
        write_deltalake(str(path), batch(start, start + 10), mode="append")
    action(str(path))
    assert delta_tool("anomalies", path, 3).strip() == expected


def test_delta_rs_vacuums_only_what_we_no_longer_need(delta_tool, tmp_path, read):
    path = tmp_path / "table"
    delta_tool("create", path, 6, "word")
    for start in range(0, 60, 20):
        delta_tool("append", path, start, start + 20)
    delta_tool("optimize", path, 1 << 27)
    removed = DeltaTable(str(path)).vacuum(
        retention_hours=0, dry_run=False, enforce_retention_duration=False, full=True
    )
    assert removed
    equal(read(path), sample.rows(0, 60, list(sample.COLUMNS)[:6]))


def test_rows_that_a_second_compaction_of_delta_rs_doubles_are_told(delta_tool, tmp_path):
    path = tmp_path / "table"
    for start in range(0, 40, 10):
        write_deltalake(str(path), batch(start, start + 10), mode="append")
    stale = DeltaTable(str(path))
    delta_tool("optimize", path, 1 << 27)
    # It does so too when the first compaction is its own.
    stale.optimize.compact()
    assert "version 5 removed files a second time" in delta_tool("anomalies", path, 3)
    assert same(delta_tool, path) == 80
