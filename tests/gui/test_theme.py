"""Palettes, contrasts, icons and the switch between looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree

import pytest
import shiboken6
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from nnopt_gui.gui.theme import DARK, LIGHT, Colours, Theme, app_icon, palette, style_sheet, tinted_icon
from nnopt_gui.resource_files import resource_path

ASKED_FOR = """
    open data run sweep search compare save report pause stop cancel undo redo demo pin star warning error info
    close settings theme language zoom-fit log copy folder chip"""
ICONS = sorted(path.stem for path in resource_path("icons").glob("*.svg"))
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The application, undressed again afterwards."""
    before, style = qapp.palette(), qapp.style().objectName()
    yield qapp
    qapp.setStyleSheet("")
    qapp.setPalette(before)
    qapp.setStyle(style)


def ink(image: QImage) -> set[str]:
    """The colours of an image's opaque pixels."""
    pixels = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return {image.pixelColor(x, y).name() for x, y in pixels if image.pixelColor(x, y).alpha() == 255}


@BOTH
def test_texts_have_a_contrast_of_4_5(colours: Colours) -> None:
    for text in ("text", "muted", "link", "warning", "error", "success", "info"):
        for ground in ("window", "base", "card"):
            assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5, (text, ground)
    assert contrast(colours.highlighted_text, colours.highlight) >= 4.5


@BOTH
def test_marks_have_a_contrast_of_3(colours: Colours) -> None:
    marks = [
        colours.axis,
        colours.front,
        colours.original,
        colours.budget,
        colours.prediction,
        colours.selection,
        colours.outline,
    ]
    for mark in [*marks, *(marker.colour for marker in colours.families.values())]:
        assert contrast(mark, colours.plot_background) >= 3, mark


@BOTH
def test_every_family_has_a_colour_and_a_shape_of_its_own(colours: Colours) -> None:
    assert set(colours.families) == {"original", "quantized", "pruned", "distilled", "combined"}
    assert len({marker.symbol for marker in colours.families.values()}) == 5
    assert len({marker.colour for marker in colours.families.values()}) == 5
    assert colours.marker("unheard of").symbol == "star"


@BOTH
def test_palettes_are_complete(colours: Colours) -> None:
    result = palette(colours)
    roles = [role for role in QPalette.ColorRole if role.name not in ("NoRole", "NColorRoles")]
    assert all(result.isBrushSet(QPalette.ColorGroup.Active, role) for role in roles)
    disabled = result.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled != result.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text)


@BOTH
def test_the_style_sheet_names_only_colours_that_exist(colours: Colours) -> None:
    text = style_sheet(colours)
    assert "$" not in text
    for picture in re.findall(r'url\("([^"]+)"\)', text):
        assert Path(picture).is_file()
    known = {getattr(colours, f.name) for f in fields(colours) if f.name != "families"}
    assert set(re.findall(r"#[0-9a-f]{6}\b", text)) <= known


def test_every_icon_that_was_asked_for_is_there() -> None:
    assert set(ASKED_FOR.split()) <= set(ICONS)
    assert resource_path("icons/LICENSE.md").is_file()


@pytest.mark.parametrize("name", [icon for icon in ICONS if icon != "app"])
def test_icons_are_simple_tintable_svg(name: str, qapp: QApplication) -> None:
    root = ElementTree.fromstring(resource_path(f"icons/{name}.svg").read_text())
    assert root.get("viewBox") == "0 0 24 24" and root.get("stroke") == "currentColor"
    for size in (16, 48):
        image = tinted_icon(name, LIGHT).pixmap(QSize(size, size)).toImage()
        assert (image.width() == size and ink(image) | {LIGHT.text} == ink(image)) or size == 16
        assert any(image.pixelColor(x, y).alpha() > 100 for x in range(size) for y in range(size)), "empty"


def test_an_icon_takes_the_looks_colour(qapp: QApplication) -> None:
    assert ink(tinted_icon("stop", DARK, "#ff0000").pixmap(QSize(48, 48)).toImage()) == {"#ff0000"}


def test_an_unknown_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        Theme("light").icon("no-such-icon")


def test_the_app_icon_is_drawn(qapp: QApplication) -> None:
    assert not app_icon().pixmap(QSize(64, 64)).isNull()
    assert Theme("light").icon("app").pixmap(QSize(64, 64)).toImage() == app_icon().pixmap(QSize(64, 64)).toImage()


def test_switching_dresses_the_application_and_tells_once(dressed: QApplication, qtbot: QtBot) -> None:
    theme = Theme("light")
    theme.apply(dressed)
    assert dressed.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.window)
    assert dressed.style().objectName() in ("fusion", "")
    with qtbot.waitSignal(theme.changed):
        theme.set_mode("dark")
    assert theme.dark and theme.colours is DARK
    assert dressed.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode("dark")
    with pytest.raises(ValueError, match="pink"):
        theme.set_mode("pink")  # type: ignore[arg-type]


def test_system_means_light_where_the_system_does_not_say(qapp: QApplication) -> None:
    theme = Theme("system")
    assert theme.mode == "system" and not theme.dark  # the offscreen platform reports nothing


def test_bound_icons_follow_the_look_and_dead_targets_are_forgotten(qtbot: QtBot) -> None:
    theme = Theme("light")
    button, action = QPushButton(), QAction("run")
    qtbot.addWidget(button)
    gone = QPushButton()
    for target in (button, action, gone):
        theme.bind_icon(target, "stop")
    shiboken6.delete(gone)
    theme.set_mode("dark")
    for target in (button, action):
        assert ink(target.icon().pixmap(QSize(48, 48)).toImage()) == {DARK.text}
    theme.bind_icon(button, "run", "accent")
    assert len(theme._bound) == 2
