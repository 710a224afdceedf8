"""Tables as CSV text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

TABLE_ENCODING: Final = "utf-8-sig"  # of the files: spreadsheets take others for the system's own


def csv_text(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lines that end in a newline each; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
