"""Predictions inside the study file: content-addressed as artifacts are; the labels, which all trials share, once."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Final

from nnopt_gui.engine.statistics.predictions import TrialPredictions, decode_labels, encode_labels
from nnopt_gui.errors import StudyError

SCHEMA: Final = (
    "CREATE TABLE labels (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL)",
    "CREATE TABLE predictions (sha256 TEXT PRIMARY KEY, labels TEXT NOT NULL, data BLOB NOT NULL)",
)


def write_predictions(connection: sqlite3.Connection, predictions: TrialPredictions) -> None:
    """Put them into the open transaction, unless they are there already."""
    labels = encode_labels(predictions.labels)
    name = hashlib.sha256(labels).hexdigest()
    connection.execute("INSERT OR IGNORE INTO labels VALUES (?, ?)", (name, labels))
    row = (predictions.sha256, name, predictions.encode())
    connection.execute("INSERT OR IGNORE INTO predictions VALUES (?, ?, ?)", row)


def read_predictions(connection: sqlite3.Connection, sha256: str) -> TrialPredictions | None:
    """The predictions with this hash, None where they are not stored.

    Raises:
        StudyError: what is stored is damaged.
    """
    query = "SELECT l.data, p.data FROM predictions p LEFT JOIN labels l ON l.sha256 = p.labels WHERE p.sha256 = ?"
    row = connection.execute(query, (sha256,)).fetchone()
    if row is None:
        return None
    labels, data = row
    if not (isinstance(labels, bytes) and isinstance(data, bytes)) or _hash(labels, data) != sha256:
        raise StudyError(
            "The predictions stored in the study are damaged: their SHA-256 does not match.",
            "Run the trial again; the other trials are not affected.",
        )
    return TrialPredictions.decode(data, decode_labels(labels))


def sweep_predictions(connection: sqlite3.Connection) -> None:
    """Drop what no trial names any more (inside the caller's transaction). While a trial cannot be read nobody knows
    whose they are: nothing is dropped then."""
    unread = "SELECT 1 FROM trials WHERE number NOT IN (SELECT number FROM summaries)"
    if connection.execute(unread).fetchone() is None:
        named = "SELECT predictions FROM summaries WHERE predictions IS NOT NULL"
        connection.execute(f"DELETE FROM predictions WHERE sha256 NOT IN ({named})")  # noqa: S608 - a constant
        connection.execute("DELETE FROM labels WHERE sha256 NOT IN (SELECT labels FROM predictions)")


def _hash(labels: bytes, data: bytes) -> str:
    return hashlib.sha256(labels + data).hexdigest()
