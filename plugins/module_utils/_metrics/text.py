# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Metric families as text: OpenMetrics 1.0, or the older format that node_exporter's textfile collector reads.

The two differ in the name of a counter's family, which ends in _total only in the older one, in the type of an info
metric, which the older one lacks, and in the last line.
"""

from __future__ import annotations

import functools
from typing import List, NamedTuple, Sequence, Tuple, Union

_LONGEST = 200  # characters of a label's value

Labels = Tuple[Tuple[str, str], ...]


class Family(NamedTuple):
    """One metric: its name without _total or _info, and its samples, each with the same names of labels."""

    name: str
    kind: str  # gauge, counter or info
    help: str
    samples: Sequence[Tuple[Labels, Union[int, float]]]


def openmetrics(families: Sequence[Family]) -> str:
    """The families as OpenMetrics text."""
    return "".join(_family(one, one.name, one.kind) for one in families) + "# EOF\n"


def classic(families: Sequence[Family]) -> str:
    """The families in the text format of Prometheus, version 0.0.4."""
    return "".join(_family(one, _sample_name(one), "gauge" if one.kind == "info" else one.kind) for one in families)


def label(value: object) -> str:
    """A value as a label shows it: no control characters, no lone surrogates, of bounded length."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return "".join(one if one.isprintable() else "?" for one in text[:_LONGEST])


def _sample_name(family: Family) -> str:
    return family.name + {"counter": "_total", "info": "_info"}.get(family.kind, "")


def _family(family: Family, name: str, kind: str) -> str:
    if not family.samples:
        return ""
    lines: List[str] = ["# HELP %s %s" % (name, _escaped(family.help)), "# TYPE %s %s" % (name, kind)]
    sample = _sample_name(family)
    for labels, value in family.samples:
        lines.append("%s%s %s" % (sample, _inside(labels), value))
    return "\n".join(lines) + "\n"


@functools.lru_cache(maxsize=2048)  # a dozen families share the labels of a listener
def _inside(labels: Labels) -> str:
    return "{%s}" % ",".join('%s="%s"' % (key, _escaped(label(told))) for key, told in labels) if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
