"""Light, dark and system looks: Fusion with our own palettes, tinted SVG icons, and the plots' colours as data.

A :class:`Theme` is made by the composition root and passed to those who need it. Building one changes nothing;
:meth:`Theme.apply` dresses the application. ``QStyleHints.setColorScheme`` does nothing offscreen and on bare X, so
both palettes are complete (the 3-D roles too) and the system is only *asked* which one it prefers.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, fields
from string import Template
from types import MappingProxyType
from typing import Final, Literal, cast

import shiboken6
from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QStyleFactory

from nnopt_gui.resource_files import resource_path

ThemeMode = Literal["light", "dark", "system"]
THEME_MODES: Final[tuple[ThemeMode, ...]] = ("light", "dark", "system")
ICON_SIZES: Final = (16, 20, 24, 32, 48, 64)  # px; Qt picks or scales for the screen's density

Symbol = Literal["o", "t", "s", "d", "star", "p"]  # pyqtgraph's names: circle, triangle down, square, diamond, …


@dataclass(frozen=True)
class Marker:
    """How one category is drawn: always a colour *and* a shape."""

    colour: str
    symbol: Symbol


@dataclass(frozen=True)
class Colours:
    """Every colour of one look as ``#rrggbb``; markers have a contrast of at least 3:1 to ``plot_background``."""

    window: str
    base: str
    alternate: str
    button: str
    text: str
    muted: str
    disabled: str
    border: str
    outline: str  # of check boxes and fields: at least 3:1
    accent: str
    highlight: str
    highlighted_text: str
    link: str
    info: str
    warning: str
    error: str
    success: str
    plot_background: str
    axis: str
    grid: str
    front: str
    original: str
    budget: str
    prediction: str
    selection: str
    card: str
    families: Mapping[str, Marker]

    def marker(self, family: str) -> Marker:
        """The marker of a recipe's family, or of ``published`` results; unknown ones look like the original's."""
        if family == "published":
            return Marker(self.muted, "p")
        return self.families.get(family, Marker(self.original, "star"))


def _families(quantized: str, pruned: str, distilled: str, combined: str, original: str) -> Mapping[str, Marker]:
    return MappingProxyType(
        {
            "original": Marker(original, "star"),
            "quantized": Marker(quantized, "o"),
            "pruned": Marker(pruned, "t"),
            "distilled": Marker(distilled, "s"),
            "combined": Marker(combined, "d"),
        }
    )


LIGHT: Final = Colours(
    window="#f3f4f6",
    base="#ffffff",
    alternate="#f7f8fa",
    button="#fbfbfc",
    text="#1b1f24",
    muted="#5c6670",
    disabled="#9aa3ab",
    border="#c3c9d0",
    outline="#858e97",
    accent="#0b6cbd",
    highlight="#0b6cbd",
    highlighted_text="#ffffff",
    link="#0b5ca3",
    info="#0b6cbd",
    warning="#9a6200",
    error="#b3261e",
    success="#1a7f4b",
    plot_background="#ffffff",
    axis="#3a424a",
    grid="#e4e7eb",
    front="#1b1f24",
    original="#1b1f24",
    budget="#c24f00",
    prediction="#0b6cbd",
    selection="#1b1f24",
    card="#ffffff",
    families=_families("#0072b2", "#d55e00", "#009e73", "#c2699a", "#1b1f24"),
)

DARK: Final = Colours(
    window="#24282c",
    base="#1b1e21",
    alternate="#202428",
    button="#32373c",
    text="#e9ecef",
    muted="#a3acb5",
    disabled="#6d767e",
    border="#454c53",
    outline="#7f8993",
    accent="#56b4e9",
    highlight="#23679b",
    highlighted_text="#ffffff",
    link="#7cc4f0",
    info="#56b4e9",
    warning="#f0b429",
    error="#ff8a80",
    success="#5fce97",
    plot_background="#1b1e21",
    axis="#c3cad0",
    grid="#2d3237",
    front="#e9ecef",
    original="#ffffff",
    budget="#ff9e57",
    prediction="#7cc4f0",
    selection="#ffffff",
    card="#2b3035",
    families=_families("#56b4e9", "#e69f00", "#16b286", "#d98bb6", "#ffffff"),
)


def palette(colours: Colours) -> QPalette:
    """A complete palette for Fusion, with disabled texts and the 3-D roles set."""
    base, dark = QColor(colours.window), colours is DARK
    role = QPalette.ColorRole
    roles = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.alternate,
        role.ToolTipBase: colours.card,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Text: colours.text,
        role.Button: colours.button,
        role.ButtonText: colours.text,
        role.BrightText: colours.error,
        role.Link: colours.link,
        role.LinkVisited: colours.link,
        role.Highlight: colours.highlight,
        role.HighlightedText: colours.highlighted_text,
        role.Accent: colours.accent,
        role.Light: base.lighter(125 if dark else 108).name(),
        role.Midlight: base.lighter(112 if dark else 104).name(),
        role.Mid: colours.border,
        role.Dark: base.darker(150 if dark else 140).name(),
        role.Shadow: base.darker(250 if dark else 210).name(),
    }
    result = QPalette()
    for key, value in roles.items():
        result.setColor(key, QColor(value))
    group = QPalette.ColorGroup.Disabled
    for key in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        result.setColor(group, key, QColor(colours.disabled))
    result.setColor(group, role.Highlight, QColor(colours.border))
    result.setColor(group, role.HighlightedText, QColor(colours.disabled))
    result.setColor(group, role.Base, QColor(colours.alternate))
    return result


def tinted_icon(name: str, colours: Colours, tint: str | None = None) -> QIcon:
    """The icon ``resources/icons/<name>.svg`` in the look's text colour (or ``tint``), disabled, and on a highlight.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    source = resource_path(f"icons/{name}.svg").read_text(encoding="utf-8").replace("currentColor", "black")
    renderer = QSvgRenderer(QByteArray(source.encode()))
    icon = QIcon()
    states = (
        (QIcon.Mode.Normal, tint or colours.text),
        (QIcon.Mode.Disabled, colours.disabled),
        (QIcon.Mode.Selected, colours.highlighted_text),
    )
    for size in ICON_SIZES:
        shape = QPixmap(QSize(size, size))
        shape.fill(Qt.GlobalColor.transparent)
        painter = QPainter(shape)
        renderer.render(painter, QRectF(0, 0, size, size))  # once: an icon has one colour, which is filled in
        painter.end()
        for mode, colour in states:
            pixmap = shape.copy()
            painter = QPainter(pixmap)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
            painter.fillRect(pixmap.rect(), QColor(colour))
            painter.end()
            icon.addPixmap(pixmap, mode)
    return icon


class Theme(QObject):
    """Which look the window has, and what follows from it.

    Signals:
        changed: the colours are different now (after the application was dressed). Icons bound with
            :meth:`bind_icon` have been renewed already.
    """

    changed = Signal()

    def __init__(self, mode: ThemeMode = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode: ThemeMode = mode
        self._application: QApplication | None = None
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._bound: list[tuple[weakref.ref[QObject], str, str]] = []
        self._colours = self._wanted()

    @property
    def mode(self) -> ThemeMode:
        return self._mode

    @property
    def dark(self) -> bool:
        return self._colours is DARK

    @property
    def colours(self) -> Colours:
        return self._colours

    def prepare(self, application: QApplication) -> None:
        """Style and palette, for widgets that are still to be made: under a style sheet each of them would be polished
        anew whenever it is put into another. :meth:`apply` comes when they are there."""
        if self._application is None:
            application.setStyle(QStyleFactory.create("Fusion"))
            application.styleHints().colorSchemeChanged.connect(self._on_system_scheme_changed)
            application.setWindowIcon(app_icon())
        self._application = application
        application.setPalette(palette(self._colours))

    def apply(self, application: QApplication) -> None:
        """Dress ``application`` and follow the system from now on where the mode says so."""
        self.prepare(application)
        self._dress()

    def set_mode(self, mode: ThemeMode) -> None:
        """Change the look; emits :attr:`changed` when the colours differ.

        Raises:
            ValueError: ``mode`` is not one of :data:`THEME_MODES`.
        """
        if mode not in THEME_MODES:
            raise ValueError(f"unknown theme {mode!r}")
        self._mode = mode
        self._renew()

    def icon(self, name: str, role: str = "text") -> QIcon:
        """The icon ``name`` tinted with the colour field ``role`` of :class:`Colours`; ``app`` is never tinted."""
        if name == "app":
            return app_icon()
        key = (name, role)
        if key not in self._icons:
            self._icons[key] = tinted_icon(name, self._colours, cast(str, getattr(self._colours, role)))
        return self._icons[key]

    def bind_icon(self, target: QAction | QAbstractButton, name: str, role: str = "text") -> None:
        """Give ``target`` an icon and renew it whenever the look changes, for as long as ``target`` lives."""
        target.setIcon(self.icon(name, role))
        alive = [entry for entry in self._bound if _living(entry[0]) not in (None, target)]
        self._bound = [*alive, (weakref.ref(cast(QObject, target)), name, role)]

    @Slot()
    def _on_system_scheme_changed(self) -> None:
        if self._mode == "system":
            self._renew()

    def _wanted(self) -> Colours:
        if self._mode != "system":
            return DARK if self._mode == "dark" else LIGHT
        hints = QGuiApplication.styleHints() if QGuiApplication.instance() is not None else None
        return DARK if hints is not None and hints.colorScheme() == Qt.ColorScheme.Dark else LIGHT

    def _renew(self) -> None:
        wanted = self._wanted()
        if wanted is self._colours:
            return
        self._colours = wanted
        self._icons.clear()
        if self._application is not None:
            self._dress()
        for reference, name, role in self._bound:
            target = _living(reference)
            if isinstance(target, QAction | QAbstractButton):
                target.setIcon(self.icon(name, role))
        self.changed.emit()

    def _dress(self) -> None:
        assert self._application is not None
        self._application.setPalette(palette(self._colours))
        self._application.setStyleSheet(style_sheet(self._colours))


def style_sheet(colours: Colours) -> str:
    """``resources/styles/window.qss`` with ``$name`` replaced by the look's colours.

    Raises:
        KeyError: the file names a colour that does not exist.
    """
    values = {f.name: getattr(colours, f.name) for f in fields(colours) if f.name != "families"}
    values["folder"] = resource_path("styles").as_posix()
    return Template(resource_path("styles/window.qss").read_text(encoding="utf-8")).substitute(values)


def app_icon() -> QIcon:
    """The program's own icon."""
    return QIcon(str(resource_path("icons/app.svg")))


def _living(reference: weakref.ref[QObject]) -> QObject | None:
    target = reference()
    return target if target is not None and shiboken6.isValid(target) else None
