"""What is open: a model, its data, and everything that was made of the two so far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.measurement.artifact_measurement import BaselineRun
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.networks.model_file import OpenedModel
from nnopt_gui.engine.preprocessing_choice import Suggestion
from nnopt_gui.engine.profile import DataProfile, ModelProfile
from nnopt_gui.engine.size_budget import BudgetStudy
from nnopt_gui.engine.sources import DataSource, ModelSource, Preprocessing
from nnopt_gui.engine.stages import Stages
from nnopt_gui.engine.statistics.predictions import TrialPredictions


@dataclass(frozen=True)
class Opened:
    """What an opened model and data set look like from outside. ``data_source`` has the preprocessing nailed down."""

    model: ModelProfile
    data: DataProfile | None
    model_source: ModelSource
    data_source: DataSource | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """The untouched network as a float32 file. ``suggestion`` is set when another preprocessing scores better."""

    measurement: Measurement
    artifact: Path
    sha256: str
    suggestion: dict[str, Any] | None = None
    predictions: TrialPredictions | None = None  # of the selection images; None without data


@dataclass
class OpenPair:
    """Everything in memory for one (model, data) pair."""

    key: tuple[Any, ...]
    public: Opened
    model: OpenedModel
    data: OpenedData | None
    preprocessing: Preprocessing | None
    stages: Stages
    suggestion: Suggestion | None
    baseline: Baseline | None = None
    run: BaselineRun | None = None  # what the paired comparisons need of it
    students: dict[str, ModelProfile] | None = None
    budget: BudgetStudy | None = None

    @property
    def nailed(self) -> tuple[ModelSource, DataSource | None]:
        """The sources with the chosen preprocessing: asking for them opens nothing new."""
        return self.model.source, self.public.data_source
