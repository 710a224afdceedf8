"""The English texts of the engine, found in its source code: what ``nnopt_engine_zh_CN.ts`` has to translate.

The engine knows no languages. It raises ``DataError(f"{path.name} is damaged: {error}.", "Copy it again.")`` and says
``reporter.status(f"Reading {name}")`` in plain English; the window and the report look the finished text up among the
templates collected here (``nnopt_gui.phrasebook``). So a text needs no marker of its own to be translated. Collected
are

* every text in a call of an :class:`~nnopt_gui.errors.NnoptError` class or of ``status``, and
* below the window, every other text of two words or more (notes, reasons, findings), except docstrings, keys,
  arguments of Python's own exceptions and of loggers, and what :data:`_NOT_READ` names: texts that no window shows.

An f-string becomes a template whose placeholders are named after what stands in them: ``{path.name}`` is ``{name}``.
Alternatives inside (``f"{n} image{'s' if n != 1 else ''}"``) become a template each, so no language needs to know how
English makes plurals. The words in :data:`nnopt_gui.phrasebook.WORDS` are added.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from nnopt_gui.engine.report.texts import ENGLISH
from nnopt_gui.phrasebook import ENGINE, LABEL, LABEL_WORDS, REPORT, WORDS

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "nnopt_gui"
_SPOKEN: Final = ("engine", "jobs", "gui", "errors.py", "atomic_file.py", "settings.py", "resource_files.py")
_TOLD: Final = frozenset({  # modules whose ValueErrors and the like end up inside a message
    "atomic_file.py", "settings.py", "engine/data/download.py", "engine/data/image_decoding.py",
    "engine/statistics/paired.py",
})  # fmt: skip
_NOT_READ: Final = (  # texts that no window shows: SQL, code, names, markup
    re.compile(
        r"CREATE |SELECT |INSERT |DELETE |UPDATE |\w+ = \w+$|.*\n|torch |torch\._utils |collections |\(Tensor |<"
    ),
    re.compile(r"Ankle boot$|model name$|DataSource, |stride=|digits_cnn |(a|an|the|of) *$"),
)
_ELSEWHERE: Final = (
    "engine/report/",  # has its own table of texts
    "engine/diagnosis.py",  # the window words these findings itself, with its own controls in place of options
)
_MOST_ALTERNATIVES: Final = 16
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_LOGGERS: Final = frozenset({"debug", "info", "warning", "exception", "critical", "execute", "executemany"})
_NOT_TEXT: Final = frozenset(
    {"compile", "getattr", "hasattr", "setattr", "TypeVar", "Literal", "register_custom_op", "tr", "translate"}
)


@cache
def templates() -> dict[str, str]:
    """Every template, in the order of files and lines, with the place where it was found first."""
    trees = {name: ast.parse((PACKAGE / name).read_text(encoding="utf-8")) for name in _files()}
    errors = _error_classes(trees)
    found: dict[str, str] = {}
    for name, tree in trees.items():
        for line, template in _texts(name, tree, errors):
            if not any(pattern.match(template) for pattern in _NOT_READ):
                found.setdefault(template, f"{name}:{line}")
    return found


def sources() -> list[tuple[str, str]]:
    """Context and source text of everything that ``nnopt_engine_zh_CN.ts`` translates, without repetitions."""
    engine: dict[str, str] = {}
    for text in (*WORDS, *templates()):
        engine.setdefault(_PLACEHOLDER.sub("{}", text), text)
    contexts = {ENGINE: engine.values(), LABEL: LABEL_WORDS, REPORT: dict.fromkeys(ENGLISH.values())}
    return [(context, text) for context, texts in contexts.items() for text in texts]


def _files() -> list[str]:
    paths = [PACKAGE / part for part in _SPOKEN]
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else (path,))]
    names = [file.relative_to(PACKAGE).as_posix() for file in files]
    return [name for name in names if not name.startswith(_ELSEWHERE)]


def _error_classes(trees: Mapping[str, ast.Module]) -> frozenset[str]:
    """The names of NnoptError and of all classes derived from it."""
    bases: dict[str, set[str]] = {}
    for tree in trees.values():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    known = {"NnoptError"}
    while more := {name for name, parents in bases.items() if parents & known} - known:
        known |= more
    return frozenset(known)


def _texts(file: str, tree: ast.Module, errors: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Line and template of each text in a module, in the order in which it is read."""
    silent = _silent_nodes(tree, errors, file in _TOLD)
    window = file.startswith("gui/")
    spoken: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in errors | {"status"}:
            for argument in (*node.args[:2], *(k.value for k in node.keywords if k.arg in ("user_message", "hint"))):
                spoken.update(ast.walk(argument))
    found = []
    for node in _text_nodes(tree, silent):
        for template in _templates_of(node):
            words = len(_WORD.findall(_PLACEHOLDER.sub(" ", template)))
            if (words >= 2 and " " in template and not window) or (
                node in spoken and words and (template[0].isupper() or template[0] == "{")
            ):
                found.append((getattr(node, "lineno", 0), template))
    yield from sorted(found, key=lambda pair: pair[0])


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _silent_nodes(tree: ast.Module, errors: frozenset[str], told: bool) -> set[ast.AST]:
    """Nodes whose texts nobody is shown: docstrings, keys, comparisons, logs, Python's own exceptions, details."""
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            parts = [node.value]
        elif isinstance(node, ast.Dict):
            parts = list(node.keys)
        elif isinstance(node, ast.Subscript):
            parts = [node.slice]
        elif isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.Assert):
            parts = [node.msg]
        elif isinstance(node, ast.Call):
            parts = list(_silent_arguments(node, errors, told))
        for part in parts:
            if part is not None:
                silent.update(ast.walk(part))
    return silent


def _silent_arguments(call: ast.Call, errors: frozenset[str], told: bool) -> Iterator[ast.expr]:
    name = _called(call)
    if name in errors:
        yield from call.args[2:]
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "details")
    elif (
        name in _NOT_TEXT
        or (isinstance(call.func, ast.Attribute) and name in _LOGGERS)
        or (name.endswith(("Error", "Exception", "Warning")) and not told)
    ):
        yield from call.args


def _text_nodes(tree: ast.AST, silent: set[ast.AST]) -> Iterator[ast.expr]:
    """The outermost expressions that are texts, and those inside their placeholders."""
    for node in ast.iter_child_nodes(tree):
        if node in silent:
            continue
        if isinstance(node, ast.expr) and _is_text(node):
            yield node
            for inner in _unknowns(node):
                yield from _text_nodes(inner, silent)
        else:
            yield from _text_nodes(node, silent)


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and (_is_text(node.left) or _is_text(node.right))
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _choices(node: ast.expr) -> tuple[ast.expr, ...]:
    """What an expression inside a text may become, if that includes words of ours; otherwise nothing."""
    options: tuple[ast.expr, ...] = ()
    if isinstance(node, ast.IfExp):
        options = (node.body, node.orelse)
    elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        options = tuple(node.values)
    return options if any(_is_text(option) or _choices(option) for option in options) else ()


def _unknowns(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions that become placeholders of a text's templates."""
    if isinstance(node, ast.Constant):
        return
    parts: tuple[ast.expr, ...] = ()
    if isinstance(node, ast.JoinedStr):
        parts = tuple(node.values)
    elif isinstance(node, ast.FormattedValue):
        parts = (node.value,)
    elif isinstance(node, ast.BinOp) and _is_text(node):
        parts = (node.left, node.right)
    else:
        parts = _choices(node)
    if not parts:
        yield node
    for part in parts:
        yield from _unknowns(part)


Parts = tuple[str | ast.expr, ...]  # literal texts, and expressions that become placeholders


def _alternatives(node: ast.expr) -> tuple[Parts, ...]:
    if isinstance(node, ast.Constant):
        return ((str(node.value),),)
    if isinstance(node, ast.JoinedStr):
        pieces: tuple[ast.expr, ...] = tuple(node.values)
    elif isinstance(node, ast.FormattedValue):
        return _alternatives(node.value)
    elif isinstance(node, ast.BinOp) and _is_text(node):
        pieces = (node.left, node.right)
    elif choices := _choices(node):
        return tuple(itertools.chain.from_iterable(map(_alternatives, choices)))
    else:
        return ((node,),)
    found = tuple(tuple(itertools.chain(*ways)) for ways in itertools.product(*map(_alternatives, pieces)))
    assert len(found) <= _MOST_ALTERNATIVES, f"line {node.lineno}: too many alternatives in one text"
    return found


def _templates_of(node: ast.expr) -> Iterator[str]:
    for parts in _alternatives(node):
        taken: dict[str, int] = {}
        text = ""
        for part in parts:
            if isinstance(part, str):
                text += part
                continue
            name = _name(part)
            taken[name] = taken.get(name, 0) + 1
            text += "{" + (name if taken[name] == 1 else f"{name}{taken[name]}") + "}"
        yield text.strip()


def _name(node: ast.AST) -> str:
    """A name for a placeholder: the last name in the expression that says what it is."""
    if isinstance(node, ast.Name):
        return node.id.strip("_").lower()
    if isinstance(node, ast.Attribute):
        return _name(node.value) if node.attr == "value" else node.attr.strip("_").lower()
    if isinstance(node, ast.Call) and node.args:
        inner = node.args[-1] if _called(node) == "map" else node.args[0]
        return _name(inner.generators[0].iter if isinstance(inner, ast.GeneratorExp | ast.ListComp) else inner)
    for child in (c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)):
        if (name := _name(child)) != "value":
            return name
    return "value"


if __name__ == "__main__":
    for template, place in templates().items():
        print(f"{place}\t{template!r}")
