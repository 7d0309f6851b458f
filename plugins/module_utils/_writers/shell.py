# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which sysctls a shell script sets, as far as it can be told without running it.

A command that stands alone, at the top level of a script, is carried out whenever the script is. One in a condition,
in a loop, in a function, behind ``exit``, or with a value that the shell works out, may be: it is told as uncertain.
"""

from __future__ import annotations

import re
import shlex
from typing import Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

from .._boot import writer
from .._kernel import sysctls

_LONGEST_LINE = 4096
_DEEPEST = 3  # sh -c in sh -c
_DEEPEST_BLOCK = 1000
_CLOSED_BY = {
    "if": "fi", "case": "esac", "{": "}", "(": ")", "for": "done", "while": "done", "until": "done", "select": "done",
}  # fmt: skip
_OUTPUT = frozenset((">", ">>", ">|", ">&"))
_INPUT = frozenset(("<", "<<", "<<<", "<&", "<>"))
_MARK = r"\|\||&&|;;|\|&|<<<|<<|>>|>\||>&|<&|<>|[();<>|&]"
_DIVERTED = r"(?<=\s)[0-9]>>?\s*(?:&[0-9-]|[^\s;|&]+)"  # 2>/dev/null: not what is written
_BETWEEN = frozenset(("then", "else", "elif", "do", "!", "time", "in"))
_ENDING = frozenset(("exit", "return", "exec"))
_SEPARATORS = frozenset((";", ";;", "&", "|", "|&", "&&", "||", "\n"))
_WRAPPERS = frozenset(("sudo", "nohup", "command", "nice", "ionice", "env", "builtin", "timeout"))
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"))
# Neither of them can keep a script that ends at the first failure from going on
_HARMLESS = frozenset(("echo", "printf", ":", "true", "set", "export", "sysctl", "tee"))
_EXPANDED = r"[$`*?]"
_ANYWHERE = r"(?:/proc/sys/\S*|\bsysctl\b.*)"

Found = Union[writer.Setting, writer.Load]


class _Command(NamedTuple):
    words: Tuple[str, ...]
    targets: Tuple[str, ...]  # where its output goes
    certain: bool


def settings(text: str, first: int = 1, depth: int = 0) -> Iterator[Found]:
    """What a script sets, in its order.

    :param first: the number of its first line
    """
    state = _State()
    for number, line in _logical_lines(text, first):
        if state.ended:
            return
        yield from _line(number, line, state, depth)


class _State:
    """Where in a script a line stands."""

    def __init__(self) -> None:
        self.open: List[str] = []  # what ends the conditions, loops and functions around it
        self.ended = False  # nothing behind is carried out
        self.doubtful = False  # a line before may have ended the script
        self.stops = False  # set -e
        self.heredoc = ""

    @property
    def certain(self) -> bool:
        return not self.open and not self.doubtful

    def opened_or_closed(self, token: str, inside: bool) -> bool:
        """Whether this word begins or ends a condition, a loop, a function or a list; ``inside``: of a command."""
        if token == ")" and self.open and self.open[-1] == "esac":
            return True  # the pattern of a case
        if self.open and token == self.open[-1] and (not inside or token == ")"):
            self.open.pop()
            return True
        if token in _CLOSED_BY and (not inside or token == "("):
            if len(self.open) < _DEEPEST_BLOCK:
                self.open.append(_CLOSED_BY[token])
            return True
        return False


def _logical_lines(text: str, first: int) -> Iterator[Tuple[int, str]]:
    held, start = "", first
    for number, line in enumerate(text.split("\n"), start=first):
        start = start if held else number
        if line.endswith("\\") and len(held) < _LONGEST_LINE:
            held += line[:-1] + " "
            continue
        yield start, (held + line)[:_LONGEST_LINE]
        held = ""
    if held:
        yield start, held[:_LONGEST_LINE]


def _line(number: int, line: str, state: _State, depth: int) -> Iterator[Found]:
    bare = line.strip()
    if state.heredoc:
        if bare == state.heredoc:
            state.heredoc = ""
        return
    if bare.startswith("#"):
        if number == 1 and re.match(r"#!\s*\S+\s+-\w*e", bare):
            state.stops = True
        return
    try:
        tokens = _tokens(bare)
    except ValueError:  # a quotation that goes on: what follows may be text
        state.doubtful = True
        yield from _guessed(number, bare)
        return
    yield from _commands(number, bare, tokens, state, depth)
    heredoc = re.search(r"<<-?\s*(['\"]?)(\w+)\1", bare)
    if heredoc and "<<<" not in bare:
        state.heredoc = heredoc.group(2)


def _tokens(line: str) -> List[str]:
    """The words and marks of a line.

    :raises ValueError: where a quotation does not end in it
    """
    text = re.sub(_DIVERTED, " ", line)
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    # Up to Python 3.7 whitespace_split leaves marks in words: "true;"
    marks = lexer.whitespace + lexer.punctuation_chars + lexer.quotes + lexer.escape
    lexer.wordchars += "".join(sorted(set(text).difference(marks)))
    lexer.commenters = ""
    tokens: List[str] = []
    for token in lexer:
        if token.startswith("#"):
            break
        tokens += re.findall(_MARK, token) if re.fullmatch("[();<>|&]+", token) else [token]
    return tokens


def _commands(number: int, line: str, tokens: List[str], state: _State, depth: int) -> Iterator[Found]:
    words: List[str] = []
    targets: List[str] = []
    piped: List[str] = []  # the words of the command before a pipe
    conditional = False  # whether it is behind && or ||
    rest = iter([*tokens, "\n"])
    for token in rest:
        if token in _OUTPUT:
            targets.append(next(rest, ""))
        elif token in _INPUT:
            next(rest, "")
        elif state.opened_or_closed(token, bool(words) and words[0] != "function"):
            if token == ")":
                yield from _command(number, line, _Command(tuple(words), tuple(targets), False), piped, state, depth)
            words = []
        elif token in _SEPARATORS:
            certain = state.certain and not conditional
            yield from _command(number, line, _Command(tuple(words), tuple(targets), certain), piped, state, depth)
            piped = words if token in ("|", "|&") else []
            conditional = token in ("&&", "||") or (conditional and token not in (";", "&", "\n"))
            words, targets = [], []
        elif words or token not in _BETWEEN:
            words.append(token)


def _command(number: int, line: str, command: _Command, piped: List[str], state: _State, depth: int) -> Iterator[Found]:
    words = _unwrapped(command.words)
    if not words:
        if re.search(_ANYWHERE, " ".join(command.targets)):
            yield from _guessed(number, line)
        return
    name = words[0].rpartition("/")[2]
    if name == "exec" and len(words) > 1:
        yield from _command(number, line, command._replace(words=tuple(words[1:])), piped, state, depth)
    if name in _ENDING:
        state.ended = state.ended or (command.certain and not (name == "exec" and len(words) == 1))
        state.doubtful = True
    elif name == "set" and any(re.match(r"-\w*e", word) or word == "errexit" for word in words[1:]):
        state.stops = True
    elif name == "sysctl":
        yield from _sysctl(number, words[1:], command.certain)
    elif name in _SHELLS and depth < _DEEPEST and "-c" in words[1:-1]:
        yield from _nested(number, words[words.index("-c") + 1], command.certain, depth)
    elif name in ("echo", "printf") and command.targets:
        yield from _written(number, _output(words), command.targets, command.certain)
    elif name == "tee":
        paths = [word for word in words[1:] if not word.startswith("-")]
        yield from _written(number, _output(piped), paths, command.certain)
    elif any("/proc/sys/" in target for target in command.targets):
        yield from _written(number, None, command.targets, command.certain)
    elif name not in ("cat", "grep", "test", "[", "[[", "ip", "nsenter", "ssh", "docker", "podman"):
        yield from _guessed(number, " ".join(words))
    if state.stops and name not in _HARMLESS and "=" not in words[0]:
        state.doubtful = True


def _unwrapped(words: Tuple[str, ...]) -> List[str]:
    """The command itself, without what only starts it."""
    left = list(words)
    while left:
        name = left[0].rpartition("/")[2]
        if re.fullmatch(r"\w+=.*", left[0]) and len(left) > 1:
            left = left[1:]
        elif name in _WRAPPERS and len(left) > 1:
            left = left[1:]
            while left and left[0].startswith("-"):
                left = left[1:]
            left = left[1:] if name == "timeout" else left  # how long
        else:
            break
    return left


def _sysctl(number: int, words: List[str], certain: bool) -> Iterator[Found]:
    options = [word for word in words if word.startswith("-")]
    others = [word for word in words if not word.startswith("-")]
    loads = [word for word in options if re.fullmatch(r"-[a-zA-Z]*[pf]|--load", word)]
    attached = [word.partition("=")[2] for word in options if word.startswith("--load=")]
    attached += [word[2:] for word in options if re.match(r"-[pf][/\w]", word) and "/" in word]
    if loads or attached:
        for path in attached + (others if loads else []) or ["/etc/sysctl.conf"]:
            if not re.search(_EXPANDED, path):
                yield writer.Load(number, path, certain)
        return
    for word in others:
        key, equals, value = word.partition("=")
        if equals:
            yield from _setting(number, key, value, certain)


def _written(
    number: int, value: Optional[str], paths: Union[List[str], Tuple[str, ...]], certain: bool
) -> Iterator[Found]:
    for path in paths:
        if "/proc/sys/" in path:
            yield from _setting(number, path[path.index("/proc/sys/") :], value, certain)


def _output(words: Iterable[str]) -> Optional[str]:
    """What ``echo`` or ``printf`` writes; None where that is not plain."""
    left = _unwrapped(tuple(words))
    if not left or left[0].rpartition("/")[2] not in ("echo", "printf"):
        return None
    said = [word for word in left[1:] if not re.fullmatch(r"-[neE]+", word)]
    if left[0].endswith("printf") and len(said) == 2 and "%" in said[0]:
        said = said[1:]
    return re.sub(r"\\n$", "", said[0]) if len(said) == 1 else None


def _setting(number: int, key: str, value: Optional[str], certain: bool) -> Iterator[Found]:
    name = writer.dotted(key)
    plain = value is not None and not re.search(_EXPANDED, value)
    if not re.search(_EXPANDED, name):
        yield writer.Setting(number, name, value if plain else None, certain and plain)


def _nested(number: int, script: str, certain: bool, depth: int) -> Iterator[Found]:
    for found in settings(script, 1, depth + 1):
        yield found._replace(line=number, certain=found.certain and certain)


def _guessed(number: int, line: str) -> Iterator[Found]:
    """A line that cannot be read for certain, and that has to do with one of our settings."""
    for key in sysctls.KEYS.values():
        last = re.escape(key.key.rpartition(".")[2])
        if re.search(r"sysctl\b.*\b%s\s*=|>\s*\S*/%s\b|tee\b.*/%s\b" % (last, last, last), line):
            yield writer.Setting(number, key.key, None, False)
