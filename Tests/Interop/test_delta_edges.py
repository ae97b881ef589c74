"""Values at the edges: what readers skip by our statistics, and what partitions are named after."""

import json
import math

import duckdb
import polars
import pyarrow
import pytest
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from delta_readers import ENGINES


@pytest.fixture(scope="module")
def extremes(delta_tool, tmp_path_factory):
    path = tmp_path_factory.mktemp("delta") / "extremes"
    delta_tool("extremes", path)
    rows = [json.loads(line) for line in delta_tool("table-rows", path).splitlines()]
    assert len(rows) > 60
    for row in rows:
        row["d"] = float(row["d"])
    return path, rows


def duckdb_table(path):
    import pathlib

    import duckdb_extension_delta

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    package = pathlib.Path(duckdb_extension_delta.__file__).parent
    [extension] = package.rglob("delta.duckdb_extension")
    connection.execute(f"load '{extension}'")
    connection.execute("set timezone = 'UTC'")
    return connection, f"delta_scan('{path}')"


def literal(value):
    return "'" + value.replace("'", "''") + "'"


def conditions(rows):
    """Conditions in SQL, and the ids of the rows that satisfy them, with strings in byte order."""
    for row in rows:
        text = row["s"].encode()
        yield f"s = {literal(row['s'])}", {r["id"] for r in rows if r["s"].encode() == text}
        yield f"s >= {literal(row['s'])}", {r["id"] for r in rows if r["s"].encode() >= text}
        yield f"s < {literal(row['s'])}", {r["id"] for r in rows if r["s"].encode() < text}
    for value in sorted({row["l"] for row in rows} - {-(2**63)}):
        yield f"l = {value}", {r["id"] for r in rows if r["l"] == value}
        yield f"l > {value}", {r["id"] for r in rows if r["l"] > value}
    finite = [row for row in rows if math.isfinite(row["d"])]
    for value in sorted({row["d"] for row in finite}):
        wanted = {r["id"] for r in rows if r["d"] == value}
        yield f"d = cast('{value!r}' as double)", wanted
    for value in ["1970-01-01T00:00:00.000001Z", "1969-12-31T23:59:59.999999Z",
                  "1970-01-01T00:00:00.001Z", "2023-11-14T22:13:20.123456Z"]:
        import datetime

        at = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        since = at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        micros = (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds
        yield f"t = timestamptz '{value}'", {r["id"] for r in rows if r["t"] == micros}


def test_duckdb_loses_no_row_by_our_statistics(extremes):
    path, rows = extremes
    connection, table = duckdb_table(path)
    for condition, wanted in conditions(rows):
        found = connection.sql(f"select id from {table} where {condition}").fetchall()
        assert {id for (id,) in found} == wanted, condition


def test_delta_rs_loses_no_row_by_our_statistics(extremes):
    path, rows = extremes
    query = QueryBuilder().register("t", DeltaTable(str(path)))
    for condition, wanted in conditions(rows):
        condition = condition.replace("timestamptz", "timestamp")
        table = query.execute(f"select id from t where {condition}").read_all()
        assert set(pyarrow.table(table)["id"].to_pylist()) == wanted, condition


def test_polars_loses_no_row_by_our_statistics(extremes):
    path, rows = extremes
    frame = polars.scan_delta(str(path))
    for row in rows:
        text = row["s"]
        found = frame.filter(polars.col("s") == text).select("id").collect()["id"].to_list()
        assert set(found) == {r["id"] for r in rows if r["s"] == text}
        found = frame.filter(polars.col("l") >= row["l"]).select("id").collect()["id"].to_list()
        assert set(found) == {r["id"] for r in rows if r["l"] >= row["l"]}


@pytest.fixture(params=list(ENGINES))
def read(request):
    return ENGINES[request.param]


def test_strange_partition_values_are_read_back(delta_tool, tmp_path, read):
    path = tmp_path / "strange"
    values = json.loads(delta_tool("strange-partitions", path).splitlines()[-1])
    # The protocol makes the empty string null, whoever writes it.
    expected = {index: value or None for index, value in enumerate(values)}
    assert {row["id"]: row["p"] for row in read(path)} == expected


def test_strange_partition_values_are_selected_by_delta_rs(delta_tool, tmp_path):
    path = tmp_path / "strange"
    values = json.loads(delta_tool("strange-partitions", path).splitlines()[-1])
    query = QueryBuilder().register("t", DeltaTable(str(path)))
    for value in set(values):
        if value:
            table = query.execute(f"select id from t where p = {literal(value)}").read_all()
            wanted = [other for other, text in enumerate(values) if text == value]
            assert sorted(pyarrow.table(table)["id"].to_pylist()) == wanted, value


def test_delta_rs_appends_beside_strange_partitions_and_we_read_both(delta_tool, tmp_path):
    path = tmp_path / "strange"
    values = json.loads(delta_tool("strange-partitions", path).splitlines()[-1])
    # delta-rs writes the value that is called like Hive's null as null.
    theirs = [value if value != "__HIVE_DEFAULT_PARTITION__" else None for value in values]
    ids = [1000 + index for index in range(len(values))]
    rows = pyarrow.table({"id": ids, "p": [value or None for value in theirs]})
    write_deltalake(str(path), rows, mode="append", partition_by=["p"])
    found = [json.loads(line) for line in delta_tool("table-rows", path).splitlines()]
    assert {row["id"]: row["p"] for row in found} == {
        start + index: value or None
        for start, written in ((0, values), (1000, theirs))
        for index, value in enumerate(written)
    }


def test_timestamps_beyond_the_year_9999_are_kept(extremes):
    path, rows = extremes
    connection, table = duckdb_table(path)
    found = connection.sql(f"select id, epoch_us(t) from {table}").fetchall()
    assert dict(found) == {row["id"]: row["t"] for row in rows}
    assert max(row["t"] for row in rows) == 9_000_000_000_000_000_000
