# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What exactly to change so that a listener admits more: one or two sentences to act upon.

A remedy says how, not whether: a limit that is never reached needs none.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from .._kernel import level as kernel_level
from .._kernel import limits as kernel_limits
from .._kernel import rules, sysctls
from .._model import binding, namespace_commands, text, units
from . import amounts, at_once, recognise, restarts, sysctl_words
from . import application as catalogue

_COOKIES = "tcp_syncookies"


class Situation(NamedTuple):
    """One listener, and everything that its remedy depends on."""

    bound_by: Optional[str]  # as `binding.bound_by` says; None where the backlog cannot be read
    level: kernel_level.Level
    rule: str
    backlog: Optional[int]
    somaxconn: Optional[int]  # of the listener's network namespace, like the two below
    tcp_max_syn_backlog: Optional[int]
    tcp_syncookies: Optional[int]
    limits: Optional[kernel_limits.QueueLimits]
    hint: recognise.Hint
    unit: Optional[units.Unit]
    address: str
    port: int
    namespace: Optional[str] = None  # name of the network namespace; None for the one that is audited from
    alone: bool = True  # whether nothing listens on the same port of another address
    path: Optional[str] = None  # of a UNIX socket, in place of address and port

    @property
    def home(self) -> sysctl_words.Home:
        return sysctl_words.Home(self.namespace, self.unit, self.level)


def remedy(situation: Situation) -> str:
    """One line that prints; it always names the knob that binds, and never raises."""
    if situation.path is None:
        hint = recognise.at(situation.hint, situation.address, situation.port, situation.backlog)
        situation = situation._replace(hint=hint)
    write = {
        binding.APPLICATION: _application,
        binding.SOMAXCONN: _somaxconn,
        binding.TCP_MAX_SYN_BACKLOG: _tcp_max_syn_backlog,
        binding.SYNCOOKIES: _syncookies,
    }.get(situation.bound_by or "", _unknown)
    if situation.backlog is None or situation.somaxconn is None:
        write = _unknown
    return text.printable(_naming_the_listener(situation, write(situation)))


def _naming_the_listener(it: Situation, told: str) -> str:
    """With a sentence that says which listener of its program this is, in front of the command."""
    if not it.hint.listener or _this(it) in told:
        return told
    lasting, now = at_once.parted(told)
    return "%s This is %s.%s" % (lasting, it.hint.listener, " " + now if now else "")


def _this(it: Situation) -> str:
    return "this is " + it.hint.listener


# ---------------------------------------------------------------- bound by the application


def _application(it: Situation) -> str:
    gets = it.hint.would_get(it.somaxconn)
    if gets is not None and gets > it.backlog and _was_clamped(it):
        return _latched_too_early(it, gets)
    wanted = _wanted(it, it.somaxconn)
    application = it.hint.application
    first = _first_sysctls(it, wanted)
    if application.change is None and it.hint.listener:
        return "To admit more, %s: %s, with %d compiled in, and no setting or sysctl raises it.%s" % (
            first + _filled(application.instead, it, wanted) if application.instead else "there is nothing to set",
            _this(it), it.backlog, _at_once(at_once.UNTIL_RESTART, it, wanted),
        )
    if application.change is None:
        return "To admit more, %s%s: %s has the %d compiled in, and no setting or sysctl raises it.%s" % (
            first, _filled(application.instead, it, wanted), it.hint.program, it.backlog,
            _at_once(at_once.UNTIL_RESTART, it, wanted),
        )
    return "To admit more, %s%s (%s; no sysctl raises it), then %s.%s%s" % (
        first, _change(it, wanted), _was(it), _to_take_the_edit(it, wanted > it.somaxconn), _perhaps_early(it),
        _at_once(at_once.UNTIL_RESTART, it, wanted),
    )


def _was_clamped(it: Situation) -> bool:
    """Whether an old somaxconn is what made it less than it asks for, rather than its configuration."""
    return it.hint.asked is not None or it.hint.application.change is None or amounts.plausible_somaxconn(it.backlog)


def _latched_too_early(it: Situation, gets: int) -> str:
    """The socket is older than today's somaxconn, or somebody configured just that number."""
    if it.hint.asked is not None:
        asks = "its %s asks for %d" % (it.hint.asked_by, it.hint.asked)
    else:
        asks = "its default is %s" % it.hint.application.default_words
    edit = "Nothing has to be edited"
    if it.hint.asked is None and it.hint.application.change is not None:
        edit = "Where its configuration itself asks for %d, %s" % (it.backlog, _change(it, _wanted(it, it.somaxconn)))
    return (
        "To admit more, %s: net.core.somaxconn (%d) now allows %d, but the running socket keeps the %d of its last "
        "listen() (%s). %s.%s"
    ) % (_to_listen_again(it), it.somaxconn, gets, it.backlog, asks, edit, _at_once(at_once.INSTEAD, it, gets))


def _perhaps_early(it: Situation) -> str:
    """Where nobody knows what it asks for, an old and smaller somaxconn may be all that is behind the number."""
    if it.hint.asked is not None or it.hint.application.defaults or it.backlog >= it.somaxconn:
        return ""
    if not amounts.plausible_somaxconn(it.backlog):
        return ""
    return " If net.core.somaxconn was %d when it started, the restart alone is enough." % it.backlog


def _change(it: Situation, wanted: int) -> str:
    application = it.hint.application
    if it.hint.asked is not None:
        return "change %s on the command line of %s to %d" % (it.hint.asked_by, it.hint.program, wanted)
    if it.hint.process is None and not it.hint.known and it.path is not None:
        return (
            "find the process that holds %s (`ss -lxp` as root) and raise the backlog that it passes to listen(2)"
        ) % it.path
    if it.hint.process is None and not it.hint.known:
        return (
            "find the process that holds port %d (`%sss -ltnp 'sport = :%d'` as root) and raise the backlog that it "
            "passes to listen(2)"
        ) % (it.port, namespace_commands.prefix(it.namespace), it.port)
    change = _filled(application.change or "", it, wanted)
    where = application.where
    if it.hint.configured_in:
        where = "in %s and what it includes" % " or ".join(it.hint.configured_in)
    return "%s %s" % (change, where) if where else change


def _was(it: Situation) -> str:
    if it.hint.asked is not None:
        return "now %d" % it.hint.asked
    if recognise.default_of(it.hint.application) == it.backlog:
        return "%d is the default" % it.backlog
    words = it.hint.application.default_words
    return "now %d; default: %s" % (it.backlog, words) if words else "now %d" % it.backlog


def _first_sysctls(it: Situation, wanted: int) -> str:
    """An application gets no more than somaxconn, and old kernels no larger SYN queue than tcp_max_syn_backlog."""
    first = []
    if wanted > it.somaxconn:
        first.append((binding.SOMAXCONN, it.somaxconn))
    table = it.tcp_max_syn_backlog if it.path is None and it.rule == rules.POWER_OF_TWO else None
    if table is not None and wanted > table:
        first.append((binding.TCP_MAX_SYN_BACKLOG, table))
    if not first:
        return ""
    home = it.home
    return "first raise %s, then " % " and ".join(
        "%s (now %d) to %d%s (%s)" % (sysctls.KEYS[name].key, now, wanted, home.inside(name), home.set(name, wanted))
        for name, now in first
    )


# ---------------------------------------------------------------- bound by a sysctl


def _somaxconn(it: Situation) -> str:
    if it.backlog > it.somaxconn:
        return _lowered(it)
    wanted = _wanted(it, amounts.largest_backlog(it.level))
    if wanted <= it.somaxconn:
        return (
            "net.core.somaxconn is at %d, the most that this kernel takes: spread the load over more sockets."
        ) % it.somaxconn
    return (
        "Raise net.core.somaxconn above %d%s (%s), then %s: the running socket keeps %d until listen() is called "
        "again%s.%s%s"
    ) % (
        it.somaxconn, it.home.inside(binding.SOMAXCONN), it.home.set(binding.SOMAXCONN, wanted),
        _to_listen_again(it, True), it.backlog, _reload_is_not_enough(it), _what_it_then_gets(it, wanted),
        _at_once(at_once.INSTEAD if it.hint.would_get(wanted) == wanted else at_once.UNTIL_RESTART, it, wanted),
    )


def _lowered(it: Situation) -> str:
    """It has more than somaxconn allows today: how to keep that, and how to get beyond it."""
    wanted = max(_wanted(it, amounts.largest_backlog(it.level)), it.backlog)
    keep = (
        "Raise net.core.somaxconn (now %d) to %d%s (%s) before %s is restarted: the running socket latched %d before "
        "somaxconn was lowered, and its next listen() would shrink it to %d."
    ) % (
        it.somaxconn, wanted, it.home.inside(binding.SOMAXCONN), it.home.set(binding.SOMAXCONN, wanted),
        it.hint.program, it.backlog, it.somaxconn,
    )
    if wanted == it.backlog:
        return keep
    gets, now = it.hint.would_get(wanted), _at_once(at_once.UNTIL_RESTART, it, wanted)
    if gets is not None and gets > it.backlog:
        return "%s After that, to admit more, %s: it then gets at least %d.%s" % (
            keep, _to_listen_again(it, True), gets, now,
        )
    more = _first_sysctls(it._replace(somaxconn=wanted), wanted)
    if it.hint.application.change is None and not it.hint.application.instead:
        return keep + now
    if it.hint.application.change is None:
        return "%s After that, to admit more than the %d that %s has compiled in, %s%s.%s" % (
            keep, it.backlog, it.hint.program, more, _filled(it.hint.application.instead, it, wanted), now,
        )
    return "%s After that, to admit more, %s%s (%s), then %s.%s" % (
        keep, more, _change(it, wanted), _was(it), _to_take_the_edit(it, True), now,
    )


def _reload_is_not_enough(it: Situation) -> str:
    if it.hint.application.again == catalogue.RELOAD_IF_EDITED:
        return ", which a reload does only where the configured backlog has changed"
    return ""


def _what_it_then_gets(it: Situation, wanted: int) -> str:
    """It latched all that somaxconn allowed: it asks for its default or, where that is less, was configured."""
    gets = it.hint.would_get(wanted)
    if gets is not None and gets > it.backlog:
        if gets == wanted:
            return ""
        return " It then gets the %d that it asks for %s." % (
            gets, "with " + it.hint.asked_by if it.hint.asked is not None else "by default",
        )
    if it.hint.application.change is None or not it.hint.known:
        return " It then gets what it asks for, which may be no more than %d." % it.backlog
    return " Where its configuration asks for no more than %d, %s as well." % (it.backlog, _change(it, wanted))


def _tcp_max_syn_backlog(it: Situation) -> str:
    if it.tcp_max_syn_backlog is None or it.limits is None:
        return _unknown(it)
    capped = binding.syn_table_bound(it.rule, it.backlog, it.tcp_max_syn_backlog)
    if not binding.new_peers_bound(it.rule, it.backlog, it.tcp_max_syn_backlog, it.tcp_syncookies or 0):
        return (
            "Raise net.ipv4.tcp_max_syn_backlog above %d%s (%s), then %s: this kernel caps the SYN queue with it when "
            "listen() is called."
        ) % (
            it.tcp_max_syn_backlog, it.home.inside(binding.TCP_MAX_SYN_BACKLOG),
            it.home.set(binding.TCP_MAX_SYN_BACKLOG, it.backlog), _restart(it),
        )
    wanted = amounts.keeping_three_quarters(max(it.limits.syn_queue, it.backlog))
    return (
        "Set net.ipv4.tcp_syncookies to 1%s (%s), which lifts the limit of %d half-open connections from new peers, "
        "or keep it at 0 and raise net.ipv4.tcp_max_syn_backlog above %d (%s); either takes effect at once.%s"
    ) % (
        it.home.inside(_COOKIES), it.home.set(_COOKIES, 1), it.limits.new_peer_limit or 0, it.tcp_max_syn_backlog,
        it.home.set(binding.TCP_MAX_SYN_BACKLOG, wanted),
        " Then %s: this kernel also caps the SYN queue with tcp_max_syn_backlog when listen() is called." % _restart(it)
        if capped else "",
    )


def _syncookies(it: Situation) -> str:
    return (
        "Set net.ipv4.tcp_syncookies to 1%s (%s): with 2 every SYN is answered with a cookie and the SYN queue stays "
        "empty; no backlog changes that."
    ) % (it.home.inside(_COOKIES), it.home.set(_COOKIES, 1))


def _unknown(it: Situation) -> str:
    knob = {
        binding.APPLICATION: "the backlog that the application passes to listen(2)",
        binding.SOMAXCONN: "net.core.somaxconn",
        binding.TCP_MAX_SYN_BACKLOG: "net.ipv4.tcp_max_syn_backlog", binding.SYNCOOKIES: "net.ipv4.tcp_syncookies",
    }.get(it.bound_by or "")
    if knob is not None:
        return "Change %s; how far is not known here, because a value could not be read." % knob
    if it.backlog is not None:
        return (
            "Read net.core.somaxconn, net.ipv4.tcp_max_syn_backlog and net.ipv4.tcp_syncookies%s: one of them could "
            "not be read here, so what binds this listener is not known."
        ) % it.home.inside(binding.SOMAXCONN)
    if it.path is not None:
        return (
            "Read the backlog of %s with `ss -lx`: it could not be read here, so what binds this listener is not known."
        ) % it.path
    return (
        "Read the backlog of port %d with `%sss -ltn`: it could not be read here, so what binds this listener is not "
        "known."
    ) % (it.port, namespace_commands.prefix(it.namespace))


# ---------------------------------------------------------------- words


def _at_once(when: str, it: Situation, backlog: int) -> str:
    """The last sentence: it reckons with a somaxconn that is raised as the sentences before it say."""
    if it.path is not None:
        return at_once.raise_path_at_once(when, it.level, it.path, backlog, it.namespace)
    return at_once.raise_at_once(when, it.level, it.port, backlog, None if it.alone else it.address, it.namespace)


def _wanted(it: Situation, most: int) -> int:
    return amounts.worthwhile_backlog(it.backlog, most, it.level)


def _restart(it: Situation, new_sysctl: bool = False) -> str:
    """``new_sysctl``: its next listen() has to find somaxconn changed."""
    own = it.hint.application.restart
    if own:
        return _filled(own, it, it.backlog)
    container = restarts.container_of(it.unit) if it.namespace else None
    if container and new_sysctl:
        return restarts.recreate(*container)
    process = it.hint.process
    return restarts.restart(it.unit, it.hint.program, process.pid if process else None)


def _reload(it: Situation) -> str:
    process = it.hint.process
    return restarts.reload(it.unit, it.hint.program, process.pid if process else None)


def _to_take_the_edit(it: Situation, new_sysctl: bool) -> str:
    return _restart(it, new_sysctl) if it.hint.application.again == catalogue.RESTART else _reload(it)


def _to_listen_again(it: Situation, new_sysctl: bool = False) -> str:
    """The gentlest way to a new listen() with an unchanged configuration."""
    application = it.hint.application
    if application.again == catalogue.RELOAD:
        return _reload(it)
    gentler = _filled(application.without_restart, it, it.backlog) if it.path is None else ""
    return _restart(it, new_sysctl) + (" or " + gentler if gentler else "")


def _filled(template: str, it: Situation, wanted: int) -> str:
    inside = namespace_commands.prefix(it.namespace)
    return catalogue.filled(template, wanted, it.hint.program, it.address, it.port, it.path, inside)
