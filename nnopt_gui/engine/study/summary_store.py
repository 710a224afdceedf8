"""Summaries of trials inside the study file: what opening a large study reads instead of every record.

The record counts: a summary is bound to it by its SHA-256, carries a checksum of its own, and is made anew from the
record wherever it is missing, of another record, or damaged.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from nnopt_gui.engine.study.trial_columns import READING_KEYS, TrialSummary

SCHEMA: Final = (
    "CREATE TABLE summaries (number INTEGER PRIMARY KEY, state TEXT NOT NULL, pinned INTEGER NOT NULL,"
    " raced INTEGER NOT NULL, created REAL NOT NULL, seconds REAL NOT NULL, fingerprint TEXT NOT NULL,"
    " family TEXT NOT NULL, label TEXT NOT NULL, note TEXT NOT NULL, error TEXT NOT NULL, predictions TEXT,"
    " readings BLOB NOT NULL, metrics TEXT NOT NULL, record_sha256 TEXT NOT NULL, crc32 INTEGER NOT NULL)",
)
RECORDS: Final = "SELECT number, CAST(record AS BLOB), sha256, artifact FROM trials ORDER BY number"
RECORDS_WITH_SUMMARIES: Final = (
    "SELECT t.number, CAST(t.record AS BLOB), t.sha256, t.artifact, s.* FROM trials t"
    " LEFT JOIN summaries s ON s.number = t.number ORDER BY t.number"
)

_METRICS: Final = " ".join(READING_KEYS)  # what the readings are of, in their order: a later version may know more
_READING_BYTES: Final = 3 * 8  # of a metric: value, low and high


def write_summary(connection: sqlite3.Connection, summary: TrialSummary, record_sha256: str) -> None:
    """Put it into the open transaction.

    Args:
        record_sha256: of the record that it is the summary of.
    """
    row = (*summary, _METRICS, record_sha256)
    values = (*row, _crc32(row))
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT OR REPLACE INTO summaries VALUES ({marks})", values)  # noqa: S608 - constants


def read_summary(row: Sequence[Any], number: int, record_sha256: str) -> TrialSummary | None:
    """The summary in a row of the table, None where there is none for this record, or it is damaged."""
    if row[0] != number or row[-2] != record_sha256 or _crc32(row[:-1]) != row[-1]:
        return None
    content, metrics = row[: len(TrialSummary._fields)], row[-3]
    if metrics != _METRICS:
        content = [*content[:-1], in_our_order(metrics, content[-1])]
    return TrialSummary._make(content) if len(content[-1]) == _READING_BYTES * len(READING_KEYS) else None


def _crc32(row: Sequence[Any]) -> int | None:
    """Of what the row says (but when the trial was, and how long it took: nothing depends on that); None where there
    are no readings."""
    number, state, pinned, raced, _, _, fingerprint, family, label, note, error, predictions, readings, *more = row
    if not isinstance(readings, bytes):
        return None
    text = f"{number}|{state}|{pinned}|{raced}|{fingerprint}|{family}|{label}|{note}|{error}|{predictions}|{more}"
    return zlib.crc32(readings, zlib.crc32(text.encode()))


def in_our_order(metrics: str, readings: bytes) -> bytes:
    """Readings of another version's metrics as this version lists them: NaN for those it did not know."""
    theirs = metrics.split(" ")
    if len(readings) != _READING_BYTES * len(theirs):
        return b""
    table = dict(zip(theirs, np.frombuffer(readings, dtype="<f8").reshape(-1, 3), strict=True))
    unknown = np.full(3, np.nan)
    return np.stack([table.get(key, unknown) for key in READING_KEYS]).astype("<f8").tobytes()
