"""Whether a trial that was made again is the same, and if not, by how much it differs and why. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from nnopt_gui.engine.metrics import Conditions, Estimate, Measurement
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import agreement, paired_drop
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import NnoptError, StudyError

Verdict = Literal["identical", "explained", "unexplained"]

# Differ from run to run, say the same as the recipe and the data do, or cannot change what a file contains.
_NOT_A_REASON: Final = frozenset(
    {"measured_at", "noisy", "repeats", "warmup", "stopped", "samples", "data", "seed", "load", "governor",
     "dominated_by", "logical_cores", "versions", "target"}
)  # fmt: skip


class NotReproducedError(NnoptError):
    """The trial was made again and differs, and nothing on record says why."""

    exit_code = 3


@dataclass(frozen=True)
class Difference:
    """Something on the passport of the measurement that is not as it was."""

    name: str
    before: str
    now: str


@dataclass(frozen=True)
class Certificate:
    """What became of a trial that was made again.

    Attributes:
        verdict: ``identical``: the very same bytes. ``explained``: other bytes, and the passport differs.
            ``unexplained``: other bytes on the same machine with the same versions and threads.
        sha256_before, sha256_now: of the files.
        passport: what differs between the conditions of the two measurements.
        size_before, size_now: bytes.
        accuracy_before, accuracy_now: on the selection split.
        change: first accuracy minus second, paired on the same images; None where predictions are not on record.
        agreement: share of images on which both files predict the same class; None likewise.
        latency_ratio: second p50 over first; None where either was not measured or the machines differ.
        latency_overlap: whether the intervals of the two medians overlap.
    """

    trial: int
    verdict: Verdict
    sha256_before: str
    sha256_now: str
    passport: tuple[Difference, ...]
    size_before: int
    size_now: int
    accuracy_before: Estimate | None
    accuracy_now: Estimate | None
    change: Estimate | None
    agreement: Estimate | None
    latency_ratio: float | None
    latency_overlap: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The certificate for people."""
        return tuple(_sentences(self))


def reproducible(study: Study, number: int) -> Trial:
    """The trial, if there is a file to reproduce.

    Raises:
        StudyError: there is no such trial, or it has no measured file.
    """
    trial = study.get(number)
    if trial.state is not TrialState.DONE or trial.measurement is None or trial.artifact_sha256 is None:
        raise StudyError(f"Trial {number} has no measured file: it is {trial.state.value}.", "Choose another one.")
    return trial


def check_sources(study: Study, model_sha256: str, data_fingerprint: str | None) -> None:
    """Refuse sources that are not those of the study. What has no fingerprint on record is taken on trust.

    Raises:
        StudyError: the model or the data are others.
    """
    model, data = study.model_profile, study.data_profile
    if model is not None and model.sha256 and model_sha256 and model.sha256 != model_sha256:
        raise StudyError(f"The model is not the one of the study ({model.name}).", "Name the right file with --model.")
    if data is not None and data_fingerprint is not None and data.fingerprint != data_fingerprint:
        raise StudyError(f"The data are not those of the study ({data.name}).", "Name the right data with --data.")


def certify(
    trial: Trial,
    now: Measurement,
    sha256: str,
    predictions: tuple[TrialPredictions | None, TrialPredictions | None] = (None, None),
) -> Certificate:
    """Compare a trial on record with what was made just now.

    Args:
        trial: measured, see :func:`reproducible`.
        now: the new measurement; ``sha256`` names the new file.
        predictions: of the first file and of the second on the selection split, where they are on record.

    Raises:
        ValueError: the trial was not measured.
    """
    before = trial.measurement
    if before is None or trial.artifact_sha256 is None:
        raise ValueError(f"trial {trial.number} was not measured")
    passport = passport_differences(before.conditions, now.conditions)
    same = trial.artifact_sha256 == sha256
    change, agree = _paired(*predictions)
    ratio, overlap = _latency(before, now)
    return Certificate(
        trial=trial.number,
        verdict="identical" if same else "explained" if passport else "unexplained",
        sha256_before=trial.artifact_sha256,
        sha256_now=sha256,
        passport=passport,
        size_before=before.size_bytes,
        size_now=now.size_bytes,
        accuracy_before=before.accuracy,
        accuracy_now=now.accuracy,
        change=change,
        agreement=agree,
        latency_ratio=ratio,
        latency_overlap=overlap,
    )


def passport_differences(before: Conditions, now: Conditions) -> tuple[Difference, ...]:
    """What is not the same on two machines (or on one, later): versions, threads, CPU, system, preprocessing. Versions
    that are on record on one side only say nothing: records of 0.1.0 and before have none."""
    found = _version_differences(before.versions, now.versions)
    for field in fields(Conditions):
        a, b = (_plain(getattr(conditions, field.name)) for conditions in (before, now))
        if field.name not in _NOT_A_REASON and a != b:
            found.append(Difference(field.name, _text(a), _text(b)))
    return tuple(found)


def _version_differences(before: tuple[str, ...], now: tuple[str, ...]) -> list[Difference]:
    """By library; what was installed on one side only did not make the file."""
    first, second = (dict(text.rsplit(" ", 1) for text in texts if " " in text) for texts in (before, now))
    return [
        Difference(name, first[name], second[name]) for name in first if first[name] != second.get(name, first[name])
    ]


def _plain(value: object) -> object:
    """Without the name that preprocessing goes by: only what it does counts."""
    return {key: part for key, part in value.items() if key != "name"} if isinstance(value, Mapping) else value


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {part}" for key, part in sorted(value.items()))
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _paired(before: TrialPredictions | None, now: TrialPredictions | None) -> tuple[Estimate | None, Estimate | None]:
    if before is None or now is None or len(before) != len(now):
        return None, None
    both = before.known & now.known
    if not both.any():
        return None, None
    change = paired_drop(before.correct[both], now.correct[both])
    return change, agreement(before.classes[both], now.classes[both])


def _latency(before: Measurement, now: Measurement) -> tuple[float | None, bool | None]:
    """Never a ratio between machines, runtimes or threads."""
    a, b = before.latency_ms, now.latency_ms
    if a is None or b is None or before.conditions.latency_context != now.conditions.latency_context or a.p50 <= 0:
        return None, None
    return b.p50 / a.p50, b.low <= a.high and a.low <= b.high


def _sentences(found: Certificate) -> list[str]:
    lines = {
        "identical": f"Trial {found.trial} is reproduced: the same {found.size_now:,} bytes, SHA-256 "
        f"{found.sha256_now}.",
        "explained": f"Trial {found.trial} differs, and the conditions explain it.",
        "unexplained": f"Trial {found.trial} differs, and nothing on record explains it.",
    }
    said = [lines[found.verdict]]
    if found.verdict != "identical":
        said.append(f"Size: {found.size_before:,} bytes before, {found.size_now:,} now.")
    said += [f"{item.name}: {item.before} before, {item.now} now." for item in found.passport]
    a, b = found.accuracy_before, found.accuracy_now
    if a is not None and b is not None:
        said.append(f"Accuracy: {100 * a.value:.2f} % before, {100 * b.value:.2f} % now{_paired_text(found)}.")
    if found.agreement is not None:
        share = found.agreement
        said.append(f"Both predict the same class on {100 * share.value:.2f} % of {share.samples} images.")
    if found.latency_ratio is not None:
        tie = ", within the intervals" if found.latency_overlap else ", beyond the intervals"
        said.append(f"Latency: {found.latency_ratio:.2f} times the first{tie}.")
    elif found.passport:
        said.append("Latency is not compared: the conditions differ.")
    return said


def _paired_text(found: Certificate) -> str:
    change = found.change
    if change is None or found.verdict == "identical":
        return ""
    return f" (paired: {-100 * change.value:+.2f} [{-100 * change.high:+.2f}, {-100 * change.low:+.2f}] pp)"
