"""The sealed test split: opened to confirm one chosen trial, once per study, and every opening is on record.

Everything is chosen by the selection split, so its numbers are a little too good for what was chosen. The test split
is the judge that has seen no choice; each look at it spends some of that. Only the figures are kept, no predictions
of test images: what nobody can look up, nobody can choose by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

import numpy as np

from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import agreement, mcnemar_exact, paired_drop, wilson
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, utc_now
from nnopt_gui.errors import StudyError

_ESTIMATES: Final = ("baseline", "accuracy", "drop", "agreement")


@dataclass(frozen=True)
class Confirmation:
    """One opening of the test split. The figures are None when the program ended before they were there: the images
    were looked at all the same.

    ``number`` counts openings from 1; ``drop`` is the original's accuracy minus the trial's, paired.
    """

    number: int
    trial: int
    opened: str  # UTC, ISO 8601
    artifact_sha256: str | None = None
    data_fingerprint: str = ""
    baseline: Estimate | None = None
    accuracy: Estimate | None = None
    drop: Estimate | None = None
    agreement: Estimate | None = None
    p_value: float | None = None  # exact McNemar, original against trial

    @property
    def finished(self) -> bool:
        return self.accuracy is not None

    def finish(self, baseline: TrialPredictions, trial: TrialPredictions) -> Confirmation:
        """With the figures.

        Args:
            baseline: the original's predictions on the test split; ``trial``: the trial's.

        Raises:
            ValueError: they are not of the same images, or none could be evaluated.
        """
        both = baseline.known & trial.known
        before, after = baseline.correct[both], trial.correct[both]
        lost, gained = int(np.count_nonzero(before & ~after)), int(np.count_nonzero(after & ~before))
        return replace(
            self,
            baseline=wilson(int(before.sum()), len(before)),
            accuracy=wilson(int(after.sum()), len(after)),
            drop=paired_drop(before, after),
            agreement=agreement(baseline.classes[both], trial.classes[both]),
            p_value=mcnemar_exact(gained, lost),
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Confirmation:
        """The inverse of :meth:`to_dict`; unknown keys are ignored.

        Raises:
            KeyError, TypeError: the data is no confirmation.
        """
        known = {f.name for f in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        for key in _ESTIMATES:
            if values.get(key) is not None:
                values[key] = Estimate(**values[key])
        return cls(**values)


def begin_confirmation(study: Study, number: int, *, again: bool = False) -> Confirmation:
    """Commit that the test split is about to be opened for a trial; call this before any test image is read, and
    :func:`finish_confirmation` with what was predicted.

    Args:
        again: another trial was confirmed before, and the user insists.

    Returns:
        The open record, or the finished one if this very file was confirmed before: then nothing is to be measured.

    Raises:
        StudyError: the trial cannot be confirmed, the test split was opened for another trial and ``again`` is False,
            or the record cannot be committed: then the split must stay shut.
    """
    trial = study.get(number)
    if trial.is_baseline or trial.measurement is None or trial.artifact_sha256 is None:
        raise StudyError(f"Trial {number} cannot be confirmed.", "Choose a finished trial; the original comes with it.")
    known = confirmation_of(study.confirmations, trial)
    if known is not None:
        return known
    others = sorted({c.trial for c in study.confirmations if c.artifact_sha256 != trial.artifact_sha256})
    if others and not again:
        raise StudyError(
            f"The test split was opened already, for trial {', '.join(map(str, others))}.",
            "A second look makes its numbers a choice like any other. If you must, say so (--again); it is recorded "
            "and stays visible in this study.",
        )
    record = Confirmation(
        number=len(study.confirmations) + 1,
        trial=number,
        opened=utc_now(),
        artifact_sha256=trial.artifact_sha256,
        data_fingerprint=study.data_profile.fingerprint if study.data_profile is not None else "",
    )
    study.record_confirmation(record)
    return record


def finish_confirmation(
    study: Study, record: Confirmation, baseline: TrialPredictions, trial: TrialPredictions
) -> Confirmation:
    """Commit the figures of an opening.

    Raises:
        StudyError: no test image could be evaluated, or the figures cannot be committed.
    """
    if not (baseline.known & trial.known).any():
        raise StudyError("No test image could be evaluated.", "Check the data set; the opening stays on record.")
    finished = record.finish(baseline, trial)
    study.record_confirmation(finished)
    return finished


def confirmation_of(confirmations: Sequence[Confirmation], trial: Trial) -> Confirmation | None:
    """The finished confirmation of a trial's file, if there is one."""
    same = [c for c in confirmations if c.finished and c.artifact_sha256 == trial.artifact_sha256]
    return same[0] if same and trial.artifact_sha256 is not None else None


def openings_sentence(confirmations: Sequence[Confirmation]) -> str:
    """How often the test split was opened, when and for whom; empty while it is sealed. Every report says this."""
    if not confirmations:
        return ""
    looks = [f"{c.opened[:10]} for trial {c.trial}{'' if c.finished else ' (not finished)'}" for c in confirmations]
    if len(looks) == 1:
        return f"The test split was opened once: {looks[0]}."
    text = f"The test split was opened {len(looks)} times: {'; '.join(looks)}."
    if len({c.artifact_sha256 for c in confirmations}) > 1:
        text += " Whatever was chosen after the first look may owe something to it."
    return text
