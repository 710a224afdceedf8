"""``verify --split test``: the sealed split is opened on record, in the folder and in the study that it came from."""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import replace
from pathlib import Path

from nnopt_gui.cli.comparison import confirm_on
from nnopt_gui.cli.output import ConsoleReporter
from nnopt_gui.engine.artifact import MODEL_FILE
from nnopt_gui.engine.artifact_openings import ArtifactOpening, read_openings, record_opening
from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.study.confirmation import confirmation_of
from nnopt_gui.engine.study.study_file import StudyFile, holds_artifact
from nnopt_gui.engine.study.trial import utc_now
from nnopt_gui.errors import StudyError


class TestOpening:
    """One opening by ``verify``. Call :meth:`begin` before an image is read, and :meth:`finish` with the figures.

    The study is the one that ``--study`` names, else any beside the folder, or in the working folder, that holds the
    file. What is known of other studies is the folder's own record.
    """

    __test__ = False  # no test

    def __init__(self, options: argparse.Namespace, work: Path, reporter: ConsoleReporter) -> None:
        self._options, self._work, self._reporter = options, work, reporter
        self._opening: ArtifactOpening | None = None

    def begin(self, data: OpenedData) -> None:
        """Put the opening on record.

        Raises:
            ArtifactError, StudyError: it cannot be recorded, or the split was opened for another trial of the study
                and ``--again`` was not given: then it must stay shut.
        """
        folder: Path = self._options.folder
        sha256 = hashlib.sha256((folder / MODEL_FILE).read_bytes()).hexdigest()
        read_openings(folder)  # it must be readable before the study hears of anything
        for path in self._studies(sha256):
            self._confirm(path, sha256, data)
        self._opening = ArtifactOpening(utc_now(), sha256, data.name, data.fingerprint)
        record_opening(folder, self._opening)

    def finish(self, measurement: Measurement) -> None:
        """Add what was found."""
        assert self._opening is not None
        record_opening(self._options.folder, replace(self._opening, accuracy=measurement.accuracy))

    def _studies(self, sha256: str) -> list[Path]:
        if self._options.study is not None:
            if not holds_artifact(self._options.study, sha256):
                raise StudyError(f"{self._options.study} does not hold this model.", "Name the study it came from.")
            return [self._options.study]
        places = {self._options.folder.resolve().parent, Path.cwd()}
        found = sorted(path for place in places for path in place.glob("*.nnopt"))
        return [path for path in found if holds_artifact(path, sha256)]

    def _confirm(self, path: Path, sha256: str, data: OpenedData) -> None:
        with StudyFile.open(path) as file:
            study = file.study
            profile = study.data_profile
            if profile is None or profile.fingerprint != data.fingerprint:
                return  # another test split
            if file.read_only:
                raise StudyError(
                    f"{path} cannot be written: {file.read_only_reason}.",
                    "Opening the test split must be recorded in the study; close it there first.",
                )
            number = next(t.number for t in study.trials if t.artifact_sha256 == sha256)
            if study.get(number).is_baseline or confirmation_of(study.confirmations, study.get(number)) is not None:
                return
            threads = self._options.threads
            record = confirm_on(
                study, number, data, self._work, self._reporter, again=self._options.again, threads=threads
            )
            self._reporter.say(f"  Recorded in {path} as opening {record.number} of its test split.")


def openings_text(folder: Path) -> str:
    """How often ``verify`` opened the test split for a saved folder, and when; empty while it did not."""
    looks = [opening.opened[:10] for opening in read_openings(folder)]
    if not looks:
        return ""
    times = "once" if len(looks) == 1 else f"{len(looks)} times"
    return f"The test split was opened {times} for this folder: {', '.join(looks)}."
