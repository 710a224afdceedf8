"""Facts → a page: Jinja2 templates with everything escaped, no script, nothing fetched from anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any, Final, get_args

import jinja2
from markupsafe import Markup

from nnopt_gui import __version__
from nnopt_gui.engine import quantities
from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE, Measurement
from nnopt_gui.engine.recipe import Family
from nnopt_gui.engine.report.facts import SMALL_DROP, ReportFacts, Row
from nnopt_gui.engine.report.figures import PlotMark, key_svg, tradeoff_svg
from nnopt_gui.engine.report.texts import ENGLISH
from nnopt_gui.phrasebook import REPORT, Phrasebook, joined
from nnopt_gui.resource_files import resource_path

FAMILIES: Final[tuple[Family, ...]] = get_args(Family)

_IN_ENGLISH: Final = Phrasebook()
_NARROW: Final = "\u202f"  # a narrow space that does not break, between a number and its unit
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>|#~&])")


def _tight(write: Callable[..., str]) -> Callable[..., str]:
    """A number whose unit stays beside it."""
    return lambda *values: write(*values).replace(" ", _NARROW)


_bytes, _change = _tight(quantities.bytes_text), _tight(quantities.change_text)
_FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "bytes": _bytes,
    "count": _tight(quantities.count_text),
    "percent": quantities.percent,
    "percent_range": quantities.percent_range,
    "points": quantities.points,
    "points_range": quantities.points_range,
    "ms": quantities.milliseconds,
    "latency_range": quantities.latency_range,
    "seconds": _tight(quantities.seconds_text),
}


def report_html(facts: ReportFacts, phrases: Phrasebook = _IN_ENGLISH) -> str:
    """The whole report as one HTML page without anything outside of it: styles and plots are inside, no script is.
    Light or dark as the reader's system has it, and light on paper. The same facts give the same bytes.

    Args:
        phrases: of the language to write in.
    """
    texts = _texts(phrases)
    return (
        _environment(phrases)
        .get_template("report.html.j2")
        .render(
            **_context(facts, texts, phrases),
            size_plot=Markup(_size_plot(facts, texts, phrases)),  # noqa: S704 - drawn here, every text in it escaped
            latency_plot=Markup(_latency_plot(facts, texts, phrases)),  # noqa: S704 - likewise
            key=_key,
        )
    )


def report_markdown(facts: ReportFacts, phrases: Phrasebook = _IN_ENGLISH) -> str:
    """The report as Markdown (tables as GitHub has them), without the plots; ``phrases`` as in :func:`report_html`."""
    environment = _environment(phrases, finalize=_markdown)
    context = _context(facts, _texts(phrases), phrases)
    text = environment.get_template("report.md.j2").render(**context, fenced=_fenced)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _texts(phrases: Phrasebook) -> dict[str, str]:
    """The table of texts in the language of the phrasebook."""
    translated = {key: phrases.fixed(REPORT, text) for key, text in ENGLISH.items()}
    return {**translated, "language": phrases.language.replace("_", "-")}


def _environment(phrases: Phrasebook, finalize: Callable[[Any], Any] | None = None) -> jinja2.Environment:
    """Escapes what ``finalize`` does not. The filters ``say`` and ``label`` translate what the engine said, and the
    short text for a recipe."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_path("report")),
        autoescape=True,
        finalize=finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    environment.filters.update(say=phrases.text, label=phrases.label)
    return environment


def _key(family: Family, hollow: bool = False) -> Markup:
    return Markup(key_svg(family, hollow=hollow))  # noqa: S704 - nothing in it comes from outside


def _markdown(value: Any) -> Any:
    """Text that Markdown shows as it is, on one line: nothing in it can start a tag, a link or a table cell."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    line = "".join(c if c.isprintable() else " " for c in value)
    return Markup(_MARKDOWN.sub(r"\\\1", line))  # noqa: S704 - nothing that HTML or Markdown would read is left


def _fenced(text: str) -> Markup:
    """A code block that the text in it cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}sh\n{text}\n{fence}")  # noqa: S704 - Markdown, inside its fence


# -- what the templates see ---------------------------------------------------------------------------------------


def _context(facts: ReportFacts, texts: Mapping[str, str], phrases: Phrasebook) -> dict[str, Any]:
    model = facts.model_profile.name if facts.model_profile else facts.model.location
    data = facts.data_profile.name if facts.data_profile else facts.data.location if facts.data else ""
    measured = [m for row in facts.rows if (m := row.trial.measurement)]
    base = facts.baseline.trial.measurement if facts.baseline else None
    return {
        "t": texts,
        "facts": facts,
        "model": model,
        "data": data or texts["no_data"],
        "base": base,
        "states": _listed(
            (texts["counted"].format(count=n, what=texts[f"state.{state}"]) for state, n in facts.counts.items()), texts
        ),
        "drop_limit": f"{100 * SMALL_DROP:g}",
        "sentence": lambda row: _sentence(row, base, texts, phrases),
        "names": lambda rows: _listed((_name(row, phrases) for row in rows), texts),
        "listed": lambda parts: _listed(map(str, parts), texts),
        "noisy": [row for row in facts.rows if row.trial.measurement and row.trial.measurement.conditions.noisy],
        "families": [f for f in FAMILIES if any(row.trial.recipe.family == f for row in facts.rows)],
        "conditions": measured[0].conditions if measured else None,
        "splits": _listed((f"{phrases.text(split)} {count:,}" for split, count in _splits(facts)), texts),
        "preprocessing": _preprocessing(facts, texts, phrases),
        "sealed": _sealed(facts, texts),
        "errors": [_errors(forecast.prediction, forecast.row) for forecast in facts.forecasts],
        "worst": _worst(facts),
        "change": _change,
        "paragraph": lambda *sentences: reduce(joined, filter(None, sentences), ""),
        "version": __version__,
    }


def _listed(parts: Iterable[str], texts: Mapping[str, str]) -> str:
    return texts["comma"].join(parts)


def _name(row: Row, phrases: Phrasebook) -> str:
    return f"#{row.trial.number} {phrases.label(row.trial.recipe.label)}"


def _sentence(row: Row, base: Measurement | None, texts: Mapping[str, str], phrases: Phrasebook) -> str:
    """A chosen trial in one sentence."""
    found = row.trial.measurement
    if found is None:
        return _name(row, phrases)
    latency = found.latency_ms
    beside = latency.baseline_p50 if latency is not None and row.comparable else None
    speed = texts["speed"].format(change=_change(latency.p50, beside)) if latency and beside else ""
    return texts["chosen_text"].format(
        label=phrases.label(row.trial.recipe.label),
        number=row.trial.number,
        size=_bytes(found.size_bytes),
        size_change=_change(found.size_bytes, base.size_bytes if base else None),
        accuracy=quantities.percent(found.accuracy),
        range=quantities.percent_range(found.accuracy),
        points=quantities.points(found.accuracy_drop),
        points_range=quantities.points_range(found.accuracy_drop),
        latency=quantities.milliseconds(latency.p50 if latency else None),
        speed=speed,
    )


def _sealed(facts: ReportFacts, texts: Mapping[str, str]) -> str:
    count = len(facts.confirmations)
    times = texts["once"] if count == 1 else texts["times"].format(count=count)
    return texts["unsealed"].format(count=times) if count else texts["sealed"]


def _splits(facts: ReportFacts) -> Iterable[tuple[str, int]]:
    return facts.data_profile.counts.items() if facts.data_profile else ()


def _preprocessing(facts: ReportFacts, texts: Mapping[str, str], phrases: Phrasebook) -> str:
    how = facts.data_profile.preprocessing if facts.data_profile else None
    if how is None:
        return quantities.DASH
    mean, std = (", ".join(f"{v:g}" for v in part) for part in (how.mean, how.std))
    size = "×".join(map(str, how.size))
    prepared = texts["d.prepared"].format(size=size, channels=how.channels, mean=mean, std=std)
    return texts["pair"].format(name=phrases.text(how.name), value=prepared) if how.name else prepared


def _errors(prediction: Any, row: Row) -> dict[str, str]:
    """Predicted over measured, as changes."""
    found = row.trial.measurement
    assert found is not None  # forecasts are made for measured trials
    latency = found.latency_ms.p50 if found.latency_ms and row.comparable else None
    return {
        "size": _change(prediction.size_bytes, found.size_bytes),
        "macs": _change(prediction.macs, found.macs),
        "latency": _change(prediction.latency_ms, latency),
    }


def _worst(facts: ReportFacts) -> dict[str, str]:
    """The largest error over all forecasts, of size and of MACs."""
    found: dict[str, tuple[float, str]] = {"size": (-1.0, quantities.DASH), "macs": (-1.0, quantities.DASH)}
    for forecast in facts.forecasts:
        measured = forecast.row.trial.measurement
        if measured is None:
            continue
        pairs = {
            "size": (forecast.prediction.size_bytes, measured.size_bytes),
            "macs": (forecast.prediction.macs, measured.macs),
        }
        for name, (said, real) in pairs.items():
            if real and abs(said / real - 1) > found[name][0]:
                found[name] = abs(said / real - 1), _change(said, real)
    return {name: text for name, (_, text) in found.items()}


# -- plots --------------------------------------------------------------------------------------------------------


def _size_plot(facts: ReportFacts, texts: Mapping[str, str], phrases: Phrasebook) -> str:
    marks = _marks(facts, SIZE, 1000.0, phrases)  # the metric's unit is MB, the plot's kB
    return tradeoff_svg(
        marks, title=texts["by_size"], x_title=texts["x_size"], y_title=texts["y_accuracy"], empty=texts["nothing"]
    )


def _latency_plot(facts: ReportFacts, texts: Mapping[str, str], phrases: Phrasebook) -> str:
    marks = _marks(facts, LATENCY, 1.0, phrases)
    return tradeoff_svg(
        marks, title=texts["by_latency"], x_title=texts["x_latency"], y_title=texts["y_accuracy"],
        empty=texts["nothing"],
    )  # fmt: skip


def _marks(facts: ReportFacts, metric: Any, factor: float, phrases: Phrasebook) -> Sequence[PlotMark]:
    by_size = metric is SIZE
    marks = []
    for row in facts.rows:
        found = row.trial.measurement
        x, y = (metric.read(found), ACCURACY.read(found)) if found is not None else (None, None)
        if x is None or y is None:
            continue
        marks.append(
            PlotMark(
                number=row.trial.number,
                label=phrases.label(row.trial.recipe.label),
                family=row.trial.recipe.family,
                x=(factor * x[0], factor * x[1], factor * x[2]),
                y=y,
                front=row.size_front if by_size else row.latency_front and row.comparable,
                pinned=row.trial.pinned,
                tied=by_size and row.tied,
                letter="" if by_size else row.machine,
            )
        )
    return marks
