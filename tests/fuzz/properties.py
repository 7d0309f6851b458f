# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds of every parser, whatever it is given: it raises only what it documents, ends soon, and tells no more than it was given."""

from __future__ import annotations

import signal
from typing import Any, Callable, NamedTuple, Tuple

from hypothesis import strategies as st

from . import mutations
from .parsers import Parser

FAR_TOO_LONG = 20  # seconds of CPU for at most 64 KiB: what takes milliseconds on an idle machine, and for ever where it tries again and again
TELLS_AT_MOST = 100  # characters for each byte of the input, as Python prints the answer
AND_ALWAYS = 200000


class Property(NamedTuple):
    """What Hypothesis is to try: values of these strategies, put into a function that raises where it does not hold."""

    strategies: Tuple[Any, ...]
    holds: Callable[..., None]


class TooSlow(AssertionError):
    """A parser did not end in time."""


def _give_up(*_signal: Any) -> None:
    raise TooSlow("it takes more than %d seconds" % FAR_TOO_LONG)


def holds(parser: Parser, data: bytes) -> None:
    """Raises where a property does not hold. The alarm ends even a search inside of the regular expression engine."""
    before = signal.signal(signal.SIGVTALRM, _give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, FAR_TOO_LONG)
    try:
        told = parser.parse(data)
    except parser.errors:
        return
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    length = len(repr(told))
    if length > TELLS_AT_MOST * len(data) + AND_ALWAYS:
        raise AssertionError("%d bytes in, %d characters out" % (len(data), length))


def any_input(parser: Parser) -> Property:
    """The properties, of mutated samples."""
    return Property((mutations.inputs(parser.samples),), lambda data: holds(parser, data))


def truths(parser: Parser) -> Property:
    """Each truth is found with anything before and behind it."""
    some = mutations.inputs(parser.samples).map(lambda data: data[:20000])

    def holds_true(truth: Any, before: bytes, after: bytes) -> None:
        data = before + truth.apart + truth.chunk + truth.apart + after
        if not truth.found(parser.parse(data)):
            raise AssertionError("lost among other things: %r" % truth.chunk)

    return Property((st.sampled_from(list(parser.truth)), some, some), holds_true)
