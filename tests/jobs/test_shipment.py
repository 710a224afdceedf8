"""Files for other machines: named by content, whole or not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nnopt_gui.errors import DataError
from nnopt_gui.jobs.shipment import PART_BYTES, Shipment, ShipmentStore, ShippedFile, parts_of, shipment_of


def elsewhere(shipment: Shipment) -> Shipment:
    """As a machine sees it that has not got these paths."""
    return replace(shipment, folder="/nowhere/at/all")


def copy(shipment: Shipment, store: ShipmentStore, source: Path) -> None:
    for name in store.missing(shipment):
        offset = 0
        for part in parts_of(source / name):
            store.receive(shipment, name, offset, part)
            offset += len(part)


@pytest.mark.parametrize("location", ["demo", "digits", "network:mnist_cnn", "torchvision:resnet18", "absent.npz"])
def test_names_that_are_no_files_need_nothing(location):
    assert shipment_of(location) is None


def test_a_weights_file_brings_its_card_and_arrives_the_same(tmp_path):
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    content = bytes(range(256)) * (PART_BYTES // 256) + b"and a second part"
    (home / "net.safetensors").write_bytes(content)
    (home / "net.json").write_text("{}")
    (home / "other.json").write_text("{}")
    shipment = shipment_of(str(home / "net.safetensors"))
    assert [file.name for file in shipment.files] == ["net.json", "net.safetensors"]
    assert Shipment.from_dict(shipment.to_dict()) == shipment

    store, wanted = ShipmentStore(away), elsewhere(shipment)
    assert store.find(wanted) is None
    copy(wanted, store, home)
    place = Path(store.find(wanted))
    assert place == away / shipment.sha256 / "net.safetensors"
    assert place.read_bytes() == content
    assert place.with_name("net.json").read_text() == "{}"
    assert not list(away.rglob("*.part"))


def test_a_machine_that_has_the_same_under_the_same_path_uses_it(tmp_path):
    folder = tmp_path / "cifar"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "batch").write_bytes(b"12345")
    (folder / ".hidden").write_bytes(b"")
    shipment = shipment_of(f"cifar10:{folder}")
    assert [file.name for file in shipment.files] == ["sub/batch"]
    store = ShipmentStore(tmp_path / "away")
    assert store.find(shipment) == f"cifar10:{folder}"
    (folder / "sub" / "batch").write_bytes(b"54321")
    assert store.find(shipment) is None
    assert shipment_of(f"cifar10:{folder}").sha256 != shipment.sha256


def test_a_factory_stands_behind_its_file(tmp_path):
    code = tmp_path / "net.py"
    code.write_text("def make(): ...")
    shipment = shipment_of(f"{code}:make")
    store, wanted = ShipmentStore(tmp_path / "away"), elsewhere(shipment)
    copy(wanted, store, tmp_path)
    assert store.find(wanted) == f"{tmp_path / 'away' / shipment.sha256 / 'net.py'}:make"


def test_what_is_damaged_on_the_way_never_appears(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"right")
    wanted = elsewhere(shipment_of(str(tmp_path / "net.onnx")))
    store = ShipmentStore(tmp_path / "away")
    with pytest.raises(DataError, match="damaged"):
        store.receive(wanted, "net.onnx", 0, b"wrong")
    assert store.find(wanted) is None
    store.receive(wanted, "net.onnx", 0, b"ri")  # cut off, and begun again
    assert store.find(wanted) is None
    copy(wanted, store, tmp_path)
    assert Path(store.find(wanted)).read_bytes() == b"right"


def test_no_file_is_put_outside_the_store(tmp_path):
    wanted = Shipment("x", "", "", "/nowhere", "x", (ShippedFile("../../x", 1, "0" * 64),))
    with pytest.raises(DataError, match="points out"):
        ShipmentStore(tmp_path / "away").receive(wanted, "../../x", 0, b"x")
    assert not list(tmp_path.rglob("x"))
