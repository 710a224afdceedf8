"""Pictures and tables of a plot, read back."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSplitter
from pytestqt.qtbot import QtBot

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE
from nnopt_gui.errors import ArtifactError
from nnopt_gui.gui.plots.exporters import csv_table, encode, image, pdf, png, svg
from nnopt_gui.gui.plots.front_picture import render_front_png
from nnopt_gui.gui.plots.plot_point import GhostPoint
from nnopt_gui.gui.plots.recording import Recorder, record
from nnopt_gui.gui.plots.tradeoff_plot import PlotPoint, TradeoffPlot
from nnopt_gui.gui.theme import Theme

POINTS = [
    PlotPoint(1, 0.3, 83.0, y_low=81.0, y_high=85.0, family="quantized", front=True, text="W2A8\nmore"),
    PlotPoint(2, 1.0, 91.0, family="pruned", text="=HYPERLINK(1)"),
]


@pytest.fixture
def plot(qtbot: QtBot) -> TradeoffPlot:
    widget = TradeoffPlot(Theme("light"))
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    widget.set_points(POINTS)
    widget.set_front([(0.3, 83.0), (1.0, 91.0)])
    return widget


def test_png_has_twice_the_pixels(plot: TradeoffPlot) -> None:
    image = QImage.fromData(png(record(plot)))
    assert (image.width(), image.height()) == (800, 600)
    assert len({image.pixel(x, y) for x in range(0, 800, 7) for y in range(0, 600, 7)}) > 5


def test_svg_is_xml_with_text_and_vectors(plot: TradeoffPlot) -> None:
    data = svg(record(plot))
    root = ElementTree.fromstring(data)
    assert root.get("viewBox") == "0 0 400 300"
    texts = {"".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert "Size on disk (MB)" in texts and "Quantised" in texts
    assert b"<image" not in data  # markers are paths, not pixels


def test_pdf_is_one_page_of_the_plots_size(plot: TradeoffPlot) -> None:
    data = pdf(record(plot))
    assert data.startswith(b"%PDF-") and b"/Count 1" in data
    assert re.search(rb"/MediaBox \[0 0 300(\.0+)? 225(\.0+)?\]", data)  # points: 72 to the inch, 96 px to the inch


def test_csv_has_units_intervals_and_no_formulas() -> None:
    rows = list(csv.reader(io.StringIO(csv_table(POINTS, SIZE, ACCURACY))))
    assert rows[0][4] == "size_bytes [MB]" and rows[0][7] == "accuracy [%]"
    assert rows[1][:11] == ["1", "quantized", "done", "1", "0.3", "", "", "83.0", "81.0", "85.0", "W2A8"]
    assert rows[2][10] == "'=HYPERLINK(1)"
    assert rows[0][11:] == ["tied", "pinned", "note"]


def test_csv_tells_published_results_from_trials_and_adds_the_second_axis() -> None:
    ghost = GhostPoint(0.2, 82.0, "ResNet-20, int8\nPublished elsewhere, not measured here\nSource: a paper")
    text = csv_table(POINTS, SIZE, ACCURACY, beside=LATENCY, points_beside=[PlotPoint(2, 0.4, 91.0)], ghosts=[ghost])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["latency_ms [ms]"] for row in rows] == ["", "0.4", ""]
    assert (rows[2]["trial"], rows[2]["state"], rows[2]["front"]) == ("", "published", "0")
    assert "Source: a paper" in rows[2]["note"]


def test_pictures_are_encoded_by_the_ending_of_their_file_in_any_thread(plot: TradeoffPlot, tmp_path: Path) -> None:
    recording = record(plot)
    with ThreadPoolExecutor(1) as elsewhere:
        for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.PDF", b"%PDF")):
            assert elsewhere.submit(encode, recording, Path(name)).result().startswith(start)
        with pytest.raises(ArtifactError, match="bmp"):
            elsewhere.submit(encode, recording, Path("a.bmp")).result()
    with pytest.raises(ArtifactError, match=r"a\.png could not be written"):
        render_front_png(POINTS, tmp_path / "absent" / "a.png")


def test_what_is_recorded_in_parts_looks_like_what_is_seen(qtbot: QtBot) -> None:
    both = QSplitter()
    qtbot.addWidget(both)
    for name in ("one", "other"):
        plot = TradeoffPlot(Theme("light"), both, object_name=name)
        plot.set_points(POINTS)
    both.resize(700, 300)
    both.show()
    seen = both.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    recorder = Recorder(both)
    with qtbot.waitSignal(recorder.recorded) as turns:
        pass
    (recording,) = turns.args
    assert len(recording.parts) == 3  # each plot, and what lies around them
    drawn = image(recording, 1).convertToFormat(QImage.Format.Format_RGB32)
    assert drawn.size() == seen.size()
    pixels = [np.frombuffer(i.constBits(), np.uint8).astype(int) for i in (seen, drawn)]
    assert np.mean(np.abs(pixels[0] - pixels[1]) > 40) < 0.002  # markers are drawn, not stamped


def test_an_export_leaves_the_plot_as_it_was(plot: TradeoffPlot) -> None:
    before = plot.grab().toImage()
    svg(record(plot))
    assert plot.grab().toImage() == before


def test_front_picture_in_a_running_application(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "front.png"
    render_front_png(POINTS, path, baseline=PlotPoint(0, 9.0, 93.0), title="Digits", dark=True, size=(500, 400))
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1000, 800)


def test_front_picture_in_a_process_without_display(tmp_path: Path) -> None:
    path = tmp_path / "front.png"
    code = (
        "import sys; from pathlib import Path\n"
        "from nnopt_gui.gui.plots.front_picture import render_front_png\n"
        "from nnopt_gui.gui.plots.plot_point import PlotPoint\n"
        "render_front_png([PlotPoint(1, 0.1, 97.0, family='quantized')], Path(sys.argv[1]), size=(480, 320))"
    )
    environment = {key: value for key, value in os.environ.items() if key not in ("QT_QPA_PLATFORM", "DISPLAY")}
    checkout = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=environment | {"PYTHONPATH": checkout},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert QImage(str(path)).width() == 960
