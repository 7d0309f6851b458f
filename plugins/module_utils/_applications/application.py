# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What is known of one application: where it takes its listen backlog from, and when it calls listen(2) again."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple

#: A default that means: as much as net.core.somaxconn allows when listen() is called
SYSTEM = -1

#: Among ``configured_by``: the first argument names it
FIRST = ""

RESTART = "restart"  # only a restart brings a new listen()
RELOAD_IF_EDITED = "reload_if_edited"  # a reload calls listen() where the configured backlog changed, else not
RELOAD = "reload"  # every reload opens the socket anew


class Listener(NamedTuple):
    """A listener of a program that is not its service, told by all of the conditions that are given.

    ``what`` completes "This is …". The fields from ``change`` on are those of `Application`, for this listener alone:
    without a ``change`` there is nothing to set. ``same``: the program's own setting rules this one too.
    """

    what: str
    ports: Tuple[int, ...] = ()
    span: Tuple[int, ...] = ()  # the first and the last port of a range
    backlogs: Tuple[int, ...] = ()  # what it has latched
    loopback: bool = False
    titles: Tuple[str, ...] = ()  # shell patterns for the whole command line, one of which has to match
    same: bool = False
    change: Optional[str] = None
    where: str = ""
    defaults: Tuple[int, ...] = ()
    default: str = ""
    instead: str = ""
    restart: str = ""


class Application(NamedTuple):
    """One entry of the catalogue.

    ``change`` completes "To admit more, …" and may name {n}, the wanted
    backlog, {half} and {four} (n/2 rounded up, 4n), {listen} (the address as a
    configuration writes it), {port}, {place} ("port 80", or the path of a UNIX
    socket), {program} and {inside} (what runs a command in the listener's
    network namespace). None: it has no such setting, and ``instead`` says
    what helps.
    """

    name: str
    programs: Tuple[str, ...]  # shell patterns for the program's name, see `recognise.programs_of`
    change: Optional[str]
    where: str = ""  # where the change is made, unless its command line names a configuration file
    defaults: Tuple[int, ...] = ()  # what it asks for unless configured, one per version; () where it varies
    default: str = ""  # the default in words, where numbers alone do not say it
    again: str = RESTART  # what brings a new listen()
    options: Tuple[str, ...] = ()  # command line options that carry the backlog
    shared: Tuple[str, ...] = ()  # names that others have too: only with one of the ``arguments``
    arguments: Tuple[str, ...] = ()  # part of an argument or of the unit's name: what tells it from its namesakes
    runtimes: Tuple[str, ...] = ()  # what its executable may be, as in `records.Process`; () for machine code
    units: Tuple[str, ...] = ()  # names of its service, where they are not those of its program
    configured_by: Tuple[str, ...] = ()  # command line options that name its configuration file, or FIRST
    instead: str = ""
    restart: str = ""  # where restarting its unit is not what helps: "restart …"
    without_restart: str = ""  # another way to a new listen() with an unchanged setting
    listeners: Tuple[Listener, ...] = ()  # those that are not its service; the first that fits
    source: str = ""  # where the default and the behaviour were read or measured

    @property
    def default_words(self) -> str:
        if self.default:
            return self.default
        if not self.defaults:
            return ""
        words = ["all that net.core.somaxconn allows" if one == SYSTEM else str(one) for one in self.defaults]
        return " or ".join(words) + (", by version" if len(words) > 1 else "")


GO_SOURCE = "go src/net/net.go listenerBacklog(), src/net/sock_linux.go"
NO_SETTING = "spread the load over more addresses or put a proxy in front"

LIBC: Dict[str, Any] = dict(defaults=(128, 4096), default="SOMAXCONN of its C library")
#: tokio and mio
RUST: Dict[str, Any] = dict(defaults=(128, 1024), default="128 or 1024, by version of mio")
RUST_SOURCE = "mio src/net/tcp/listener.rs (128; 1024 in older versions), which tokio::net::TcpListener::bind() calls"

#: What a Java virtual machine opens by itself
JAVA_LISTENERS = (
    Listener(
        "a JMX port of its Java virtual machine", titles=("*jmxremote.port={port} *", "*jmxremote.rmi.port={port} *"),
        defaults=(50,),
    ),
    Listener(
        "the debugging port of its Java virtual machine (JDWP)",
        titles=("*jdwp=*:{port} *", "*jdwp=*:{port},*", "*jdwp=*address={port} *", "*jdwp=*address={port},*"),
        defaults=(1,),
    ),
)


def in_go(name: str, *programs: str, **more: Any) -> Application:
    """A program in Go, which asks for somaxconn."""
    facts: Dict[str, Any] = dict(
        defaults=(SYSTEM,), default="net.core.somaxconn as it was when the process first listened",
        instead="restart it, for Go reads net.core.somaxconn once in a process", source=GO_SOURCE,
    )
    facts.update(more)
    return Application(name, programs, None, runtimes=("go",), **facts)


def fixed(name: str, *programs: str, **more: Any) -> Application:
    """A program that has its backlog compiled in."""
    return Application(name, programs, None, **dict({"instead": NO_SETTING}, **more))


def other(what: str, *ports: int, **more: Any) -> Listener:
    """A listener that its usual port tells."""
    return Listener(what, ports, **more)


def in_java(name: str, arguments: Tuple[str, ...], change: Optional[str], where: str = "", **more: Any) -> Application:
    """A program that a Java virtual machine runs; ``arguments`` tell it."""
    listeners = JAVA_LISTENERS + more.pop("listeners", ())
    return Application(
        name, (), change, where, shared=("java",), runtimes=("java",), arguments=arguments, listeners=listeners, **more
    )


def filled(
    template: str, wanted: int, program: str, address: str, port: int, path: Optional[str] = None, inside: str = ""
) -> str:
    """The words of an entry with a listener's numbers and names, as :class:`Application` says.

    :param path: of a UNIX socket, in place of address and port; "" for one without a name
    :param inside: what runs a command in its network namespace
    """
    if path is not None:
        listen, place = "unix:" + path, path or "a UNIX socket without a name"
    else:
        wildcard = address in ("0.0.0.0", "*", "")  # configurations write the port alone then
        listen = str(port) if wildcard else ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)
        place = "port %d" % port
    return template.format(
        n=wanted, half=(wanted + 1) // 2, four=4 * wanted, listen=listen, port=port, place=place, program=program,
        inside=inside,
    )  # fmt: skip
