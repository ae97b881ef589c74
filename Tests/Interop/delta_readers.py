"""Reads a Delta table with each engine, to rows in one form."""

import pathlib

import duckdb
import duckdb_extension_delta
import polars
from deltalake import DeltaTable, QueryBuilder


def plain(value):
    """Maps as sorted pairs and bytes as bytes, whatever an engine makes of them."""
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        if set(value[0]) == {"key", "value"}:
            return [(pair["key"], pair["value"]) for pair in value]
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def rows_of(table):
    return [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()]


def by_delta_rs(path):
    query = QueryBuilder().register("t", DeltaTable(str(path)))
    return rows_of(__import__("pyarrow").table(query.execute("select * from t").read_all()))


def by_pyarrow(path):
    return rows_of(DeltaTable(str(path)).to_pyarrow_table())


def by_polars(path):
    return rows_of(polars.read_delta(str(path)).to_arrow())


def connection():
    """A DuckDB that knows Delta tables."""
    opened = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    package = pathlib.Path(duckdb_extension_delta.__file__).parent
    [extension] = package.rglob("delta.duckdb_extension")
    opened.execute(f"load '{extension}'")
    opened.execute("set timezone = 'UTC'")
    return opened


def by_duckdb(path):
    return rows_of(connection().sql(f"select * from delta_scan('{path}')").to_arrow_table())


ENGINES = {
    "delta-rs": by_delta_rs,
    "pyarrow": by_pyarrow,
    "polars": by_polars,
    "duckdb": by_duckdb,
}
