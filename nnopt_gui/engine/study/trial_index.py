"""A study's trials at a glance, kept up to date trial by trial: columns for fronts and tables, and who has a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns, TrialSummary


class TrialIndex:
    """In the order of the trials' numbers.

    Args:
        rows: one for every trial, each number once.

    Raises:
        KeyError, TypeError, ValueError: they do not hold what :class:`TrialSummary` says.
    """

    def __init__(self, rows: Sequence[TrialSummary] = ()) -> None:
        columns = TrialColumns.of_summaries(sorted(rows, key=lambda row: row.number))
        self._arrays: dict[str, NDArray[Any]] = {f.name: getattr(columns, f.name) for f in fields(TrialColumns)}
        self._arrays["readings"] = columns.readings.copy()  # what it was read from cannot be written
        self._used = len(columns)
        self._numbers: dict[bytes, list[int]] | None = None  # by fingerprint; made when it is first asked for

    def __len__(self) -> int:
        return self._used

    def __contains__(self, number: int) -> bool:
        place = self._place(number)
        return place < self._used and bool(self._arrays["number"][place] == number)

    def columns(self) -> TrialColumns:
        return TrialColumns(**{name: array[: self._used] for name, array in self._arrays.items()})

    def find(self, fingerprint: str, *states: TrialState) -> int | None:
        """The latest trial of the recipe with this fingerprint that is in one of these states; None: any state."""
        columns = self.columns()
        for number in reversed(self._by_fingerprint().get(fingerprint.encode(), ())):
            row = columns.row_of(number)
            if row is not None and (not states or columns.state_of(row) in states):
                return number
        return None

    def numbers(self, fingerprint: str) -> tuple[int, ...]:
        """Of all trials of the recipe with this fingerprint."""
        return tuple(self._by_fingerprint().get(fingerprint.encode(), ()))

    def put(self, row: TrialSummary) -> None:
        """Add a trial, or say what it is now."""
        place = self._place(row.number)
        if row.number in self:
            self._forget(place)
        else:
            self._make_room(place)
        one = TrialColumns.of_summaries([row])
        for name, array in self._arrays.items():
            array[place] = getattr(one, name)[0]
        if self._numbers is not None:
            self._numbers.setdefault(row.fingerprint.encode(), []).append(row.number)
            self._numbers[row.fingerprint.encode()].sort()

    def remove(self, number: int) -> None:
        """Take a trial out; a number that is not there is passed over."""
        if number in self:
            place = self._place(number)
            self._forget(place)
            self._arrays = {name: np.delete(array[: self._used], place, 0) for name, array in self._arrays.items()}
            self._used -= 1

    def _place(self, number: int) -> int:
        return int(np.searchsorted(self._arrays["number"][: self._used], number))

    def _by_fingerprint(self) -> dict[bytes, list[int]]:
        if self._numbers is None:
            self._numbers = {}
            columns = self.columns()
            for fingerprint, number in zip(columns.fingerprint.tolist(), columns.number.tolist(), strict=True):
                self._numbers.setdefault(fingerprint, []).append(number)
        return self._numbers

    def _forget(self, place: int) -> None:
        if self._numbers is not None:
            same = self._numbers[bytes(self._arrays["fingerprint"][place])]
            same.remove(int(self._arrays["number"][place]))

    def _make_room(self, place: int) -> None:
        """A row at ``place``. At the end, where they nearly always come, room is made for many at once."""
        if place < self._used:
            self._arrays = {
                name: np.insert(array[: self._used], place, array[place], 0) for name, array in self._arrays.items()
            }
        elif self._used == len(self._arrays["number"]):
            for name, array in self._arrays.items():
                more = np.empty((16 + self._used // 2, *array.shape[1:]), dtype=array.dtype)
                self._arrays[name] = np.concatenate([array, more])
        self._used += 1
