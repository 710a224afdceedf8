"""``--size-budget``: bits for every layer so that the file fits, what that will cost, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from nnopt_gui.cli.output import ConsoleReporter, print_text
from nnopt_gui.cli.study_run import StudyRun
from nnopt_gui.engine.bit_allocation import PairedOutcome
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.recipe import Method, Recipe
from nnopt_gui.engine.size_budget import BudgetFit, BudgetStudy, check_budget, fit_budget
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import RecipeError

_ATTEMPTS: Final = 4


@dataclass(frozen=True)
class BudgetRun:
    """A trial within a budget, and how its prediction fared on the images that it was not learnt from."""

    budget_bytes: int
    study: BudgetStudy
    fit: BudgetFit
    trial: Trial
    outcome: PairedOutcome | None
    attempts: int

    @property
    def inside(self) -> bool | None:
        """Whether the measured drop lies in the predicted band; None where one of them is unknown."""
        predicted, outcome = self.fit.predicted, self.outcome
        if predicted is None or outcome is None:
            return None
        return predicted.low <= outcome.drop <= predicted.high

    def to_json(self) -> dict[str, Any]:
        """Drops are fractions, as elsewhere."""
        predicted, quantize = self.fit.predicted, self.fit.recipe.quantize
        return {
            "budget_bytes": self.budget_bytes,
            "trial": self.trial.number,
            "layer_bits": dict(quantize.layer_bits) if quantize else {},
            "predicted_size_bytes": self.fit.size_bytes,
            "size_bytes": self.trial.measurement.size_bytes if self.trial.measurement else None,
            "attempts": self.attempts,
            "predicted_drop": None
            if predicted is None
            else {
                "value": predicted.expected / 100,
                "low": predicted.low / 100,
                "high": predicted.high / 100,
                "coverage": predicted.coverage,
                "learnt_from_images": self.study.images,
            },
            "measured_drop": None
            if self.outcome is None
            else {"value": self.outcome.drop / 100, "held_out_images": self.outcome.images},
            "inside": self.inside,
        }

    def sentence(self) -> str:
        """Predicted and measured drop, in percentage points."""
        text = f"Budget {self.budget_bytes:,} bytes"
        if self.trial.measurement is not None:
            text += f", file {self.trial.measurement.size_bytes:,} bytes"
        predicted, outcome = self.fit.predicted, self.outcome
        if predicted is not None:
            text += f"; predicted drop {_band(self.fit)}"
        if outcome is not None:
            text += f"; measured {outcome.drop:.2f} pp on {outcome.images:,} images the prediction was not learnt from"
        return text + ("." if self.inside is None else ": inside." if self.inside else ": outside.")


def _band(fit: BudgetFit) -> str:
    drop = fit.predicted
    assert drop is not None
    return f"{drop.expected:.2f} pp [{drop.low:.2f}, {drop.high:.2f}] ({drop.coverage:.0%})"


def run_within(
    session: Session, study: StudyRun, base: Recipe, budget_bytes: int, reporter: ConsoleReporter
) -> BudgetRun:
    """Share the bytes out, run the recipe, and check the file and the prediction; again with less if it is too large.

    Raises:
        RecipeError: the budget is too small, or the recipe changes the network.
    """
    profile = session.opened.model
    check_budget(profile, base, budget_bytes)
    sensitivity = session.sensitivity(reporter)
    goal = budget_bytes
    for attempt in range(1, _ATTEMPTS + 1):
        fit = fit_budget(sensitivity, profile, base, goal, sensitivity.held_out)
        if fit.predicted is not None:
            reporter.say(f"{fit.recipe.label}: predicted drop {_band(fit)}{_caveat(base)}")
        trial = study.run(fit.recipe)
        if trial.state is not TrialState.DONE or trial.measurement is None:
            return BudgetRun(budget_bytes, sensitivity, fit, trial, None, attempt)
        over = trial.measurement.size_bytes - budget_bytes
        if over <= 0:
            outcome = session.held_out_outcome(study.artifact(trial), reporter)
            return BudgetRun(budget_bytes, sensitivity, fit, trial, outcome, attempt)
        reporter.say(f"  The file is {over:,} bytes too large: sharing out again with less.")
        goal = fit.size_bytes - over  # the estimate is that far off: the same bits are not chosen again
    raise RecipeError(f"No file of at most {budget_bytes:,} bytes was found.", "Raise the budget a little.")


def _caveat(base: Recipe) -> str:
    """What the prediction was not learnt with."""
    method = base.quantize.method if base.quantize else Method()
    tuned = base.quantize is not None and base.quantize.tuning_epochs > 0
    words = []
    if base.quantize is not None and base.activation_bits < 8:
        words.append("8-bit activations")
    if tuned or method.effort != "fast":
        words.append("no tuning")
    return f", learnt with {' and '.join(words)}" if words else ""


def print_budgets(runs: list[BudgetRun]) -> None:
    """One line for every budget."""
    for run in runs:
        print_text(run.sentence())
