"""Wall-clock time of one image, measured in turn with the baseline on the same machine in the same minute; and of
larger batches."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx
import psutil
from numpy.typing import NDArray

from nnopt_gui.engine.measurement.energy import EnergyMeter, per_image
from nnopt_gui.engine.measurement.session import SPIN_US, Runner, open_session, run_cancellable
from nnopt_gui.engine.metrics import Estimate, Latency, Throughput
from nnopt_gui.engine.progress import Reporter

BUDGET_S: Final = 0.8
QUICK_BUDGET_S: Final = 0.05  # five blocks or a few more of a small network, where the answer hardly matters
BATCH_BUDGET_S: Final = 0.4  # for each further batch size
PAUSE_S: Final = 2e-6 * SPIN_US  # between blocks: the other session's threads go to sleep

_BLOCK_RUNS: Final = 10
_BLOCK_S: Final = 0.05  # slower networks have shorter blocks, so that a checkpoint comes in time
_UNCOUNTED: Final = 2  # runs at the start of a block: the other model's data are still in the caches
_MIN_BLOCKS: Final = 5
_MAX_BLOCKS: Final = 24
# Stopping whenever the interval happens to be narrow would make it cover too seldom. So one looks twice, after as many
# blocks as was decided before, and shares the 5 % of errors out: 1 % then, 4 % at the end (Bonferroni).
_LOOK: Final = 10  # blocks
_NARROW: Final = 0.015  # of the median, on either side: enough at the first look
_WARM_UP_SHARE: Final = 0.25  # of the budget, at most
_STABLE: Final = 0.05
_RESAMPLES: Final = 1000
_MOST_SHARED: Final = 0.8
_NORMAL: Final = 1.959964  # the normal distribution's quantiles: 97.5 %,
_AT_LOOK: Final = 2.575829  # 99.5 %,
_AT_END: Final = 2.053749  # 98 %
_NOISY_SPREAD: Final = 0.25
_NOISY_CORES: Final = 0.3


@dataclass(frozen=True)
class LatencyRun:
    """``latency`` and how it came about: ``warmup`` and ``repeats`` are runs of the candidate; ``noisy`` says that
    other programs kept the machine busy or that the times did not settle; ``energy_mj`` is None without a meter."""

    latency: Latency
    noisy: bool
    warmup: int
    repeats: int
    energy_mj: Estimate | None = None


def measure_latency(
    candidate: Runner,
    baseline: Runner | None,
    input_shape: tuple[int, int, int],
    threads: int,
    reporter: Reporter,
    *,
    budget_s: float = BUDGET_S,
    seed: int = 0,
    meter: EnergyMeter | None = None,
    pause: bool = True,
) -> LatencyRun:
    """Time single images in short blocks, candidate and baseline in turn, with a pause between the blocks.

    Blocks, because run-by-run interleaving makes every run start on the other model's caches and beside its thread
    pool; in turn, because the machine's speed drifts. The interval of the median is a bootstrap over blocks, as runs
    within one share their luck. Twenty-four blocks are taken, or ten if the median is known to ±1.5 % by then.

    Args:
        candidate: opened with ``threads`` threads, as the baseline (None for the baseline itself).
        input_shape: (C, H, W).
        threads: to judge how much of the machine is left for others.
        budget_s: about how long to measure; slow networks take at least five blocks.
        seed: of the random input.
        meter: read before and after each of the candidate's blocks.
        pause: whether to wait between the blocks; a guess from one session alone needs none.

    Raises:
        Cancelled. ModelError: the model fails, or one run takes minutes.
    """
    image = np.random.default_rng(seed).standard_normal((1, *input_shape)).astype(np.float32)
    sessions = [candidate] if baseline is None else [candidate, baseline]
    warm = [_warm_up(session, image, reporter, _WARM_UP_SHARE * budget_s / len(sessions)) for session in sessions]
    lengths = [max(1, min(_BLOCK_RUNS, int(_BLOCK_S / max(seconds, 1e-6)))) for _, seconds in warm]
    blocks: list[list[NDArray[np.float64]]] = [[] for _ in sessions]
    busy, spent = _OtherLoad(), _Spent(meter)
    deadline, interval = time.perf_counter() + budget_s, None
    while interval is None:
        for session, runs, found in zip(sessions, lengths, blocks, strict=True):
            reporter.checkpoint()
            if pause:
                time.sleep(PAUSE_S)
            if session is candidate:
                spent.begin()
            found.append(_time_block(session, image, runs))
            if session is candidate:
                spent.end()
        interval = _interval_if_enough(blocks[0], seed, late=time.perf_counter() >= deadline)
    times, (low, high) = np.concatenate(blocks[0]), interval
    latency = Latency(
        p50=float(np.median(times)),
        p95=float(np.quantile(times, 0.95)),
        low=low,
        high=high,
        runs=len(times),
        baseline_p50=float(np.median(np.concatenate(blocks[1]))) if baseline is not None else None,
    )
    noisy = busy.cores() > max(0.0, busy.available - threads) + _NOISY_CORES or _unsettled(blocks[0])
    # the runs that do not count for latency have used energy like the others
    counted = lengths[0] + (_UNCOUNTED if lengths[0] > _UNCOUNTED else 0)
    return LatencyRun(latency, noisy, warm[0][0], len(times), per_image(spent.blocks, counted, seed))


def measure_throughput(
    session: Runner,
    input_shape: tuple[int, int, int],
    batches: Sequence[int],
    reporter: Reporter,
    *,
    budget_s: float = BATCH_BUDGET_S,
    seed: int = 0,
) -> tuple[Throughput, ...]:
    """Images per second at each batch size: warmed up, timed in blocks and judged as :func:`measure_latency` does.

    Args:
        input_shape: (C, H, W).
        budget_s: about how long to measure each size; slow ones take at least five runs.

    Raises:
        Cancelled. ModelError: the model does not take a batch of this size, or one run takes minutes.
    """
    found = []
    for batch in batches:
        images = np.random.default_rng(seed).standard_normal((batch, *input_shape)).astype(np.float32)
        _, seconds = _warm_up(session, images, reporter, _WARM_UP_SHARE * budget_s)
        runs = max(1, min(_BLOCK_RUNS, int(_BLOCK_S / max(seconds, 1e-6))))
        blocks: list[NDArray[np.float64]] = []
        deadline = time.perf_counter() + budget_s
        while len(blocks) < _MIN_BLOCKS or (time.perf_counter() < deadline and len(blocks) < _MAX_BLOCKS):
            reporter.checkpoint()
            blocks.append(_time_block(session, images, runs))
        low, high = _median_interval(blocks, seed)
        middle = float(np.median(np.concatenate(blocks)))
        speed, least, most = (1000 * batch / ms for ms in (middle, high, low))
        found.append(Throughput(batch, speed, least, most, runs * len(blocks)))
    return tuple(found)


def quick_latency(model: onnx.ModelProto, input_shape: tuple[int, int, int], threads: int, reporter: Reporter) -> float:
    """Median milliseconds of one image in a fraction of a second: good enough to draw a guess with.

    Raises:
        Cancelled. ModelError: ONNX Runtime cannot load or run it.
    """
    session = open_session(model.SerializeToString(), threads)
    run = measure_latency(session, None, input_shape, threads, reporter, budget_s=QUICK_BUDGET_S, pause=False)
    return run.latency.p50


def _warm_up(session: Runner, image: NDArray[np.float32], reporter: Reporter, limit_s: float) -> tuple[int, float]:
    """Run until two blocks in a row take about the same time. Returns the number of runs and seconds per run."""
    name = session.get_inputs()[0].name
    started = time.perf_counter()
    run_cancellable(session, image, reporter)  # the only run that may take minutes
    count, last = 1, time.perf_counter() - started
    while time.perf_counter() - started < limit_s:
        reporter.checkpoint()
        runs = max(1, min(_BLOCK_RUNS, int(_BLOCK_S / max(last, 1e-6))))
        before = time.perf_counter()
        for _ in range(runs):
            session.run(None, {name: image})
        seconds = (time.perf_counter() - before) / runs
        count += runs
        settled = abs(seconds - last) <= _STABLE * last
        last = seconds
        if settled:
            break
    return count, last


def _time_block(session: Runner, image: NDArray[np.float32], runs: int) -> NDArray[np.float64]:
    """Milliseconds of ``runs`` runs, after a few that do not count."""
    feed = {session.get_inputs()[0].name: image}
    for _ in range(_UNCOUNTED if runs > _UNCOUNTED else 0):
        session.run(None, feed)
    times = np.empty(runs)
    for i in range(runs):
        started = time.perf_counter_ns()
        session.run(None, feed)
        times[i] = time.perf_counter_ns() - started
    return times / 1e6


def _interval_if_enough(
    blocks: Sequence[NDArray[np.float64]], seed: int, *, late: bool = False
) -> tuple[float, float] | None:
    """The interval of the median of all runs if these blocks are enough, or if it is ``late`` and they are not fewer
    than there have to be."""
    if len(blocks) == _LOOK and not late:
        low, high = _median_interval(blocks, seed, _AT_LOOK)
        middle = float(np.median(np.concatenate(blocks)))
        return (low, high) if max(high - middle, middle - low) <= _NARROW * middle else None
    over = len(blocks) >= _MAX_BLOCKS or (late and len(blocks) >= _MIN_BLOCKS)
    return _median_interval(blocks, seed, _AT_END) if over else None


def _median_interval(blocks: Sequence[NDArray[np.float64]], seed: int, normal: float = _NORMAL) -> tuple[float, float]:
    """Bootstrap interval of the median of all runs, resampling whole blocks (of equal length); 95 %, or what the
    quantile ``normal`` of the normal distribution gives.

    Few blocks resampled vary too little: both sides are widened by √(n / (n − 1)) and Student's quantile (Hesterberg,
    2015, The American Statistician 69:371), and for what neighbouring blocks share when the machine's speed drifts.
    """
    table = np.stack(blocks)
    count = len(table)
    chosen = np.random.default_rng(seed).integers(0, count, size=(_RESAMPLES, count))
    medians = np.median(table[chosen].reshape(_RESAMPLES, -1), axis=1)
    (low, high), middle = np.quantile(medians, [0.025, 0.975]), float(np.median(table))
    wider = math.sqrt(count / (count - 1)) * _student(count - 1, normal) / _NORMAL * _drift(np.median(table, axis=1))
    low = middle - wider * max(0.0, middle - low)
    return max(float(low), float(table.min())), float(middle + wider * max(0.0, high - middle))


def _drift(values: NDArray[np.float64]) -> float:
    """How much longer than that of independent values an interval of their mean is, for an autoregressive series:
    √((1 + r) / (1 − r)), r the correlation of neighbours, which a short series shows too small by (1 + 3r) / n
    (Marriott and Pope, 1954, Biometrika 41:390), and as its deviation is shown too small by as many values as the
    series is worth fewer."""
    count, off = len(values), values - values.mean()
    power = float(off @ off)
    shared = (float(off[1:] @ off[:-1]) / power + 1 / count) / (1 - 3 / count) if power else 0.0
    shared = min(max(shared, 0.0), _MOST_SHARED)
    longer = (1 + shared) / (1 - shared)
    return math.sqrt(longer * (count - 1) / max(1.0, count - longer))


def _student(freedom: int, z: float = _NORMAL) -> float:
    """Student's quantile of the same probability as the normal distribution's ``z`` (97.5 % to 99.5 %), 4 degrees of
    freedom or more (Fisher and Cornish, 1960; error below 2 % up to 98 %, and at 99.5 % from 9 degrees on)."""
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _unsettled(blocks: Sequence[NDArray[np.float64]]) -> bool:
    """Whether the blocks' medians spread too far to be one number."""
    medians = np.array([np.median(block) for block in blocks])
    low, middle, high = np.quantile(medians, [0.25, 0.5, 0.75])
    return bool(high - low > _NOISY_SPREAD * middle)


class _Spent:
    """Millijoules of the package in each block of the candidate; no blocks without a meter that can be read."""

    def __init__(self, meter: EnergyMeter | None) -> None:
        self._meter = meter
        self._before: float | None = None
        self.blocks: list[float] = []

    def begin(self) -> None:
        if self._meter is not None:
            self._before = self._meter.millijoules()

    def end(self) -> None:
        now = self._meter.millijoules() if self._meter is not None else None
        if now is not None and self._before is not None:
            self.blocks.append(now - self._before)


class _OtherLoad:
    """How many cores other processes kept busy since this was made."""

    def __init__(self) -> None:
        self._own = psutil.Process()
        self.available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
        self._start = self._read()

    def _read(self) -> tuple[float, float, float]:
        system, own = psutil.cpu_times(), self._own.cpu_times()
        idle = system.idle + getattr(system, "iowait", 0.0)
        guest = getattr(system, "guest", 0.0) + getattr(system, "guest_nice", 0.0)  # counted in user as well
        return sum(system) - guest - idle, own.user + own.system, time.monotonic()

    def cores(self) -> float:
        busy, own, now = (after - before for after, before in zip(self._read(), self._start, strict=True))
        return max(0.0, busy - own) / max(now, 1e-3)
