# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One reading after the other of the same host, cheap enough to be made for ever.

Who holds the sockets and what a reboot brings is read again every two minutes, or where another socket listens.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from .._metrics import families, text, totals
from .._model import counters as model_counters
from .._model import namespace as model_namespace
from .._model import records
from .._read import accept_lengths, mitigation_record
from .._report import facts as report_facts
from .._report import told
from . import gathering, kernel, look, options, reading

_SUBSET = ["sysctls", "boot", "listeners", "half_open", "counters", "findings"]
_STANDS = 120.0  # seconds for which processes, boot values and a mitigation are not read again
_LEAST = 5.0  # seconds between two looks at processes, however often sockets come and go
_NETWORKS = 64


class _Standing(NamedTuple):
    """What changes seldom."""

    owners: Dict[int, records.Owner]
    boot: Any
    mitigation: Dict[str, Any]
    sockets: Set[int]
    at: float


class Collector:
    """Samples and readings of the network namespace that this process is in."""

    def __init__(self, kept: Any, boot_id: str, readings_of_a_peak: int, version: str) -> None:
        """``kept``: what `kept` gave in an earlier run."""
        params = {name: spec.get("default") for name, spec in options.gathering_spec().items()}
        chosen = options.parse_gathering_options(dict(params, gather_subset=_SUBSET, kernel_log_source="none"))
        self._options = chosen
        self._known = kernel.known_kernel(None, "never", defaults_wanted=True)
        self._lengths: Optional[accept_lengths.AcceptLengths] = None
        self._peaks, self._syn_peaks = totals.Peaks(readings_of_a_peak), totals.Peaks(readings_of_a_peak)
        self._totals = totals.Totals(kept, boot_id)
        self._limits: Dict[int, int] = {}
        self._full: Dict[int, float] = {}
        self._standing: Optional[_Standing] = None
        self._counted: Optional[Tuple[Any, float]] = None  # counters of the reading before, and when that was
        self._version = version
        self.samples = 0

    def close(self) -> None:
        """Give the netlink socket up."""
        if self._lengths is not None:
            self._lengths.close()

    def sample(self, seconds: float) -> None:
        """One look at the accept queues. ``seconds``: since the look before."""
        if self._lengths is None:
            self._lengths = accept_lengths.AcceptLengths()
        try:
            lengths = self._lengths.look()
        except OSError:
            self._lengths.close()
            self._lengths = None  # what was answered late belongs to no request
            return
        self.samples += 1
        if not lengths:
            return
        self._peaks.add(lengths)
        for inode, used in lengths.items():
            if used >= self._limits.get(inode, used + 1):
                self._full[inode] = self._full.get(inode, 0.0) + seconds

    def read(self) -> List[text.Family]:
        """All metric families as they are now; what was sampled since the reading before goes into them."""
        facts, _warnings = self.facts()
        rows = facts.get("listeners") or []
        self._limits = {
            row["inode"]: row["accept_queue"]["limit"] for row in rows if row["accept_queue"]["limit"] is not None
        }
        self._syn_peaks.add({row["inode"]: row["syn_queue"]["used"] or 0 for row in rows})
        standing = self._standing
        happened = families.Look(
            accept_peaks=self._peaks.take(),
            syn_peaks=self._syn_peaks.take(),
            seconds_full=self._full,
            samples=self.samples,
            mitigation=standing is not None and standing.mitigation["record"] is not None,
            seconds=time.process_time(),
        )
        self._full = {}
        return families.families(facts, happened, self._totals, self._version)

    def kept(self) -> Dict[str, Any]:
        """What the next run needs, so that its counters go on from here."""
        return self._totals.kept()

    def facts(self) -> Tuple[Dict[str, Any], List[str]]:
        """The gathered structure, judged, without the kernel's log; and warnings."""
        work = gathering.Gathering(self._options)
        view = look.look_around(work, model_namespace.OWN, None)._replace(fast_open=False, unix=())
        view = view._replace(counters_delta=self._delta(view.counters))
        standing = self._stands(work, view)
        evidence = report_facts.Evidence(
            kernel=self._known.kernel,
            own=view,
            views=[view],
            owners=standing.owners,
            boot=standing.boot,
            defaults=self._known.defaults,
            kernel_log=None,
            others_asked=False,
            mitigation=standing.mitigation,
            why=reading.read_why(work, self._known, [view], standing.owners),
        )
        subset = self._options.subset | frozenset(("listeners", "half_open", "counters", "sysctls"))
        return told.told(report_facts.assemble(evidence, _NETWORKS), subset, 10), work.warnings

    def _delta(self, counters: Any) -> Any:
        """What was counted since the reading before; None at the first."""
        before, now = self._counted, time.monotonic()
        self._counted = (counters, now) if counters is not None else None
        if before is None or counters is None:
            return None
        return model_counters.delta(before[0], counters, now - before[1])

    def _stands(self, work: gathering.Gathering, view: records.NamespaceView) -> _Standing:
        now = time.monotonic()
        listening = {sock.inode for sock in view.sockets}
        before = self._standing
        if before is not None:
            age = now - before.at
            if age < _LEAST or (age < _STANDS and listening == before.sockets):
                owners: Mapping[int, records.Owner] = before.owners
                missing = {inode: records.Owner((), None) for inode in listening if inode not in owners}
                return before._replace(owners={**owners, **missing}) if missing else before
        found = mitigation_record.read_record()
        self._standing = _Standing(
            owners=reading.read_owners(work, [view]),
            boot=reading.read_boot(work, self._known),
            mitigation={"record": found.record, "problem": found.problem, "stale": found.stale},
            sockets=listening,
            at=now,
        )
        return self._standing
