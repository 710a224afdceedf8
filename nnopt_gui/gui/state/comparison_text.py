"""A comparison and the test split in words, in the current language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication

from nnopt_gui.engine.metrics import Conditions
from nnopt_gui.engine.quantities import DASH, interval_text, signed, signed_points, significant, whole
from nnopt_gui.engine.statistics.paired import PairedResult
from nnopt_gui.engine.study.comparison import Comparison, Figure, Reading
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, Trial
from nnopt_gui.gui.i18n import clauses, engine_text, listed, sentences

_OTHER_CONDITIONS: Final = "not comparable: another "
_CLASS: Final = "class "
_MCNEMAR: Final = "exact McNemar"


def trial_name(number: int) -> str:
    """``Original`` or ``#17``."""
    return QCoreApplication.translate("ComparisonText", "Original") if number == BASELINE_NUMBER else f"#{number}"


def class_name(label: int, names: Sequence[str]) -> str:
    """The name of a class, its number where it has none."""
    return names[label] if label < len(names) else str(label)


def verdict_text(comparison: Comparison, first: Trial, second: Trial) -> str:
    """Who is better, by how much and how surely; or that nobody can tell."""
    paired, names = comparison.paired, (trial_name(first.number), trial_name(second.number))
    if paired is None:
        missing = [name for name, t in zip(names, (first, second), strict=True) if t.predictions_sha256 is None]
        text = QCoreApplication.translate(
            "ComparisonText", "Undecided: the predictions of {} are not stored. Run it again to compare."
        )
        return text.format(listed(missing) or names[1])
    if paired.winner == "undecided":
        return _undecided(paired)
    better, worse = names if paired.winner == "a" else (names[1], names[0])
    ends = sorted((abs(100 * paired.difference.low), abs(100 * paired.difference.high)))
    text = QCoreApplication.translate(
        "ComparisonText",
        "{} is better: {} pp more accurate than {} (95 %: {} to {}) on the same {} images, p = {}.",
    )
    gain = 100 * abs(paired.difference.value)
    return text.format(
        better, f"{gain:.2f}", worse, f"{ends[0]:.2f}", f"{ends[1]:.2f}", whole(paired.samples), f"{paired.p_value:.2g}"
    )


def _undecided(paired: PairedResult) -> str:
    text = QCoreApplication.translate(
        "ComparisonText",
        "Not distinguishable on these {} images: {} lost, {} gained, p = {}. The difference lies between {} and {} pp.",
    ).format(
        whole(paired.samples),
        paired.broken,
        paired.mended,
        f"{paired.p_value:.2g}",
        signed(100 * paired.difference.low, 2),
        signed(100 * paired.difference.high, 2),
    )
    if paired.images_needed is not None:
        more = QCoreApplication.translate("ComparisonText", "If it is as it seems, about {} images would tell.")
        text = sentences(text, more.format(whole(_rounded(paired.images_needed))))
    return text


def _rounded(count: int) -> int:
    """Two significant digits: more would be a promise."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return -(-count // unit) * unit


def figure_title(figure: Figure) -> str:
    """The figure's short name with its unit."""
    titles = {
        "Top-1 accuracy": QCoreApplication.translate("ComparisonText", "Top-1"),
        "Top-5 accuracy": QCoreApplication.translate("ComparisonText", "Top-5"),
        "Worst class": QCoreApplication.translate("ComparisonText", "Worst class"),
        "Calibration error (ECE)": QCoreApplication.translate("ComparisonText", "ECE"),
        "Size on disk": QCoreApplication.translate("ComparisonText", "Size"),
        "MACs": QCoreApplication.translate("ComparisonText", "MACs"),
        "Parameters": QCoreApplication.translate("ComparisonText", "Params"),
        "Latency, batch 1": QCoreApplication.translate("ComparisonText", "Latency"),
    }
    title = titles.get(figure.title) or engine_text(figure.title)
    return f"{title} {figure.unit}".strip()


def reading_text(figure: Figure, reading: Reading | None) -> tuple[str, str]:
    """``91.90`` and ``[90.6, 93.0]``; exact figures have no interval."""
    if reading is None:
        return DASH, ""
    value, low, high = reading
    if figure.unit == "%":
        return f"{value:.2f}", "" if low == high else f"[{low:.1f}, {high:.1f}]"
    texts = [_significant(figure, v) for v in (value, low, high)]
    return texts[0], "" if low == high else f"[{texts[1]}, {texts[2]}]"


def difference_text(figure: Figure) -> str:
    """``−1.80`` over ``[−2.3, −1.3]``; a dash where the difference must not be given."""
    if figure.difference is None:
        return DASH
    value, low, high = figure.difference
    if figure.unit == "%":
        return signed(value, 2) if low == high else f"{signed(value, 2)}\n[{signed(low)}, {signed(high)}]"
    texts = [_significant(figure, abs(v)) for v in (value, low, high)]
    signs = ["−" if v < 0 else "+" if v > 0 else "" for v in (value, low, high)]
    texts = [sign + text for sign, text in zip(signs, texts, strict=True)]
    return texts[0] if low == high else f"{texts[0]}\n[{texts[1]}, {texts[2]}]"


def _significant(figure: Figure, value: float) -> str:
    """Three significant digits, but no finer than a microsecond."""
    return f"{value:.3f}" if figure.unit == "ms" and abs(value) < 1 else significant(value)


def note_text(figure: Figure, names: Sequence[str]) -> str:
    """What is to be said about a figure; empty where nothing is.

    Args:
        names: of the classes.
    """
    note = figure.note
    if note.startswith(_OTHER_CONDITIONS):
        which = [condition_text(name) for name in note.removeprefix(_OTHER_CONDITIONS).split(", ")]
        return QCoreApplication.translate("ComparisonText", "not comparable, measured with another: {}").format(
            listed(which)
        )
    if note.startswith(_CLASS):
        labels = [int(part.removeprefix(_CLASS)) for part in note.split(" and ")]
        return " → ".join(class_name(label, names) for label in labels)
    if note.startswith(_MCNEMAR):
        return QCoreApplication.translate("ComparisonText", "exact McNemar p = {}").format(note.rpartition("= ")[2])
    texts = {
        "no difference: intervals overlap": QCoreApplication.translate(
            "ComparisonText", "no difference can be told: the intervals overlap"
        ),
        "the machine was busy": QCoreApplication.translate("ComparisonText", "the machine was busy"),
        "predictions are not stored, so the two cannot be paired": QCoreApplication.translate(
            "ComparisonText", "predictions are not stored, so the two cannot be paired"
        ),
    }
    return texts.get(note) or engine_text(note)


def condition_text(name: str) -> str:
    """A condition of measuring latency."""
    names = {
        "machine": QCoreApplication.translate("ComparisonText", "machine"),
        "cores": QCoreApplication.translate("ComparisonText", "number of cores"),
        "cpu flags": QCoreApplication.translate("ComparisonText", "instruction sets"),
        "operating system": QCoreApplication.translate("ComparisonText", "operating system"),
        "runtime": QCoreApplication.translate("ComparisonText", "runtime"),
        "threads": QCoreApplication.translate("ComparisonText", "number of threads"),
        "batch": QCoreApplication.translate("ComparisonText", "batch size"),
    }
    return names.get(name, name)


def conditions_text(conditions: Conditions, original: Conditions) -> str:
    """What a trial was measured with that the original was not: ``Unlike the original: runtime (OpenVINO 2025.1)``."""
    parts = []
    for name in conditions.unlike(original):
        value, word = getattr(conditions, name), condition_text(name.replace("_", " "))
        parts.append(f"{word} ({value})" if isinstance(value, str | int) and value else word)
    text = QCoreApplication.translate("ComparisonText", "Unlike the original: {}")
    return text.format(listed(parts)) if parts else ""


# -- the sealed test split ------------------------------------------------------------------------------------


def confirmed_text(confirmation: Confirmation) -> str:
    """Accuracy on the test split, the paired drop, and when it was opened."""
    opened = QCoreApplication.translate("ComparisonText", "opened {}").format(confirmation.opened[:10])
    return f"{interval_text(confirmation.accuracy)}\nΔ {engine_text(signed_points(confirmation.drop))}\n{opened}"


def confirmed_sentence(confirmation: Confirmation) -> str:
    """The same for the bar above the work."""
    text = QCoreApplication.translate(
        "ComparisonText", "Trial #{} on the sealed test split: {}, {} against the original, p = {}."
    )
    p_value = DASH if confirmation.p_value is None else f"{confirmation.p_value:.2g}"
    return text.format(
        confirmation.trial, interval_text(confirmation.accuracy), engine_text(signed_points(confirmation.drop)), p_value
    )


def openings_text(confirmations: Sequence[Confirmation]) -> str:
    """When and for whom the test split was opened before; empty while it is sealed."""
    if not confirmations:
        return ""
    done = QCoreApplication.translate("ComparisonText", "{} for trial #{}")
    unfinished = QCoreApplication.translate("ComparisonText", "{} for trial #{} (not finished)")
    looks = [(done if c.finished else unfinished).format(c.opened[:10], c.trial) for c in confirmations]
    text = QCoreApplication.translate("ComparisonText", "The test split was opened before: {}.")
    return text.format(clauses(looks))
