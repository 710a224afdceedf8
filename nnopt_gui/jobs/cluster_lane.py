"""A window's trials on a Dask cluster: what the engine process does instead of running them itself.

The cluster's own messages become the events that the window knows, so that it need not care where a trial was made.
``distributed`` is imported in the engine process only, and there only when a cluster is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.target import MeasurementOptions
from nnopt_gui.errors import Cancelled, SettingsError
from nnopt_gui.jobs.job import EventKind

if TYPE_CHECKING:
    from nnopt_gui.jobs.cluster import ClusterEngine
    from nnopt_gui.jobs.cluster_trial import ClusterEvent, TrialOutcome

Tell = Callable[[EventKind, dict[str, Any]], None]
MADE_HERE: Final = ("named", "code")  # formats whose weights come to be when they are opened


def start_cluster(
    address: str,
    opened: Any,
    baseline_sha256: str | None,
    measuring: MeasurementOptions,
    folder: Path,
    **options: Any,
) -> ClusterEngine:
    """The cluster at ``address``, for trials on what was opened here.

    Args:
        opened: ``pipeline.Opened``.
        baseline_sha256: of the exported original; needed where its weights came to be when it was opened.
        measuring: how the workers measure.
        folder: an existing one, for the artifacts that come back.
        options: of :class:`~nnopt_gui.jobs.cluster.ClusterEngine`.

    Raises:
        SettingsError: the extra is not installed, or there is no cluster at the address.
        DataError: the files to be shipped cannot be read.
    """
    try:
        from nnopt_gui.jobs.cluster import ClusterEngine
        from nnopt_gui.jobs.cluster_trial import TrialSources
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"Running on a cluster needs Dask's scheduler, and {error.name} is not installed.",
            "Install it with: pip install 'nnopt-gui[cluster]'",
        ) from error
    sources = TrialSources(
        opened.model_source,
        opened.data_source,
        opened.model.sha256,
        opened.data.fingerprint if opened.data else None,
        baseline_sha256 if opened.model.file_format in MADE_HERE else None,
        measuring,
    )
    return ClusterEngine(address, sources, folder, **options)


def run_on_cluster(
    address: str,
    opened: Any,
    session: Any,
    recipes: Sequence[Mapping[str, Any]],
    measuring: MeasurementOptions,
    reporter: Reporter,
    tell: Tell,
) -> None:
    """Run a job's trials on a cluster; each is told as soon as it is there.

    Args:
        opened: what ``session.open`` gave.
        session: whose workspace takes the artifacts.
        recipes: as the job names them.
        measuring: how the workers measure.
        tell: sends an event of the job.

    Raises:
        SettingsError: the extra is not installed, there is no cluster at the address, or it was lost.
        Cancelled: what finished was told.
    """
    begun: set[int] = set()

    def begin(index: int) -> None:
        if index not in begun:
            begun.add(index)
            tell(EventKind.TRIAL_STARTED, {"index": index, "recipe": recipes[index]})

    def hear(event: ClusterEvent) -> None:
        begin(event.index)
        if event.kind is EventKind.PARTIAL:
            tell(event.kind, {"index": event.index, **event.payload})

    def note(text: str) -> None:
        tell(EventKind.NOTE, {"text": text})

    reporter.status(f"Connecting to the cluster at {address}")
    made_here = opened.model.file_format in MADE_HERE
    baseline = session.baseline(reporter).sha256 if made_here else None
    folder = session.workspace / "cluster"
    folder.mkdir(exist_ok=True)
    engine = start_cluster(address, opened, baseline, measuring, folder, on_event=hear, on_note=note)
    try:
        for outcome in engine.outcomes([Recipe.from_dict(recipe) for recipe in recipes], _Words(reporter)):
            begin(outcome.index)
            tell(EventKind.TRIAL_FINISHED, _finished(outcome, recipes[outcome.index]))
    except Cancelled:  # leaving the cluster takes longer than a user wants to wait
        threading.Thread(target=engine.close, name="cluster-farewell", daemon=True).start()
        raise
    except BaseException:
        engine.close()
        raise
    engine.close()


class _Words:
    """The part of a reporter that stays one story while many trials run."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def status(self, text: str) -> None:
        self._reporter.status(text)

    def training(self, epoch: float, loss: float, accuracy: float | None) -> None:
        self._reporter.training(epoch, loss, accuracy)

    def progress(self, done: float, total: float) -> None:
        """Trials are counted as they come back."""

    def partial(self, measurement: Measurement) -> None:
        """Told with the trial's own number."""

    def checkpoint(self) -> None:
        self._reporter.checkpoint()


def _finished(outcome: TrialOutcome, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """As the engine tells of a trial of its own."""
    return {
        "index": outcome.index,
        "recipe": recipe,
        "state": outcome.state.value,
        "measurement": outcome.measurement.to_dict() if outcome.measurement is not None else None,
        "error": outcome.error.to_dict() if outcome.error is not None else None,
        "artifact": str(outcome.artifact) if outcome.artifact is not None else None,
        "sha256": outcome.sha256,
        "predictions": outcome.predictions.to_dict() if outcome.predictions is not None else None,
        "seconds": outcome.seconds,
    }
