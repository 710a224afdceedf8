"""Results of one stage between recipe and artifact, kept while they may be needed again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class StageCache(Generic[T]):
    """The most recently used results of one stage."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str, make: Callable[[], T]) -> T:
        """The result under ``key``, made now if it is not there."""
        if key not in self._entries:
            self._entries[key] = make()
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        return self._entries[key]
