"""Events that change their shape, and tables that another engine changes under us: each event is
there once, nothing stops the stream silently."""

import json
import shutil
import subprocess
import uuid
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable, TableFeatures, write_deltalake

from built import program
from delta_readers import by_delta_rs, by_duckdb

TOOL = program("MaterializerTool")
BATCH = 500


class Pipeline:
    """A store and the tables that are made of it, one partition for the order's sake."""

    def __init__(self, directory):
        self.directory = directory
        self.root = directory / "table"

    def run(self, command, *options):
        words = [TOOL, command, "--store", self.directory / "store", *options]
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=True)
        return done.stdout

    def fill(self, lines):
        source = self.directory / "lines.ndjson"
        source.write_bytes(b"".join(line + b"\n" for line in lines))
        self.run("fill", "--file", source, "--partitions", 1, "--batch", BATCH)

    def follow(self, mapping=None, well=True):
        options = ["--root", self.root, "--compact-after", 100_000]
        if mapping:
            (self.directory / "mapping.json").write_text(json.dumps(mapping))
            options += ["--mapping", self.directory / "mapping.json"]
        said = self.run("follow", *options)
        assert not well or " following " in said, said
        return said


@pytest.fixture
def pipeline(tmp_path):
    return Pipeline(tmp_path)


def body(**fields):
    return json.dumps(fields).encode()


def offsets(rows):
    return sorted(row["_offset"] for row in rows)


def test_a_field_that_changes_its_type_in_the_middle_is_kept_and_the_stream_goes_on(pipeline):
    pipeline.fill([body(n=n, level=n) for n in range(1000)])
    pipeline.follow()
    pipeline.fill([body(n=n, level="high") for n in range(1000, 2000)])
    pipeline.fill([body(n=n, level={"deep": n}) for n in range(2000, 2500)])
    pipeline.fill([body(n=n, level=n) for n in range(2500, 3000)])

    pipeline.follow()

    rows = by_duckdb(pipeline.root)
    assert offsets(rows) == list(range(3000))
    for row in rows:
        n, rescued = row["n"], row["_rescued_data"]
        if n < 1000 or n >= 2500:
            assert (row["level"], rescued) == (n, None)
        elif n < 2000:
            assert (row["level"], json.loads(rescued)) == (None, {"level": "high"})
        else:
            # The object's own columns are new ones.
            kept = row.get("level_deep") or json.loads(rescued)["level"]["deep"]
            assert (row["level"], kept) == (None, n)


def test_a_field_that_appears_after_a_million_events_gets_its_column(pipeline):
    pipeline.fill([b'{"n":%d}' % n for n in range(1_000_000)])
    pipeline.follow()
    assert "late" not in DeltaTable(str(pipeline.root)).to_pyarrow_table().column_names
    pipeline.fill([b'{"n":%d,"late":"yes"}' % n for n in range(1_000_000, 1_000_100)])

    pipeline.follow()

    rows = DeltaTable(str(pipeline.root)).to_pyarrow_table()  # noqa: F841, DuckDB finds it
    found = duckdb.sql(
        "select count(*), count(distinct _offset), count(late), min(n) filter (late = 'yes'),"
        " count(*) filter (n <> _offset or _rescued_data is not null) from rows").fetchone()
    assert found == (1_000_100, 1_000_100, 100, 1_000_000, 0)


def test_of_2000_distinct_fields_the_first_are_columns_and_the_others_are_rescued(pipeline):
    pipeline.fill([body(**{f"field_{n}": n}) for n in range(2000)])

    said = pipeline.follow()

    rows = by_delta_rs(pipeline.root)
    assert offsets(rows) == list(range(2000))
    assert len(rows[0]) <= 500
    rescued = 0
    for row in rows:
        name = f"field_{row['_offset']}"
        if row.get(name) is None:
            assert json.loads(row["_rescued_data"]) == {name: row["_offset"]}
            rescued += 1
        else:
            assert row[name] == row["_offset"] and row["_rescued_data"] is None
    assert 1500 <= rescued < 1600
    assert "notice:" in said


def test_an_object_whose_keys_are_uuids_is_bounded_and_a_map_is_proposed(pipeline):
    keys = [str(uuid.UUID(int=n * 0x9E3779B97F4A7C15)) for n in range(3000)]
    pipeline.fill([body(n=n, readings={key: n}) for n, key in enumerate(keys)])

    said = pipeline.follow()

    rows = by_delta_rs(pipeline.root)
    assert [row["n"] for row in sorted(rows, key=lambda row: row["_offset"])] == list(range(3000))
    assert len(rows[0]) <= 500
    rescued = [json.loads(row["_rescued_data"]) for row in rows if row["_rescued_data"]]
    assert len(rescued) > 2400 and all(list(value) == ["readings"] for value in rescued)
    assert "readings" in said and "map" in said

    # What was proposed, as a pipeline that begins with it has it.
    mapped = Pipeline(pipeline.directory / "second")
    mapped.directory.mkdir()
    mapped.fill([body(n=n, readings={key: n}) for n, key in enumerate(keys)])
    mapped.follow({"fields": {"readings": {"as": "map", "table": "readings", "key": "id"}}})
    children = by_duckdb(f"{mapped.root}_readings")
    assert sorted((row["_offset"], row["id"]) for row in children) == list(enumerate(keys))


def test_an_event_of_a_mebibyte_is_one_row_with_every_byte(pipeline):
    text = "x" * ((1 << 20) - 40)
    pipeline.fill([body(n=0, text="small"), body(n=1, text=text), body(n=2, text="small")])

    pipeline.follow()

    rows = sorted(by_duckdb(pipeline.root), key=lambda row: row["_offset"])
    assert [row["n"] for row in rows] == [0, 1, 2]
    assert rows[1]["text"] == text


def restore(path):
    DeltaTable(str(path)).restore(1)


def overwrite(path):
    table = DeltaTable(str(path))
    write_deltalake(table, table.to_pyarrow_table().slice(0, 10), mode="overwrite")


def recreate(path):
    rows = DeltaTable(str(path)).to_pyarrow_table().slice(0, 10)
    shutil.rmtree(path)
    write_deltalake(str(path), rows)


@pytest.mark.parametrize(
    ("change", "word"),
    [(restore, "restored"), (overwrite, "all its rows were replaced"), (recreate, "another table")])
def test_what_delta_rs_does_to_the_table_is_named_and_nothing_is_written(pipeline, change, word):
    for start in range(0, 3000, 1000):
        pipeline.fill([body(n=n) for n in range(start, start + 1000)])
        pipeline.follow()
    change(pipeline.root)
    before = offsets(by_delta_rs(pipeline.root))
    pipeline.fill([body(n=n) for n in range(3000, 4000)])

    said = pipeline.follow(well=False)

    assert "paused" in said and word in said, said
    assert "rebuild" in said
    assert offsets(by_delta_rs(pipeline.root)) == before


def test_a_vacuum_and_an_optimize_of_delta_rs_stop_nobody(pipeline):
    for start in range(0, 3000, 1000):
        pipeline.fill([body(n=n) for n in range(start, start + 1000)])
        pipeline.follow()
        table = DeltaTable(str(pipeline.root))
        # The first time there is one file, and nothing to write together.
        before = {path.name for path in pipeline.root.glob("*.parquet")}
        table.optimize.compact()
        removed = table.vacuum(
            retention_hours=0, dry_run=False, enforce_retention_duration=False)
        left = {path.name for path in pipeline.root.glob("*.parquet")}
        assert before - left <= {Path(path).name for path in removed}
        assert bool(before - left) == (len(before) > 1)
        assert len(left) == 1

    assert offsets(by_duckdb(pipeline.root)) == list(range(3000))
    assert offsets(by_delta_rs(pipeline.root)) == list(range(3000))


def test_a_feature_that_delta_rs_adds_stops_the_pipeline_and_not_the_log(pipeline):
    pipeline.fill([body(n=n) for n in range(1000)])
    pipeline.follow()
    table = DeltaTable(str(pipeline.root))
    table.alter.add_feature(TableFeatures.TimestampWithoutTimezone, allow_protocol_versions_increase=True)
    pipeline.fill([body(n=n) for n in range(1000, 2000)])
    # This one an append can keep to.
    pipeline.follow()
    assert offsets(by_delta_rs(pipeline.root)) == list(range(2000))
    table.update_incremental()
    table.alter.add_feature(TableFeatures.RowTracking, allow_protocol_versions_increase=True)
    pipeline.fill([body(n=n) for n in range(2000, 3000)])

    said = pipeline.follow(well=False)

    assert "retrying" in said and "rowTracking" in said, said
    assert offsets(by_delta_rs(pipeline.root)) == list(range(2000))
