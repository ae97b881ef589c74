"""`millrace table` on tables of ours and of delta-rs: what it says, and what it ends with."""

import json
import subprocess

import pyarrow
import pytest
from deltalake import DeltaTable, write_deltalake

from built import program

MILLRACE = program("millrace")


def run(*arguments, status=0):
    done = subprocess.run(
        [MILLRACE, "table", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stderr if status else done.stdout


def objects(*arguments):
    return [json.loads(line) for line in run(*arguments, "--json").splitlines()]


@pytest.fixture
def filled(tmp_path):
    path = tmp_path / "table"
    run("create", path, "--columns", "id long, day date", "--partition-by", "day",
        "--property", "delta.checkpointInterval=50")
    days = pyarrow.array([20_000, 20_001] * 5, pyarrow.int32()).cast(pyarrow.date32())
    for start in range(0, 30, 10):
        rows = pyarrow.table({"id": list(range(start, start + 10)), "day": days})
        write_deltalake(str(path), rows, mode="append", partition_by=["day"])
    return path


def test_a_table_is_created_described_and_appended_to_by_delta_rs(filled):
    [described] = objects("describe", filled)
    assert described["version"] == 3 and described["rows"] == 30 and described["files"] == 6
    assert described["partitionColumns"] == "day"
    assert described["properties"] == {"delta.checkpointInterval": "50"}
    assert "reader 1, writer 2" in run("describe", filled)
    names = [(column["name"], column["type"], column["partition"]) for column in objects("schema", filled)]
    assert names == [("id", "long", False), ("day", "date", True)]
    history = objects("history", filled, "--limit", "2")
    assert [entry["version"] for entry in history] == [3, 2]
    assert history[0]["addedRows"] == 10 and "WRITE" in run("history", filled)


def test_optimize_keeps_the_rows_and_vacuum_removes_the_old_files(filled):
    [report] = objects("optimize", filled)
    assert (report["removedFiles"], report["addedFiles"], report["rows"]) == (6, 2, 30)
    assert len(objects("files", filled)) == 2 and len(objects("files", filled, "--version", "3")) == 6
    refusal = run("vacuum", filled, "--retention", "1s", status=2)
    assert "--allow-short-retention" in refusal
    [dry] = objects("vacuum", filled, "--dry-run")
    assert dry["files"] == 0
    table = DeltaTable(str(filled)).to_pyarrow_table()
    assert sorted(table["id"].to_pylist()) == list(range(30))


def test_a_checkpoint_is_the_one_that_delta_rs_reads(filled):
    assert run("checkpoint", filled) == "checkpoint of version 3\n"
    for version in range(3):
        (filled / "_delta_log" / f"{version:020}.json").unlink()
    assert DeltaTable(str(filled)).to_pyarrow_table().num_rows == 30
    [described] = objects("describe", filled)
    assert described["rows"] == 30


def test_an_earlier_version_is_described_by_number_and_by_time(filled):
    [first] = objects("describe", filled, "--version", "1")
    assert first["rows"] == 10
    [now] = objects("describe", filled, "--time", "2999-01-01")
    assert now["version"] == 3
    assert "no version" in run("describe", filled, "--time", "1999-01-01", status=1)
    assert "has 0 to 3" in run("describe", filled, "--version", "9", status=1)


def test_mistakes_are_named_with_what_to_do(tmp_path, filled):
    assert "`millrace table create` makes one" in run("describe", tmp_path / "none", status=1)
    assert "there is a Delta table already" in run("create", filled, "--columns", "a long", status=1)
    for columns, reason in [
        ("a long, A long", "but for case"), ("a long, b text", '"text"'), ("a", "not what Delta"),
        ("a long, b decimal(39,0)", "decimal(39,0)"), ("a(b long", "character Spark refuses"),
    ]:
        text = subprocess.run(
            [MILLRACE, "table", "create", tmp_path / "bad", "--columns", columns],
            capture_output=True, text=True,
        )
        assert text.returncode in (1, 2) and reason in text.stderr, (columns, text.stderr)
    assert not (tmp_path / "bad").exists()
    assert "--columns or --schema" in run("create", tmp_path / "bad", status=2)


def test_damage_ends_with_three(filled):
    (filled / "_delta_log" / f"{1:020}.json").unlink()
    assert "no commit 1, but later ones" in run("describe", filled, status=3)


def test_a_feature_that_we_cannot_honour_is_named(filled):
    log = filled / "_delta_log" / f"{4:020}.json"
    log.write_text(
        json.dumps({"protocol": {
            "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["catalogManaged"],
            "writerFeatures": ["catalogManaged"]}}) + "\n"
    )
    assert "catalogManaged" in run("describe", filled, status=1)
    assert "nothing was changed" in run("optimize", filled, status=1)
