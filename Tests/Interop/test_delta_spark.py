"""PySpark's Parquet reader takes our files. Its Delta jars come from Maven, which is not here, so the
log itself is not read by Spark."""

import os
import shutil

import pytest

import sample

NAMES = list(sample.COLUMNS)


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark")
    if not shutil.which("java"):
        pytest.skip("there is no java")
    from pyspark.sql import SparkSession

    os.environ["TZ"] = "UTC"
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize("codec", ["zstd", "snappy"])
@pytest.mark.parametrize("profile", ["standard", "compact"])
@pytest.mark.parametrize("vectorized", ["true", "false"])
def test_spark_reads_every_type(delta_tool, tmp_path, spark, codec, profile, vectorized):
    path = tmp_path / "rows.parquet"
    delta_tool("parquet", path, 30_000, codec, profile)
    spark.conf.set("spark.sql.parquet.enableVectorizedReader", vectorized)
    # Spark hands timestamps out in the machine's own zone, so they are compared as numbers.
    frame = spark.read.parquet(str(path)).selectExpr(
        *[name for name in NAMES if name != "moment"], "unix_micros(moment) as moment"
    )
    found = {}
    for row in frame.collect():
        row = row.asDict(recursive=True)
        row["blob"] = None if row["blob"] is None else bytes(row["blob"])
        row["tags"] = None if row["tags"] is None else sorted(row["tags"].items())
        key = (row["long"], row["text"], row["moment"], row["day"], row["amount"])
        found[key] = row
    expected = sample.rows(0, 30_000)
    assert len(found) == len(expected)
    for row in expected:
        if row["moment"] is not None:
            moment = row["moment"] - sample.EPOCH
            row["moment"] = (moment.days * 86_400 + moment.seconds) * 10**6 + moment.microseconds
        key = (row["long"], row["text"], row["moment"], row["day"], row["amount"])
        assert found[key] == row
