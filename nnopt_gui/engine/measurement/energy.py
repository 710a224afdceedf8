"""Energy of the processor package where the system counts it: Intel's and AMD's RAPL through Linux' powercap."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import Estimate

POWERCAP: Final = Path("/sys/class/powercap")
_RESAMPLES: Final = 1000


@dataclass(frozen=True)
class Domain:
    """A counter of microjoules that starts again from 0 after ``limit_uj``."""

    name: str
    counter: Path
    limit_uj: int

    @classmethod
    def at(cls, folder: Path) -> Domain:
        return cls(_text(folder / "name"), folder / "energy_uj", int(_text(folder / "max_energy_range_uj")))

    def read(self) -> int:
        return int(self.counter.read_text(encoding="ascii"))


class EnergyMeter:
    """The sum of all processor packages (``intel-rapl:N``; the domains inside one are part of it).

    The counters are those of RAPL (Intel SDM vol. 3B, 16.10; Khan et al., 2018, ACM TOMPECS 3:2), updated about every
    millisecond. They count everything that runs on the package, its idle power included. Since 2020 Linux lets only
    root read them, unless the administrator allows more.
    """

    def __init__(self, domains: Sequence[Domain]) -> None:
        self._domains = tuple(domains)
        self._last = [domain.read() for domain in self._domains]
        self._total_uj = 0

    @classmethod
    def find(cls, root: Path = POWERCAP) -> EnergyMeter | None:
        """The meter of this machine; None where there is none, or where it must not be read."""
        with suppress(OSError, ValueError):
            packages = [folder for folder in sorted(root.glob("intel-rapl:*")) if folder.name.count(":") == 1]
            domains = [Domain.at(folder) for folder in packages if _text(folder / "name").startswith("package")]
            return cls(domains) if domains else None
        return None

    def millijoules(self) -> float | None:
        """Since the meter was made. Ask at least once a minute: a counter that came round twice cannot be told from one
        that came round once. None when a counter cannot be read any more."""
        with suppress(OSError, ValueError):
            for index, domain in enumerate(self._domains):
                now = domain.read()
                step = now - self._last[index]
                self._total_uj += step if step >= 0 else step + domain.limit_uj
                self._last[index] = now
            return self._total_uj / 1000
        return None


def per_image(blocks_mj: Sequence[float], runs: int, seed: int) -> Estimate | None:
    """Millijoules of one image from blocks of ``runs`` images each: the mean with a 95 % bootstrap interval over the
    blocks; None without a block, or where the counter did not move."""
    if not blocks_mj or not any(blocks_mj):
        return None
    table: NDArray[np.float64] = np.asarray(blocks_mj, dtype=np.float64) / runs
    chosen = np.random.default_rng(seed).integers(0, len(table), size=(_RESAMPLES, len(table)))
    low, high = np.quantile(table[chosen].mean(axis=1), [0.025, 0.975])
    return Estimate(float(table.mean()), float(low), float(high), runs * len(table))


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()
