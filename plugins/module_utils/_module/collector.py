# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One reading after the other of the same host, cheap enough to be made for ever.

Who holds the sockets and what a reboot brings is read again every two minutes, or where another socket listens. Which
network namespaces there are is asked every half a minute.
"""

from __future__ import annotations

import time
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .._metrics import families, text, totals
from .._model import counters as model_counters
from .._model import errors, records
from .._model import namespace as model_namespace
from .._read import mitigation_record
from .._report import facts as report_facts
from .._report import told
from . import gathering, kernel, look, options, reading, sampled

_SUBSET = ["sysctls", "boot", "listeners", "half_open", "counters", "findings"]
_STANDS = 120.0  # seconds for which processes, boot values and a mitigation are not read again
_LEAST = 5.0  # seconds between two looks at processes, however often sockets come and go
_NETWORKS = 64
MOST_NAMESPACES = 64
_NAMESPACES_STAND = 30.0  # seconds
_MOST_TOLD = 100  # problems
_SYN_EVERY = 1.0  # seconds between two looks at the SYN queues at the least,
_SYN_SHARE = 0.0002  # and as many more as keep them to this share of a CPU: under a flood a look takes long


class _Standing(NamedTuple):
    """What changes seldom."""

    owners: Dict[int, records.Owner]
    boot: Any
    mitigation: Dict[str, Any]
    sockets: Set[int]
    at: float


class _Namespaces(NamedTuple):
    """Which network namespaces are told, and when that was asked."""

    told: List[model_namespace.Namespace]
    left_out: int
    at: float


class Collector:
    """Samples and readings of the network namespaces that were asked for."""

    def __init__(
        self, kept: Any, boot_id: str, readings_of_a_peak: int, version: str, namespaces: Sequence[str] = ()
    ) -> None:
        """``kept``: what `kept` gave in an earlier run. ``namespaces``: none for that of this process."""
        params = {name: spec.get("default") for name, spec in options.gathering_spec().items()}
        chosen = options.parse_gathering_options(dict(params, gather_subset=_SUBSET, kernel_log_source="none"))
        self._options = chosen
        self._known = kernel.known_kernel(None, "never", defaults_wanted=True)
        self._asked = list(namespaces)
        self._namespaces: Optional[_Namespaces] = None
        self._told: Dict[str, bool] = {}  # what namespaces had against them, and whether that was told
        self._sampled: Dict[model_namespace.Namespace, sampled.Sampled] = {}
        self._listening: Dict[model_namespace.Namespace, Tuple[records.ListenSocket, ...]] = {}
        self._syn_wait = self._syn_passed = 0.0
        self._peaks, self._syn_peaks = totals.Peaks(readings_of_a_peak), totals.Peaks(readings_of_a_peak)
        self._totals = totals.Totals(kept, boot_id)
        self._half_open: Dict[str, records.HalfOpen] = {}  # by the namespace's name
        self._limits: Dict[int, int] = {}
        self._full: Dict[int, float] = {}
        self._standing: Optional[_Standing] = None
        self._counted: Dict[int, Tuple[Any, float]] = {}  # by namespace: the counters before, and when that was
        self._version = version
        self.samples = 0

    def close(self) -> None:
        """Give all sockets up."""
        for one in self._sampled.values():
            one.close()
        self._sampled = {}

    def sample(self, seconds: float) -> None:
        """One look at the accept queues, and at the SYN queues where it is time. ``seconds``: since the look before."""
        if not self._sampled:
            self._look_at(self._which([]))
        for place in self._sampled.values():
            lengths = place.accept()
            if lengths:
                self._add(lengths, seconds)
        self.samples += 1
        self._syn_passed += seconds
        if self._syn_passed >= self._syn_wait:
            self._sample_syn()

    def _add(self, lengths: Mapping[int, int], seconds: float) -> None:
        self._peaks.add(lengths)
        for inode, used in lengths.items():
            if used >= self._limits.get(inode, used + 1):
                self._full[inode] = self._full.get(inode, 0.0) + seconds

    def _sample_syn(self) -> None:
        begun = time.process_time()
        for namespace, place in self._sampled.items():
            used = place.half_open(self._listening.get(namespace, ()))
            if used:
                self._syn_peaks.add(used)
        self._syn_passed = 0.0
        self._syn_wait = max(_SYN_EVERY, (time.process_time() - begun) / _SYN_SHARE)

    def read(self) -> List[text.Family]:
        """All metric families as they are now; what was sampled since the reading before goes into them."""
        facts, _warnings = self.facts()
        rows = facts.get("listeners") or []
        self._limits = {
            row["inode"]: row["accept_queue"]["limit"] for row in rows if row["accept_queue"]["limit"] is not None
        }
        self._syn_peaks.add({row["inode"]: row["syn_queue"]["used"] or 0 for row in rows})
        standing = self._standing
        asked = self._namespaces
        happened = families.Look(
            accept_peaks=self._peaks.take(),
            syn_peaks=self._syn_peaks.take(),
            seconds_full=self._full,
            samples=self.samples,
            mitigation=standing is not None and standing.mitigation["record"] is not None,
            seconds=time.process_time(),
            namespaces=len(self._sampled),
            namespaces_left_out=asked.left_out if asked else 0,
            half_open=self._half_open,
        )
        self._full = {}
        return families.families(facts, happened, self._totals, self._version)

    def problems(self) -> List[str]:
        """Why a namespace that was asked for is not told; each once."""
        new = [problem for problem, told in self._told.items() if not told]
        self._told = dict.fromkeys(self._told, True)
        return new

    def kept(self) -> Dict[str, Any]:
        """What the next run needs, so that its counters go on from here."""
        return self._totals.kept()

    def facts(self) -> Tuple[Dict[str, Any], List[str]]:
        """The gathered structure, judged, without the kernel's log; and warnings."""
        work = gathering.Gathering(self._options)
        views = self._views(work)
        own = next((view for view in views if view.name == model_namespace.OWN.name), None)
        standing = self._stands(work, views)
        evidence = report_facts.Evidence(
            kernel=self._known.kernel,
            own=own or look.look_around(work, model_namespace.OWN, None, sockets=False),
            views=views,
            owners=standing.owners,
            boot=standing.boot,
            defaults=self._known.defaults,
            kernel_log=None,
            others_asked=bool(self._asked),
            mitigation=standing.mitigation,
            why=reading.read_why(work, self._known, views, standing.owners),
        )
        subset = self._options.subset | frozenset(("listeners", "half_open", "counters", "sysctls"))
        return told.told(report_facts.assemble(evidence, _NETWORKS), subset, 10), work.warnings

    def _views(self, work: gathering.Gathering) -> List[records.NamespaceView]:
        """What each namespace shows now; one that is gone is not looked at any more."""
        views: List[records.NamespaceView] = []
        counted, self._counted, self._listening = self._counted, {}, {}
        for namespace in self._which(work.warnings):
            try:
                view = gathering.inside(namespace, look.look_around, work, namespace, None)
            except model_namespace.Unreachable as error:
                work.warn(str(error))
                continue
            view = view._replace(fast_open=False, unix=())
            view = view._replace(counters_delta=self._delta(namespace, counted.get(namespace.inode), view.counters))
            self._listening[namespace] = view.sockets
            views.append(view)
        self._look_at(self._listening)
        self._half_open = {view.name: view.half_open.whole for view in views if view.half_open is not None}
        return views

    def _look_at(self, namespaces: Iterable[model_namespace.Namespace]) -> None:
        """From now on these are sampled."""
        before, self._sampled = self._sampled, {}
        for namespace in namespaces:
            self._sampled[namespace] = before.pop(namespace, None) or sampled.Sampled(namespace)
        for gone in before.values():
            gone.close()

    def _which(self, warnings: List[str]) -> List[model_namespace.Namespace]:
        """The namespaces that were asked for, as far as they are there."""
        if not self._asked:
            return [model_namespace.OWN]
        from .._read import namespaces as read_namespaces

        before, now = self._namespaces, time.monotonic()
        if before is not None and now - before.at < _NAMESPACES_STAND:
            return before.told
        found: Dict[int, model_namespace.Namespace] = {}
        for spec in self._asked:
            try:
                for one in read_namespaces.resolve([spec], warnings):
                    found.setdefault(one.inode, one)
            except (model_namespace.Unreachable, errors.InvalidOption) as error:
                warnings.append(str(error))  # it may come yet
                if len(self._told) < _MOST_TOLD:
                    self._told.setdefault(str(error), False)
        told = list(found.values())[:MOST_NAMESPACES]
        self._namespaces = _Namespaces(told, len(found) - len(told), now)
        return told

    def _delta(self, namespace: model_namespace.Namespace, before: Optional[Tuple[Any, float]], counters: Any) -> Any:
        """What was counted since the reading before; None at the first."""
        now = time.monotonic()
        if counters is None:
            return None
        self._counted[namespace.inode] = (counters, now)
        return None if before is None else model_counters.delta(before[0], counters, now - before[1])

    def _stands(self, work: gathering.Gathering, views: List[records.NamespaceView]) -> _Standing:
        now = time.monotonic()
        listening = {sock.inode for view in views for sock in view.sockets}
        before = self._standing
        if before is not None:
            age = now - before.at
            if age < _LEAST or (age < _STANDS and listening == before.sockets):
                owners: Mapping[int, records.Owner] = before.owners
                missing = {inode: records.Owner((), None) for inode in listening if inode not in owners}
                return before._replace(owners={**owners, **missing}) if missing else before
        found = mitigation_record.read_record()
        self._standing = _Standing(
            owners=reading.read_owners(work, views),
            boot=reading.read_boot(work, self._known),
            mitigation={"record": found.record, "problem": found.problem, "stale": found.stale},
            sockets=listening,
            at=now,
        )
        return self._standing
