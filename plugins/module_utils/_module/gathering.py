# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What one gathering has in hand: the options, the warnings that pile up, and the way into a namespace."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from .._model import namespace as model_namespace
from . import options as module_options


class Notes:
    """The warnings that pile up on the way."""

    def __init__(self) -> None:
        self.warnings: List[str] = []

    def note(self, reading: Tuple[Any, List[str]], place: str = "") -> Any:
        """The value of a reading; its warnings are kept, each once."""
        value, warnings = reading
        for warning in warnings:
            self.warn("{0}: {1}".format(place, warning) if place else warning)
        return value

    def warn(self, text: str) -> None:
        """Keep a warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)


class Gathering(Notes):
    """The options of a gathering, and its warnings."""

    def __init__(
        self, options: module_options.GatheringOptions, meanwhile: Optional[Callable[[], None]] = None
    ) -> None:
        super().__init__()
        self.options = options
        self.meanwhile = meanwhile  # what is to be done while a window passes
        self.ports = None if options.ports is None else sorted(options.ports)
        self.first_timeout = 1.0  # seconds until this kernel sends a SYN-ACK again


def inside(namespace: model_namespace.Namespace, function: Any, *args: Any) -> Any:
    """Call it in the namespace; our own needs no way in.

    :raises Unreachable: the namespace cannot be entered (any more).
    """
    if namespace == model_namespace.OWN:
        return function(*args)
    from .._read import namespaces

    return namespaces.call_inside(namespace, function, *args)


def namespaces(work: Notes, wanted: List[str]) -> List[model_namespace.Namespace]:
    """The namespaces to read, each once; one that we may not even look at is left out with a warning."""
    if not wanted:
        return [model_namespace.OWN]
    from .._read import namespaces as read_namespaces

    found: Dict[int, model_namespace.Namespace] = {}
    for spec in wanted:
        try:
            for one in read_namespaces.resolve([spec], work.warnings):
                found.setdefault(one.inode, one)
        except model_namespace.Unreachable as error:
            work.warn(str(error))
    return list(found.values())
