"""Arrow's values in the form in which `DeltaTool` prints them."""

import datetime
import decimal
import math

import pyarrow


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
    if types.is_list(kind) or types.is_large_list(kind) or types.is_list_view(kind):
        return [normal(item, kind.value_type) for item in value]
    if types.is_struct(kind):
        return {field.name: normal(value[field.name], field.type) for field in kind}
    return value


def normal_rows(table):
    """The rows of a table."""
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
