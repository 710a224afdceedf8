"""Published results: what is read, what is refused, and for whom they are."""

import json

import pytest

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE
from nnopt_gui.engine.study.published import published_json, read_published
from nnopt_gui.errors import DataError
from nnopt_gui.resource_files import resource_path


def test_csv_and_json_say_the_same(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("label,network,accuracy,size_bytes\nint8,resnet-20,81.2,369279\n,,70.5,1000\n", "utf-8-sig")
    first, second = read_published(table)
    assert (first.value(ACCURACY), first.value(SIZE), first.value(LATENCY)) == (81.2, 0.369279, None)
    assert first.source == "a.csv" and second.label == "2"
    assert first.fits("ResNet20", "anything") and not first.fits("resnet56", "") and second.fits("x", "y")
    again = tmp_path / "b.json"
    again.write_text(published_json([first, second]), "utf-8")
    assert read_published(again) == (first, second)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accuracy,size_bytes\n0.81,1000\n", "accuracy is '0.81'"),
        ("accuracy,size_bytes\n81,nan\n", "size_bytes is 'nan'"),
        ("accuracy,latency_ms\n81,3\n", "fewer than two numbers"),
        ("accuracy,size_bytes\n", "holds 0 results"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, text, said):
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match=said):
        read_published(path)


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"{", b"[1, 2]", b"[" * 100_000, b"1" * 1_000_002])
def test_rubbish_is_refused(tmp_path, raw):
    path = tmp_path / "a.json"
    path.write_bytes(raw)
    with pytest.raises(DataError):
        read_published(path)
    with pytest.raises(DataError, match="could not be read"):
        read_published(tmp_path)


def test_the_programs_own_name_their_source_and_network():
    results = read_published(resource_path("published/results.json"))
    assert all(result.source and result.network and result.data and result.conditions for result in results)
    raw = json.loads(resource_path("published/results.json").read_text("utf-8"))["results"]
    assert not any("latency" in key for row in raw for key in row)  # it compares on one machine only
