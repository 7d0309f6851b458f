# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which known application holds a listener, and what it asks of listen(2)."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, NamedTuple, Optional, Tuple

from .._model import records
from . import application as catalogue
from . import index, known_runtimes

_INTERPRETERS = ("python", "ruby", "perl", "node")
_RUNS_OTHERS = ("systemd", "sshd", "supervisord", "xinetd", "inetd", "Salt master")  # in their own unit
_MOST = 0x7FFFFFFF
_PLAIN_PATH = r"/[A-Za-z0-9_./@%+=:,~-]{1,254}"


def _of_a_kind(application: catalogue.Application) -> bool:
    """Whether the entry is for many programs: "an Erlang or Elixir program"."""
    return application.name.startswith(("a ", "an "))


class Hint(NamedTuple):
    """The application of a listener, and the process that told."""

    application: catalogue.Application
    process: Optional[records.Process] = None  # None where no process is visible
    asked: Optional[int] = None  # the backlog that its command line names
    asked_by: str = ""  # the option that names it
    configured_in: Tuple[str, ...] = ()  # the configuration files that its command line names
    listener: str = ""  # which of its listeners this is, where it is not its service; see :func:`at`

    @property
    def program(self) -> str:
        """What to call it in a sentence."""
        if self.application.name:
            if self.process and (self.application.name in known_runtimes.NAMES or _of_a_kind(self.application)):
                return self.process.name
            return self.application.name
        return self.process.name if self.process else "its process"

    @property
    def known(self) -> bool:
        return bool(self.application.name)

    def requested(self, backlog: int) -> Optional[int]:
        """What it passed to listen(2), as far as that is certain; the input of :func:`.binding.bound_by`.

        A command line names it; an application's one default tells it where
        the socket latched exactly that number.
        """
        if self.asked is not None:
            return self.asked
        return backlog if self.application.defaults == (backlog,) else None

    def would_get(self, somaxconn: int) -> Optional[int]:
        """The least that its next listen() would latch with an unchanged configuration; None where nobody knows."""
        wanted = (self.asked,) if self.asked is not None else self.application.defaults
        if not wanted:
            return None
        return min(somaxconn if one is None or one < 0 else min(one, somaxconn) for one in wanted)


def recognise(
    processes: Iterable[records.Process], unit: Optional[str] = None, socket: Optional[records.ListenSocket] = None
) -> Hint:
    """The hint for the processes that hold one socket: an entry of the catalogue, or else the runtime.

    Where systemd is among the holders it opened the socket, whoever uses it.
    With several processes the oldest (by pid) of the matching ones tells;
    with none, the name of the ``unit`` that the socket's control group told.
    With the ``socket`` the hint is about this listener, see :func:`at`.
    """
    hint = _recognised(sorted(processes, key=lambda process: process.pid), unit or "")
    return hint if socket is None else at(hint, socket.address, socket.port, socket.backlog)


def at(hint: Hint, address: str, port: int, backlog: Optional[int]) -> Hint:
    """The hint for this listener of the program: what rules its service need not rule its control channel."""
    if hint.listener:
        return hint
    for one in hint.application.listeners:
        if _fits(one, hint.process, address, port, backlog):
            return _narrowed(hint, one)
    return hint


def _recognised(holders: List[records.Process], unit: str) -> Hint:
    if not holders:
        return Hint(_of_unit(unit))
    names = [(process, programs_of(process)) for process in holders]
    for application in index.candidates([name for _process, its in names for name in its]):
        for process, its in names:
            if _is(application, process, its):
                return _hint(application, process)
    for process in holders:
        application = _of_unit(process.unit or "")
        if _is_the_service(application, process):
            return _hint(application, process)
    for process in holders:
        runtime = known_runtimes.RUNTIMES.get(process.runtime or "")
        if runtime is not None:
            return Hint(runtime, process)
    for process, its in names:
        for runtime in known_runtimes.RUNTIMES.values():
            if any(index.matches(name, runtime.programs) for name in its):
                return Hint(runtime, process)
    return Hint(known_runtimes.UNKNOWN, holders[0])


def _hint(application: catalogue.Application, process: records.Process) -> Hint:
    asked, option = _asked(application, process.argv)
    return Hint(application, process, asked, option, _configured_in(application, process.argv))


def _fits(
    one: catalogue.Listener, process: Optional[records.Process], address: str, port: int, backlog: Optional[int]
) -> bool:
    if one.ports and port not in one.ports:
        return False
    if one.span and not one.span[0] <= port <= one.span[-1]:
        return False
    if one.backlogs and backlog not in one.backlogs:
        return False
    if one.loopback and not address.startswith("127.") and address not in ("::1", "::ffff:127.0.0.1"):
        return False
    if not one.titles:
        return True
    title = " ".join(process.argv) + " " if process else ""
    return index.matches(title, tuple(pattern.replace("{port}", str(port)) for pattern in one.titles))


def _narrowed(hint: Hint, one: catalogue.Listener) -> Hint:
    if one.same:
        return hint._replace(listener=one.what)
    own = hint.application._replace(
        change=one.change, where=one.where, defaults=one.defaults, default=one.default, instead=one.instead,
        restart=one.restart or hint.application.restart, again=catalogue.RESTART, options=(), without_restart="",
    )
    return Hint(own, hint.process, listener=one.what)


def programs_of(process: records.Process) -> List[str]:
    """The names a process may go by: its own, that of its title or executable, and that of an interpreter's script.

    ``gunicorn: master [app]`` is gunicorn; ``python3 -m uvicorn app:web`` is uvicorn too.
    """
    names = [process.name]
    if process.argv:
        title = _base(process.argv[0].split(":", 1)[0].split(" ", 1)[0])
        names.append(title)
        if process.runtime in _INTERPRETERS or title.startswith(_INTERPRETERS):
            names.extend(_script(process.argv[1:]))
    return [name for name in names if name]


def _is(application: catalogue.Application, process: records.Process, names: List[str]) -> bool:
    if not _runs_as(application, process):
        return False
    if any(index.matches(name, application.programs) for name in names):
        return True
    if not any(index.matches(name, application.shared) for name in names):
        return False
    told = process.argv + (process.unit or "",)
    return any(wanted in argument for wanted in application.arguments for argument in told)


def _runs_as(application: catalogue.Application, process: records.Process) -> bool:
    """Whether its executable can be this program: a name is anybody's. One that cannot be read may be anything."""
    if process.runtime is None:
        return True
    return process.runtime in application.runtimes


def _is_the_service(application: catalogue.Application, process: records.Process) -> bool:
    """Whether its unit tells a process that no name told: a renamed binary."""
    if not application.name or application.name in _RUNS_OTHERS:
        return False
    return process.runtime in (application.runtimes or (None,))


def _of_unit(unit: str) -> catalogue.Application:
    """By the service's name: nginx.service, postgresql@15-main.service, php8.2-fpm.service."""
    if not unit.endswith(".service"):
        return known_runtimes.UNKNOWN
    service = unit[: -len(".service")].split("@", 1)[0]
    for application in index.candidates([service]):
        if index.matches(service, application.units) or index.matches(service, application.programs):
            return application
    return known_runtimes.UNKNOWN


def _script(arguments: Tuple[str, ...]) -> List[str]:
    """What an interpreter was told to run."""
    for number, argument in enumerate(arguments):
        if argument == "-m":
            return [arguments[number + 1]] if number + 1 < len(arguments) else []
        if argument in ("-c", "-e"):
            return []
        if not argument.startswith("-"):
            return [_base(argument)]
    return []


def _base(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _asked(application: catalogue.Application, argv: Tuple[str, ...]) -> Tuple[Optional[int], str]:
    """The backlog that the command line names, and the option."""
    for option, value in _given(application.options, argv):
        if value.isdigit() and value.isascii() and int(value) <= _MOST:
            return int(value), option
    return None, ""


def _configured_in(application: catalogue.Application, argv: Tuple[str, ...]) -> Tuple[str, ...]:
    """The configuration files that the command line names, as far as they are plain absolute paths.

    nginx keeps its command line in its title: ``nginx: master process nginx -c /srv/nginx.conf``.
    """
    if len(argv) == 1 and ": " in argv[0]:
        argv = tuple(argv[0].split())
    named = [value for _option, value in _given(application.configured_by, argv)]
    if catalogue.FIRST in application.configured_by:
        named += argv[1:2]
    return tuple(value for value in named if re.fullmatch(_PLAIN_PATH, value))


def _given(options: Tuple[str, ...], argv: Tuple[str, ...]) -> Iterator[Tuple[str, str]]:
    """Each option with its value: ``--option N``, ``-oN``, ``--option=N``, ``-p option=N``."""
    for number, argument in enumerate(argv):
        for option in options:
            if option == catalogue.FIRST:
                continue
            if argument == option and number + 1 < len(argv):
                yield option, argv[number + 1]
            elif argument.startswith(option + "="):
                yield option, argument[len(option) + 1:]
            elif len(option) == 2 and argument.startswith(option):
                yield option, argument[2:]


def default_of(application: catalogue.Application) -> Optional[int]:
    """Its one default as a number; None where it varies or follows somaxconn."""
    if len(application.defaults) == 1 and application.defaults[0] != catalogue.SYSTEM:
        return application.defaults[0]
    return None
