"""A training that was interrupted anywhere ends in the very bytes of one that was not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.data.preprocessing import default_preprocessing
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.recipe import Distill, FineTune
from nnopt_gui.engine.sources import DataSource
from nnopt_gui.engine.training.checkpoint import read_checkpoint
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import TrainingResult, train


class CancelAt(SilentReporter):
    """Cancels at the given checkpoint; counts them."""

    def __init__(self, moment: int | None = None) -> None:
        self.moment, self.count = moment, 0

    def checkpoint(self) -> None:
        self.count += 1
        if self.count == self.moment:
            raise Cancelled


def _network() -> nn.Module:
    """With everything that has a state: batch norm, dropout, weights."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.3), nn.Conv2d(6, 8, 3, stride=2),
        nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(72, 10),
    ).eval()  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> OpenedData:
    return open_data(DataSource("digits"), SilentReporter())


def _few(data: OpenedData) -> Subset:
    split = data.split("train")
    return split.take(split.stratified_order(0)[:97])


HOWS = {
    "plain": (FineTune(3, batch_size=32), None),
    "everything": (
        FineTune(3, None, 32, "adamw", 0.1, 0.2, 0.9, "standard", "best", 5, True),
        Distill(2.0, 0.5, features=1.0, attention=1.0),
    ),
    "remembering": (FineTune(3, batch_size=32, augmentation="none"), Distill()),
    "self": (FineTune(3, batch_size=32), Distill(2.0, 0.8, teacher="self")),
}


def _run(
    data: OpenedData, kind: str, reporter: SilentReporter, folder: Path | None, save_every_s: float | None = None
) -> TrainingResult:
    how, distill = HOWS[kind]
    taught = distill is not None and distill.teacher != "self"
    teacher = Teacher.of(build(Architecture("digits_cnn", 10, 1, (8, 8)), seed=1)) if taught else None
    split = data.split("selection")
    return train(
        _network(), _few(data), default_preprocessing(data, 1, (8, 8)), how, seed=3, reporter=reporter,
        from_scratch=True, teacher=teacher, distill=distill, selection=split.take(split.stratified_order(0)[:64]),
        checkpoints=folder, save_every_s=save_every_s,
    )  # fmt: skip


def _same(a: nn.Module, b: nn.Module) -> bool:
    mine, theirs = a.state_dict(), b.state_dict()
    return all(mine[key].numpy().tobytes() == theirs[key].numpy().tobytes() for key in mine)


@pytest.mark.parametrize("kind", HOWS)
def test_cancelled_anywhere_and_resumed(digits: OpenedData, tmp_path: Path, kind: str) -> None:
    counter = CancelAt()
    whole = _run(digits, kind, counter, None)
    for share in (0.7, 0.995) if kind == "everything" else (0.02, 0.37, 0.6, 0.83, 0.995):  # the rate test takes long
        with pytest.raises(Cancelled):
            _run(digits, kind, CancelAt(round(share * counter.count)), tmp_path)
        resumed = _run(digits, kind, CancelAt(), tmp_path)
        assert _same(whole.network, resumed.network), share
        assert (resumed.loss, resumed.accuracy, resumed.learning_rate) == (
            whole.loss,
            whole.accuracy,
            whole.learning_rate,
        )
        assert (resumed.selection_accuracy, resumed.best_epoch) == (whole.selection_accuracy, whole.best_epoch)
        assert not list(tmp_path.iterdir())  # finished: nothing is left behind


def test_cancelled_many_times(digits: OpenedData, tmp_path: Path) -> None:
    whole = _run(digits, "plain", CancelAt(), None)
    cancelled = 0
    while True:
        try:
            resumed = _run(digits, "plain", CancelAt(22), tmp_path)
            break
        except Cancelled:
            cancelled += 1
    assert cancelled >= 3
    assert _same(whole.network, resumed.network)


def test_killed_after_a_periodic_save(digits: OpenedData, tmp_path: Path) -> None:
    """A crash raises what nobody catches: the last periodic checkpoint is what remains."""

    class Crash(CancelAt):
        def checkpoint(self) -> None:
            self.count += 1
            if self.count == self.moment:
                raise MemoryError

    counter = CancelAt()
    whole = _run(digits, "plain", counter, None)
    with pytest.raises(MemoryError):
        _run(digits, "plain", Crash(round(0.7 * counter.count)), tmp_path, save_every_s=0)
    (file,) = tmp_path.iterdir()
    state = read_checkpoint(file)
    assert state is not None
    assert state["place"]["step"] > 4
    assert _same(whole.network, _run(digits, "plain", CancelAt(), tmp_path).network)


def test_a_cancelled_training_leaves_its_best_state(digits: OpenedData, tmp_path: Path) -> None:
    counter = CancelAt()
    _run(digits, "everything", counter, None)
    with pytest.raises(Cancelled):
        _run(digits, "everything", CancelAt(round(0.995 * counter.count)), tmp_path)
    (file,) = tmp_path.iterdir()
    state = read_checkpoint(file)
    assert state is not None
    network = _network()
    network.load_state_dict(state["best"])
    assert state["place"]["best_accuracy"] > 0


@pytest.mark.parametrize("damage", ["truncated", "foreign", "text"])
def test_a_useless_checkpoint_is_not_used(digits: OpenedData, tmp_path: Path, damage: str) -> None:
    counter = CancelAt()
    whole = _run(digits, "plain", counter, None)
    with pytest.raises(Cancelled):
        _run(digits, "plain", CancelAt(counter.count // 2), tmp_path)
    (file,) = tmp_path.iterdir()
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:-100])
    elif damage == "foreign":
        state = torch.load(file, weights_only=True)
        torch.save({**state, "identity": "another"}, file)
    else:
        file.write_text("not a checkpoint")
    assert _same(whole.network, _run(digits, "plain", CancelAt(), tmp_path).network)


def test_other_settings_start_anew(digits: OpenedData, tmp_path: Path) -> None:
    counter = CancelAt()
    _run(digits, "plain", counter, None)
    with pytest.raises(Cancelled):
        _run(digits, "plain", CancelAt(counter.count // 2), tmp_path)
    whole = _run(digits, "self", CancelAt(), None)
    assert _same(whole.network, _run(digits, "self", CancelAt(), tmp_path).network)
    assert len(list(tmp_path.iterdir())) == 1  # the other's checkpoint still waits
