"""What the sliders say: the choices, the recipe they mean, and what it would cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from nnopt_gui.engine.bit_allocation import PredictedDrop
from nnopt_gui.engine.estimate import Prediction, estimate
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.recipe import (
    ACTIVATION_BITS,
    EPOCHS,
    PRUNE_AMOUNT,
    WEIGHT_BITS,
    Distill,
    FineTune,
    Method,
    PruneMethod,
    Recipe,
    Student,
)
from nnopt_gui.engine.size_budget import (
    BudgetStudy,
    fit_budget,
    largest_budget,
    predict_drop,
    smallest_budget,
    why_no_budget,
)
from nnopt_gui.errors import RecipeError
from nnopt_gui.gui.state.layer_overrides import Obstacle, Override, with_own
from nnopt_gui.gui.state.undo import Change

WEIGHT_STOPS: Final[tuple[int, ...]] = WEIGHT_BITS
ACTIVATION_STOPS: Final[tuple[int, ...]] = ACTIVATION_BITS
PRUNE_STOPS: Final[tuple[float, ...]] = (*(round(0.05 * i, 2) for i in range(20)), 0.97, PRUNE_AMOUNT[1])
EPOCH_STOPS: Final[tuple[int, ...]] = tuple(n for n in (0, 1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 100) if n <= EPOCHS[1])
STUDENT_EPOCHS: Final = 10  # a student starts from nothing


@dataclass(frozen=True)
class Choices:
    """The values of all controls. A switched-off step keeps its value for when it is switched on again."""

    quantize: bool = True
    weight_bits: int = 8
    activation_bits: int = 8
    prune: bool = False
    prune_amount: float = 0.3
    prune_kind: str = "channels"
    prune_method: PruneMethod = field(default_factory=PruneMethod)
    layer_amounts: tuple[tuple[str, float], ...] = ()
    student: str | None = None  # a rung of the ladder, as ``str(Student)``
    inherit: bool = True  # from the opened network's weights, where the student can
    fine_tune: bool = False
    epochs: int = 2
    distill: bool = True
    teaching: Distill = field(default_factory=Distill.usual)
    training: FineTune = field(default_factory=lambda: FineTune(0))  # its epochs are those of ``epochs``
    method: Method = field(default_factory=Method)
    layer_bits: tuple[tuple[str, int], ...] = ()
    size_budget: int = 0  # bytes, that layer_bits were shared out for; 0: none
    tuning_epochs: int = 0
    seed: int = 0

    @property
    def effective_weight_bits(self) -> int:
        return self.weight_bits if self.quantize else 32

    @property
    def effective_activation_bits(self) -> int:
        """Integer activations exist only beside weights of 8 bits or fewer."""
        return self.activation_bits if self.effective_weight_bits <= 8 else 32

    @property
    def chosen_student(self) -> Student | None:
        """The rung of the ladder that is chosen."""
        return parse_student(self.student).starting(self.inherit) if self.student else None

    def to_recipe(self) -> Recipe:
        """The recipe meant.

        Raises:
            RecipeError: the values contradict each other or are out of bounds.
        """
        return Recipe.build(
            weight_bits=self.effective_weight_bits,
            activation_bits=self.effective_activation_bits,
            prune=self.prune_amount if self.prune else 0.0,
            prune_kind=self.prune_kind,
            prune_method=self.prune_method,
            layer_amounts=dict(self.layer_amounts) if self.prune else None,
            student=self.chosen_student,
            epochs=self.epochs if self.fine_tune else 0,
            training=self.training,
            distill=self.teaching if self.distill else None,
            method=self.method,
            layer_bits=dict(self.layer_bits) if self.effective_weight_bits <= 8 else None,
            tuning_epochs=self.tuning_epochs if self.effective_weight_bits <= 8 else 0,
            seed=self.seed,
        )

    def with_recipe(self, recipe: Recipe) -> Choices:
        """These choices changed so that they mean ``recipe``."""
        values: dict[str, Any] = {
            "size_budget": 0,
            "quantize": recipe.quantize is not None,
            "prune": recipe.prune is not None,
            "student": str(recipe.student) if recipe.student else None,
            "fine_tune": recipe.fine_tune is not None,
            "distill": recipe.distill is not None if recipe.fine_tune else self.distill,
            "seed": recipe.seed,
        }
        if recipe.student and recipe.student.can_inherit:
            values["inherit"] = recipe.student.inherit
        if recipe.quantize:
            values |= {item.name: getattr(recipe.quantize, item.name) for item in fields(recipe.quantize)}
        if recipe.prune:
            step = recipe.prune
            values |= {"prune_amount": step.amount, "prune_kind": step.kind}
            values |= {"prune_method": step.method, "layer_amounts": step.layer_amounts}
        if recipe.fine_tune:
            values["epochs"] = recipe.fine_tune.epochs
            values["training"] = replace(recipe.fine_tune, epochs=0)
        if recipe.distill:
            values["teaching"] = recipe.distill
        return replace(self, **values)


def parse_student(name: str) -> Student:
    """The inverse of ``str(student)``: ``0.5×``, ``lenet5`` or ``lenet5 0.5×``.

    Raises:
        RecipeError: the text is none of these.
    """
    return Student.parse(name.replace("×", "x").replace(" ", ":"))


class RecipeState(QObject):
    """Owner of the choices. Every change by hand goes through :meth:`change` and can be undone."""

    recipe_changed = Signal()  # choices, recipe, prediction or profile differ
    profile_changed = Signal()  # another network or another ladder of students

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._undo = undo_stack
        self._choices = Choices()
        self._profile: ModelProfile | None = None
        self._students: dict[str, ModelProfile] = {}
        self._recipe: Recipe | None = None
        self._prediction: Prediction | None = None
        self._problem: RecipeError | None = None
        self._budget_study: BudgetStudy | None = None
        self._update()

    # -- what is asked ----------------------------------------------------------------------------------------

    @property
    def choices(self) -> Choices:
        return self._choices

    @property
    def profile(self) -> ModelProfile | None:
        return self._profile

    @property
    def students(self) -> Mapping[str, ModelProfile]:
        return self._students

    @property
    def recipe(self) -> Recipe | None:
        """None while the choices contradict each other; :attr:`problem` says how."""
        return self._recipe

    @property
    def problem(self) -> RecipeError | None:
        return self._problem

    @property
    def prediction(self) -> Prediction | None:
        """None without a network, or for a student whose profile is not known yet."""
        return self._prediction

    # -- the size budget --------------------------------------------------------------------------------------

    @property
    def budget_study(self) -> BudgetStudy | None:
        """How sensitive the open network's layers are; None until it was measured."""
        return self._budget_study

    @property
    def budget_problem(self) -> RecipeError | None:
        """Why the choices cannot be fitted to a budget."""
        return self._problem or (why_no_budget(self._recipe) if self._recipe is not None else None)

    @property
    def budget_bounds(self) -> tuple[int, int] | None:
        """Bytes of the smallest and the largest file that a budget gives; None while there can be none."""
        study, profile, recipe = self._budget_study, self._profile, self._recipe
        if study is None or profile is None or recipe is None or self.budget_problem is not None:
            return None
        if not self._choices.quantize or self._choices.weight_bits > 8:
            return None
        return smallest_budget(study, profile, recipe), largest_budget(study, profile, recipe)

    @property
    def predicted_drop(self) -> PredictedDrop | None:
        """The accuracy that the recipe will cost on the selection images, where the study says it."""
        study, profile, recipe = self._budget_study, self._profile, self._recipe
        if study is None or profile is None or recipe is None:
            return None
        return predict_drop(study, profile, recipe, study.images + study.held_out)

    def set_budget_study(self, study: BudgetStudy) -> None:
        """The open network's sensitivity was measured."""
        self._budget_study = study
        self.recipe_changed.emit()

    def choose_budget(self, size_bytes: int) -> None:
        """Share so many bytes out among the layers, as one undoable step; moves of the budget merge.

        Raises:
            ValueError: there are no :attr:`budget_bounds` or they do not contain it.
        """
        bounds = self.budget_bounds
        if bounds is None or not bounds[0] <= size_bytes <= bounds[1]:
            raise ValueError(f"a budget of {size_bytes} bytes outside {bounds}")
        assert self._budget_study is not None  # there are bounds
        assert self._profile is not None
        assert self._recipe is not None
        quantize = fit_budget(self._budget_study, self._profile, self._recipe, size_bytes).recipe.quantize
        assert quantize is not None
        after = replace(
            self._choices,
            weight_bits=quantize.weight_bits,
            layer_bits=quantize.layer_bits,
            size_budget=size_bytes,
        )
        if after != self._choices:
            self._undo.push(Change(self.tr("change of the recipe"), self._choices, after, self._apply, "budget"))

    # -- what changes it --------------------------------------------------------------------------------------

    def change(self, **values: Any) -> None:
        """Set some choices as one undoable step; repeated changes of the same control merge."""
        if values.get("student") and not (self._choices.fine_tune and self._choices.epochs):
            values |= {"fine_tune": True, "epochs": STUDENT_EPOCHS}  # a student has to be trained
        after = replace(self._choices, **values)
        if after == self._choices:
            return
        key = ",".join(sorted(values))
        self._undo.push(Change(self.tr("change of the recipe"), self._choices, after, self._apply, key))

    def change_teaching(self, **values: Any) -> None:
        """Set something of the distillation."""
        self.change(teaching=replace(self._choices.teaching, **values))

    def choose_prune_kind(self, kind: str) -> None:
        """Another kind of pruning; what the method says only about the former kind is put back to its default."""
        method = _method_for(kind, self._choices.prune_method)
        self.change(prune_kind=kind, prune_method=method, layer_amounts=(), prune=True)

    def choose_weight_bits(self, bits: int) -> None:
        """So many bits for all layers; what a budget shared out is over, single layers keep their own."""
        own = () if self.bits_shared_out else self._choices.layer_bits
        self.change(weight_bits=bits, quantize=True, layer_bits=own, size_budget=0)

    # -- single layers ----------------------------------------------------------------------------------------

    @property
    def network(self) -> ModelProfile | None:
        """What the recipe is applied to: the opened network or the chosen student; None where it is not known."""
        return self._students.get(self._choices.student) if self._choices.student else self._profile

    @property
    def bits_shared_out(self) -> bool:
        """Whether every layer has bits of its own, as a budget gives them."""
        network, own = self.network, self._choices.layer_bits
        return self._choices.size_budget > 0 or (network is not None and 0 < len(network.layers) <= len(own))

    @property
    def bits_obstacle(self) -> Obstacle | None:
        """Why layers cannot have bits of their own."""
        return Obstacle.NOT_QUANTIZED if self._choices.effective_weight_bits > 8 else None

    @property
    def amounts_obstacle(self) -> Obstacle | None:
        """Why layers cannot have pruning amounts of their own."""
        return None if self._choices.prune_kind in ("channels", "weights") else Obstacle.KIND_OF_PRUNING

    def own_of(self, name: str) -> Override:
        """What is asked of a layer itself, whether or not the step is switched on."""
        return Override(dict(self._choices.layer_bits).get(name), dict(self._choices.layer_amounts).get(name))

    def override_bits(self, names: Collection[str], bits: int | None) -> None:
        """Give layers bits of their own, or take them back (None), as one undoable step."""
        self._override(layer_bits=with_own(self._choices.layer_bits, names, bits), size_budget=0)

    def override_amounts(self, names: Collection[str], amount: float | None) -> None:
        """Prune layers by a share of their own, or as all others (None), as one undoable step.

        While nothing is pruned, only they are.
        """
        values: dict[str, Any] = {"layer_amounts": with_own(self._choices.layer_amounts, names, amount)}
        if amount and not self._choices.prune:
            values |= {"prune": True, "prune_amount": 0.0}
        self._override(**values)

    def override_layers(self, names: Collection[str], wanted: Override) -> None:
        """Both at once."""
        self._override(
            layer_bits=with_own(self._choices.layer_bits, names, wanted.bits),
            layer_amounts=with_own(self._choices.layer_amounts, names, wanted.amount),
            size_budget=0,
        )

    def forget_overrides(self) -> None:
        """All layers as the sliders say, as one undoable step."""
        self._override(layer_bits=(), layer_amounts=(), size_budget=0)

    def _override(self, **values: Any) -> None:
        after = replace(self._choices, **values)
        if after != self._choices:
            self._undo.push(Change(self.tr("change of single layers"), self._choices, after, self._apply))

    # -- from outside -----------------------------------------------------------------------------------------

    def load(self, recipe: Recipe) -> None:
        """Put a trial's recipe on the sliders, as one undoable step."""
        after = self._choices.with_recipe(recipe)
        if after != self._choices:
            self._undo.push(Change(self.tr("recipe to sliders"), self._choices, after, self._apply))

    def set_profile(self, profile: ModelProfile | None, students: Mapping[str, ModelProfile] | None = None) -> None:
        """Another network was opened (or none); what it cannot do is switched off, without an undo step."""
        if profile is not self._profile:
            self._budget_study = None
            layers = {layer.name for layer in profile.layers} if profile is not None else set()
            named = {name for name, _ in (*self._choices.layer_bits, *self._choices.layer_amounts)}
            if not named <= layers:
                self._choices = replace(self._choices, layer_bits=(), layer_amounts=(), size_budget=0)
        self._profile = profile
        self._students = dict(students or {})
        if profile is not None and not profile.trainable:
            method = _method_for("weights", self._choices.prune_method)
            self._choices = replace(
                self._choices, fine_tune=False, student=None, prune_kind="weights", prune_method=method
            )
        elif self._choices.student and self._students and self._choices.student not in self._students:
            self._choices = replace(self._choices, student=None)
        self._update()
        self.profile_changed.emit()
        self.recipe_changed.emit()

    def _apply(self, choices: Choices) -> None:
        self._choices = choices
        self._update()
        self.recipe_changed.emit()

    def _update(self) -> None:
        self._recipe = self._prediction = self._problem = None
        try:
            self._recipe = self._choices.to_recipe()
            self._prediction = self._estimate(self._recipe)
        except RecipeError as error:  # contradictory, or this network cannot do it
            self._recipe, self._problem = None, error

    def _estimate(self, recipe: Recipe) -> Prediction | None:
        if self._profile is None or (recipe.student is not None and str(recipe.student) not in self._students):
            return None
        return estimate(self._profile, recipe, self._students)


def _method_for(kind: str, method: PruneMethod) -> PruneMethod:
    usual = PruneMethod()
    if kind == "weights":
        target = method.target if method.target in ("count", "bytes") else usual.target
        return replace(method, target=target, widths=usual.widths)
    return replace(method, pattern=usual.pattern)
