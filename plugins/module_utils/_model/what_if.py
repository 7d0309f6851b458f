# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The limits that would follow from a kernel, its sysctls and a listen() backlog; nothing is read for it."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._kernel import identity, lifetime, memory, overflow, rules, sizing
from .._kernel import limits as kernel_limits
from .._kernel import sysctls as kernel_sysctls
from . import binding as model_binding
from . import errors

SYSCTLS = ("somaxconn", "tcp_max_syn_backlog", "tcp_syncookies", "tcp_synack_retries")
LOAD_DEFAULTS = {"handshake_time": 0.5, "accept_stall": 1.0}
LOAD_RANGES = {"connection_rate": (0, 10000000), "handshake_time": (0, 3600), "accept_stall": (0, 3600)}
TCP, UNIX = "tcp", "unix"  # kinds of sockets
KINDS = (TCP, UNIX)
INPUTS = ("kernel_release", "kernel_rule", "listen_backlog") + SYSCTLS + tuple(LOAD_RANGES) + ("kind",)


class Question(NamedTuple):
    """What is asked, complete and within the kernel's ranges."""

    kernel: identity.Kernel
    listen_backlog: Optional[int]  # None: an application that asks for as much as it can get
    somaxconn: int
    tcp_max_syn_backlog: int
    tcp_syncookies: int
    tcp_synack_retries: int
    load: Optional[sizing.Load]
    kind: str = TCP


def ask(kernel: identity.Kernel, inputs: Mapping[str, Any], host: Mapping[str, Optional[int]]) -> Question:
    """Complete the inputs with the host's values (or the kernel's defaults) and check their ranges.

    ``inputs`` has the options of syn_backlog_limits; what is absent or None is
    taken from ``host``. Without a backlog the question is about an application
    that asks for as much as it can get.

    :raises InvalidOption: names the option, the value and the allowed range.
    """
    sysctls = {name: _sysctl(name, kernel, inputs.get(name), host) for name in SYSCTLS}
    backlog = inputs.get("listen_backlog")
    if backlog is not None:
        backlog = whole_number("listen_backlog", backlog)
        errors.require_range("listen_backlog", backlog, kernel_sysctls.INT_MIN, kernel_sysctls.INT_MAX)
    kind = TCP if inputs.get("kind") is None else inputs["kind"]
    if kind not in KINDS:
        raise errors.InvalidOption("kind", kind, "allowed are " + " and ".join(KINDS))
    return Question(kernel, backlog, load=_load(inputs), kind=kind, **sysctls)


def kernel_of(release: Any, rule: Optional[str] = None) -> identity.Kernel:
    """The kernel that a ``kernel_release`` names, with the rule that the user states instead of its own.

    :raises InvalidOption: not a release, or not a rule.
    """
    try:
        kernel = identity.identify(release)
    except TypeError:  # YAML reads an unquoted 6.10 as the number 6.1
        raise errors.InvalidOption("kernel_release", release, "expected a text such as '6.1.176', in quotes") from None
    except ValueError:
        raise errors.InvalidOption(
            "kernel_release", release, "expected a release such as 6.1.176 or 5.10.0-28-amd64"
        ) from None
    if rule is None:
        return kernel
    try:
        return kernel.overridden(rule)
    except ValueError:
        allowed = "allowed are {0} and {1}".format(", ".join(rules.RULES[:-1]), rules.RULES[-1])
        raise errors.InvalidOption("kernel_rule", rule, allowed) from None


def answer(question: Question) -> Dict[str, Any]:
    """``limits``, ``recommended`` (None without a load) and ``explanation``, as syn_backlog_limits returns them."""
    kernel = question.kernel
    asked = question.listen_backlog
    if question.kind == UNIX:
        from . import what_if_unix

        load = question.load
        rate, stall = (None, 0.0) if load is None else (load.connection_rate, load.accept_stall)
        return what_if_unix.answer(kernel.level, asked, question.somaxconn, rate, stall)
    backlog = kernel_limits.latch(-1 if asked is None else asked, question.somaxconn)
    limits = kernel_limits.queue_limits(
        kernel.level, kernel.rule, backlog, question.tcp_max_syn_backlog, question.tcp_syncookies
    )
    binding = model_binding.bound_by(
        kernel.level,
        kernel.rule,
        backlog,
        question.somaxconn,
        question.tcp_max_syn_backlog,
        question.tcp_syncookies,
        requested=asked,
    )
    recommended = None
    if question.load:
        recommended = sizing.recommend(kernel.level, question.load, question.somaxconn, question.tcp_max_syn_backlog)
    return {
        "limits": {
            "backlog": backlog,
            "accept_queue": overflow.established_limit(limits),
            "syn_queue": limits.syn_queue,
            "new_peer_limit": limits.new_peer_limit,
            "on_full": limits.on_full,
            "bound_by": binding,
            "half_open_lifetime": lifetime.half_open_lifetime(kernel.level, question.tcp_synack_retries),
            "spoofed_syn_rate_to_fill": _rounded(
                lifetime.spoofed_rate_to_fill(kernel.level, question.tcp_synack_retries, limits.half_open)
            ),
            "memory_bytes": memory.full_queue_bytes(kernel.level, limits),
        },
        "recommended": recommended,
        "explanation": " ".join(_explain(question, backlog, limits, binding, recommended)),
    }


def whole_number(option: str, value: Any) -> int:
    """An int, or a text that is one.

    :raises InvalidOption: anything else, true and false included.
    """
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            pass
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    raise errors.InvalidOption(option, value, "expected a whole number")


def _sysctl(name: str, kernel: identity.Kernel, value: Any, host: Mapping[str, Optional[int]]) -> int:
    if value is None:
        value = host.get(name)
    if value is None:
        value = kernel_sysctls.boot_default(name, kernel.level)
    if value is None:
        raise errors.InvalidOption(name, None, "a value is needed: the kernel's own default depends on the machine")
    number = whole_number(name, value)
    errors.require_range(name, number, *kernel_sysctls.valid_range(name, kernel.level))
    return number


def _load(inputs: Mapping[str, Any]) -> Optional[sizing.Load]:
    numbers = {}
    for name, (lowest, highest) in LOAD_RANGES.items():
        value = inputs.get(name)
        if value is None:
            value = LOAD_DEFAULTS.get(name)
        if value is not None:
            numbers[name] = _decimal(name, value)
            errors.require_range(name, numbers[name], lowest, highest)
    return sizing.Load(**numbers) if "connection_rate" in numbers else None


def _decimal(option: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise errors.InvalidOption(option, value, "expected a number") from None


def _rounded(rate: Optional[float]) -> Optional[float]:
    return None if rate is None else round(rate, 1)


def _explain(
    question: Question,
    backlog: int,
    limits: kernel_limits.QueueLimits,
    binding: str,
    recommended: Optional[Dict[str, int]],
) -> List[str]:
    kernel = question.kernel
    asked = question.listen_backlog
    sentences = []
    if asked is None:
        sentences.append("An application that asks for the most latches net.core.somaxconn, {0}.".format(backlog))
    elif asked == backlog:
        sentences.append("listen({0}) latches a backlog of {0}.".format(asked))
    elif asked < 0:
        sentences.append("listen({0}) means somaxconn: it latches {1}.".format(asked, backlog))
    else:
        sentences.append("listen({0}) is clamped by net.core.somaxconn and latches {1}.".format(asked, backlog))
    sentences.append(
        "On Linux {0} ({1}, {2}) the SYN queue then admits {3} half-open connections, the accept queue {4} that wait "
        "for accept().".format(
            kernel.level.text, kernel.rule, kernel.rule_source, limits.syn_queue, overflow.established_limit(limits)
        )
    )
    both = binding == "application" and backlog == question.somaxconn
    sentences.append((_BOTH if both else _BINDING[binding]).format(**question._asdict()))
    sentences.append(
        "A SYN beyond the limit is answered with a cookie."
        if limits.on_full == "cookies"
        else "A SYN beyond the limit is dropped, and the client tries again after a second or more."
    )
    let_in = kernel_limits.half_open_while_accept_queue_full(kernel.level, limits)
    sentences.append(
        "While the accept queue is full, {0}.".format(
            "only {0} SYNs at a time are let in".format(let_in) if let_in else "every SYN is dropped, cookies or not"
        )
    )
    if question.tcp_syncookies and not rules.max_syn_backlog_caps_queue(kernel.level):
        sentences.append("tcp_max_syn_backlog has no effect while tcp_syncookies is not 0.")
    if recommended:
        sentences.append(
            "For this load let the application call listen({listen_backlog}), with somaxconn {somaxconn}, "
            "tcp_max_syn_backlog {tcp_max_syn_backlog} and tcp_syncookies {tcp_syncookies}.".format(**recommended)
        )
        if recommended["listeners"] > 1:
            sentences.append(
                "One listener cannot carry it: this kernel's widest backlog is {listen_backlog}, so open {listeners} "
                "sockets with SO_REUSEPORT.".format(**recommended)
            )
    return sentences


_BOTH = (
    "The application asks for exactly net.core.somaxconn={somaxconn}: to admit more, raise both, the sysctl first and "
    "then the application's backlog."
)


_BINDING = {
    "application": "The application's own backlog binds: raise it where the application sets it, no sysctl helps.",
    "somaxconn": "net.core.somaxconn={somaxconn} binds: raise it, then let the application call listen() again "
    "(a restart).",
    "tcp_max_syn_backlog": "net.ipv4.tcp_max_syn_backlog={tcp_max_syn_backlog} binds: raise it.",
    "syncookies": "tcp_syncookies=2 answers every SYN with a cookie, so nothing is ever queued half-open: set it to 1.",
}
