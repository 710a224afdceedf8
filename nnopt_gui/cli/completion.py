"""``nnopt completion bash|zsh|fish``: a script made from the parser itself, so that it is never behind it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from nnopt_gui.cli.output import print_json, print_text

_KNOWN_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"--model": ("demo", "torchvision:", "network:"), "--data": ("digits", "mnist:", "fashion-mnist:", "cifar10:")}
)
_PLACES: Final = ("--model", "--data")  # text, but mostly a file


@dataclass(frozen=True)
class Option:
    """One option of a verb. ``words``: what it can be; ``takes_value`` False for switches."""

    flags: tuple[str, ...]
    help: str
    takes_value: bool
    words: tuple[str, ...]
    files: bool


@dataclass(frozen=True)
class Verb:
    """``words`` and ``files`` say what may stand beside the options."""

    name: str
    help: str
    options: tuple[Option, ...]
    words: tuple[str, ...]
    files: bool


def run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Print the script for a shell."""
    script = SHELLS[options.shell](describe(parser))
    if options.json:
        print_json({"shell": options.shell, "script": script})
    else:
        print_text(script.rstrip("\n"))


def describe(parser: argparse.ArgumentParser) -> tuple[Verb, ...]:
    """All verbs of a parser with their options."""
    verbs = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    helps = {choice.dest: (choice.help or "").replace("%%", "%") for choice in verbs._choices_actions}
    return tuple(_verb(name, helps.get(name, ""), inner) for name, inner in verbs.choices.items())


def _verb(name: str, text: str, parser: argparse.ArgumentParser) -> Verb:
    options: list[Option] = []
    words: list[str] = []
    files = False
    for action in parser._actions:
        choices = tuple(map(str, action.choices or ()))
        if action.option_strings:
            takes = action.nargs != 0
            known = next((_KNOWN_WORDS[f] for f in action.option_strings if f in _KNOWN_WORDS), ())
            place = action.type is Path or any(flag in _PLACES for flag in action.option_strings)
            flags = tuple(action.option_strings)
            options.append(
                Option(
                    flags,
                    (action.help or "").replace("%%", "%"),
                    takes,
                    choices or known,
                    takes and place and not choices,
                )
            )
        else:
            words += choices
            files = files or not choices
    return Verb(name, text, tuple(options), tuple(words), files)


# -- bash ---------------------------------------------------------------------------------------------------------

_BASH: Final = """\
# bash completion of nnopt; load it with: source <(nnopt completion bash)
_nnopt() {
    local cur prev verb="" word i IFS=$'\\n'
    COMPREPLY=()
    cur="${COMP_WORDS[COMP_CWORD]}"
    prev="${COMP_WORDS[COMP_CWORD-1]}"
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        case "$word" in
            @NAMES@) verb="$word"; break ;;
        esac
    done
    if [[ -z "$verb" ]]; then
        COMPREPLY=($(compgen -W $'@WORDS@' -- "$cur"))
        return
    fi
    case "$verb $prev" in
@VALUES@
    esac
    case "$verb" in
@VERBS@
    esac
}
complete -o bashdefault -F _nnopt nnopt
"""


def bash_script(verbs: tuple[Verb, ...]) -> str:
    """A completion script for bash 3.2 and later."""
    values = [line for verb in verbs for line in _bash_values(verb)]
    lists = [line for verb in verbs for line in _bash_verb(verb)]
    names = [verb.name for verb in verbs]
    script = _BASH.replace("@NAMES@", "|".join(names)).replace("@WORDS@", "\\n".join([*names, "--help", "--version"]))
    return script.replace("@VALUES@", "\n".join(values)).replace("@VERBS@", "\n".join(lists))


def _bash_values(verb: Verb) -> Iterator[str]:
    """What may follow an option that takes a value."""
    for option in verb.options:
        if option.takes_value:
            match = "|".join(f'"{verb.name} {flag}"' for flag in option.flags)
            yield f"        {match}) {_bash_reply(option.words, option.files)}return ;;"


def _bash_verb(verb: Verb) -> Iterator[str]:
    flags = [flag for option in verb.options for flag in option.flags]
    yield f"        {verb.name})"
    yield '            if [[ "$cur" == -* ]]; then'
    yield f"                {_bash_reply(tuple(flags), False).rstrip('; ')}"
    yield "            else"
    yield f"                {_bash_reply(verb.words, verb.files).rstrip('; ') or ':'}"
    yield "            fi ;;"


def _bash_reply(words: tuple[str, ...], files: bool) -> str:
    reply = ""
    if words:
        listed = "\\n".join(words)
        reply = f"COMPREPLY=($(compgen -W $'{listed}' -- \"$cur\")); "
    if files:
        reply += 'compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$cur")); '
    return reply


# -- zsh ----------------------------------------------------------------------------------------------------------


def zsh_script(verbs: tuple[Verb, ...]) -> str:
    """A completion script for zsh."""
    names = " ".join(f"'{verb.name}:{_zsh(verb.help)}'" for verb in verbs)
    lines = [
        "#compdef nnopt",
        "# zsh completion of nnopt; load it with: source <(nnopt completion zsh)",
        "_nnopt() {",
        "    local -a verbs",
        f"    verbs=({names})",
        "    if (( CURRENT == 2 )); then",
        "        _describe 'verb' verbs",
        "        return",
        "    fi",
        "    local verb=$words[2]",
        "    shift words; (( CURRENT-- ))",
        "    case $verb in",
    ]
    for verb in verbs:
        lines.append(f"        {verb.name})")
        lines.append("            _arguments \\")
        rows = [f"                {spec}" for option in verb.options for spec in _zsh_option(option)]
        if verb.words:
            rows.append(f"                '*:word:({' '.join(verb.words)})'")
        elif verb.files:
            rows.append("                '*:file:_files'")
        lines.append(" \\\n".join(rows))
        lines.append("            ;;")
    return "\n".join([*lines, "    esac", "}", "compdef _nnopt nnopt", ""])


def _zsh_option(option: Option) -> Iterator[str]:
    for flag in option.flags:
        spec = f"{flag}[{_zsh(option.help)}]"
        if option.takes_value and option.files:
            known = f'_alternative "w\\:word\\:({" ".join(_zsh(w) for w in option.words)})" "f\\:file\\:_files"'
            spec += f":value:{{{known}}}" if option.words else ":file:_files"
        elif option.takes_value:
            spec += f":value:({' '.join(option.words)})" if option.words else ":value: "
        yield f"'{spec}'"


def _zsh(text: str) -> str:
    """Text inside a zsh specification in single quotes."""
    plain = re.sub(r"\s+", " ", text).replace("'", "’")
    return re.sub(r"([\[\]:\\])", r"\\\1", plain)


# -- fish ---------------------------------------------------------------------------------------------------------


def fish_script(verbs: tuple[Verb, ...]) -> str:
    """A completion script for fish."""
    lines = [
        "# fish completion of nnopt; load it with: nnopt completion fish | source",
        "complete -c nnopt -f",
    ]
    lines += [f"complete -c nnopt -n __fish_use_subcommand -a {v.name} -d {_fish(v.help)}" for v in verbs]
    for verb in verbs:
        here = f"complete -c nnopt -n '__fish_seen_subcommand_from {verb.name}'"
        if verb.words:
            lines.append(f"{here} -a {_fish(' '.join(verb.words))}")
        elif verb.files:
            lines.append(f"{here} -F")
        for option in verb.options:
            names = " ".join(f"-l {f[2:]}" if f.startswith("--") else f"-s {f[1:]}" for f in option.flags)
            value = " -r" if option.takes_value else ""
            value += " -F" if option.files else " -f" if option.takes_value else ""
            value += f" -a {_fish(' '.join(option.words))}" if option.words else ""
            lines.append(f"{here} {names}{value} -d {_fish(option.help)}")
    return "\n".join([*lines, ""])


def _fish(text: str) -> str:
    plain = re.sub(r"\s+", " ", text).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{plain}'"


SHELLS: Final[Mapping[str, Callable[[tuple[Verb, ...]], str]]] = MappingProxyType(
    {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}
)
