"""The processor's energy counters, read from a made-up powercap tree: they come round, and may be forbidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnopt_gui.engine.measurement.energy import POWERCAP, EnergyMeter, per_image

LIMIT = 1_000_000


def domain(root: Path, name: str, title: str, microjoules: int) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{title}\n")
    (folder / "max_energy_range_uj").write_text(f"{LIMIT}\n")
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    return folder / "energy_uj"


def test_packages_are_added_up_and_a_counter_may_come_round(tmp_path: Path) -> None:
    first = domain(tmp_path, "intel-rapl:0", "package-0", 999_000)
    domain(tmp_path, "intel-rapl:0:0", "core", 5)  # a part of the package
    domain(tmp_path, "intel-rapl:1", "psys", 7)  # the whole machine: not the processor
    second = domain(tmp_path, "intel-rapl:2", "package-1", 10_000)
    meter = EnergyMeter.find(tmp_path)
    assert meter is not None
    assert meter.millijoules() == 0
    first.write_text("2000\n")  # 3,000 µJ on
    second.write_text("14500\n")
    assert meter.millijoules() == pytest.approx(7.5)
    second.write_text("15500\n")
    assert meter.millijoules() == pytest.approx(8.5)
    second.unlink()
    assert meter.millijoules() is None


def test_what_is_not_there_or_damaged_is_no_meter(tmp_path: Path) -> None:
    assert EnergyMeter.find(tmp_path / "nothing") is None
    domain(tmp_path, "intel-rapl:0", "package-0", 1).write_text("unreadable")
    assert EnergyMeter.find(tmp_path) is None


def test_energy_per_image_has_an_interval_or_is_absent() -> None:
    found = per_image([10.0, 12.0, 11.0, 11.0], 10, seed=0)
    assert found is not None
    assert found.value == pytest.approx(1.1)
    assert 1.0 <= found.low < 1.1 < found.high <= 1.2
    assert found.samples == 40
    assert per_image([], 10, seed=0) is None
    assert per_image([0.0, 0.0], 10, seed=0) is None  # a counter that stands still measures nothing


@pytest.mark.skipif(EnergyMeter.find() is None, reason=f"{POWERCAP} has no counter that may be read here")
def test_the_machine_itself_uses_energy() -> None:
    meter = EnergyMeter.find()
    assert meter is not None
    before = meter.millijoules()
    sum(i * i for i in range(3_000_000))
    after = meter.millijoules()
    assert before is not None and after is not None and after > before
