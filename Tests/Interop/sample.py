"""The rows of `Tests/DeltaTool/Sample.swift`, computed a second time."""

import datetime
import decimal
import struct

EPOCH_DAY = datetime.date(1970, 1, 1)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def number(unscaled: int, scale: int) -> decimal.Decimal:
    sign = 1 if unscaled < 0 else 0
    digits = tuple(int(digit) for digit in str(abs(unscaled)))
    return decimal.Decimal((sign, digits, -scale))


def elements(row: int, value):
    return [None if (row + i) % 6 == 0 else value(row + i) for i in range(row % 4)]


COLUMNS = {
    "word": lambda row: f"w{row % 50}",
    "text": lambda row: f"text-{row * row}-ä€😀",
    "long": lambda row: row * 1_000_003 * (1 if row % 2 == 0 else -1),
    "integer": lambda row: row * 31 - 1000,
    "short": lambda row: row % 60_000 - 30_000,
    "byte": lambda row: row % 256 - 128,
    "float": lambda row: struct.unpack("f", struct.pack("f", row / 8))[0],
    "double": lambda row: row / 3,
    "price": lambda row: number(row % 99_999 - 50_000, 2),
    "amount": lambda row: number(row * 123_456_789 - 5, 4),
    "total": lambda row: number((row - 3) * 100_000_000_000_000_000_000_001, 6),
    "flag": lambda row: row % 3 == 0,
    "blob": lambda row: bytes([row % 256]) * (row % 4),
    "day": lambda row: EPOCH_DAY + datetime.timedelta(days=row - 1000),
    "moment": lambda row: EPOCH
    + datetime.timedelta(microseconds=row * 1_000_003 - 1_000_000_000_000),
    "numbers": lambda row: elements(row, lambda value: value),
    "words": lambda row: elements(row, lambda value: f"e{value}"),
    "place": lambda row: {
        "x": None if row % 7 == 0 else float(row),
        "name": None if row % 8 == 0 else f"p{row}",
    },
    "tags": lambda row: [
        (f"k{i}", None if row % 9 == 0 else row) for i in range(row % 3)
    ],
}


def rows(start: int, end: int, names=None):
    """The rows as dictionaries; `names` chooses and orders the columns."""
    names = list(names or COLUMNS)
    return [
        {
            name: None if (row + index) % 5 == 0 else COLUMNS[name](row)
            for index, name in enumerate(names)
        }
        for row in range(start, end)
    ]
