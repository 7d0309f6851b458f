# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""One network namespace under watch: what is opened in it at the beginning, looked at again and again, and read at
the end.

Sockets and files keep to the namespace that they were opened in, so that only opening happens inside of it.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Set, Tuple

from .._kernel import identity, limits, overflow, peers
from .._model import attribution, records, unix_listener
from .._model import namespace as model_namespace
from .._read import (
    addresses,
    devices,
    loss_files,
    netlink,
    packet_counts,
    queue_lengths,
    sockets,
    syn_recv,
    sysctls,
    unix_diag,
)  # fmt: skip
from .._watch import balance, layers, samples, taps, telling
from . import gathering

_U32 = 0xFFFFFFFF
_NO_TAPS = (
    "SYNs were not counted, which takes CAP_NET_RAW ({0}): syns and syn_acks are null, and layers tell only what the "
    "kernel counts itself."
)

_MOST_LATE = 1000  # listeners that are opened during a watch: whoever opens more is not followed


class Place:
    """What is open in one namespace. `open` runs inside of it, all else anywhere."""

    def __init__(
        self, namespace: model_namespace.Namespace, kernel: identity.Kernel, ports: Optional[List[int]]
    ) -> None:
        self.namespace = namespace
        self.warnings: List[str] = []
        self._kernel, self._ports = kernel, ports
        self._taps: Optional[packet_counts.Taps] = None
        self._opened: List[Any] = []
        self._lengths: Optional[queue_lengths.AcceptQueues] = None
        self._entries: Optional[queue_lengths.SynQueues] = None
        self._sockets: List[records.ListenSocket] = []
        self._accept: Dict[int, samples.Samples] = {}
        self._syn: Dict[records.ListenKey, samples.Samples] = {}
        self._first_drops: Dict[int, Optional[int]] = {}
        self._drops: Dict[int, Optional[int]] = {}
        self._missing: set = set()
        self._skews: Dict[str, int] = {}
        self._closed: List[int] = []
        self._others: Dict[int, Optional[int]] = {}  # the listeners that are not asked for, with their drops
        self._unix: List[unix_listener.UnixListener] = []
        self._unix_waiting: Dict[int, samples.Samples] = {}
        self._unix_session: Optional[netlink.Session] = None
        self._others_dropped = 0
        self._devices_at_the_end: List[devices.Device] = []
        self._keys: List[records.ListenKey] = []  # whose packets are counted
        self._host = taps.Host((), (), {})
        self._inodes: Optional[queue_lengths.Inodes] = None
        self._known: Set[int] = set()  # inodes of all listening sockets at the last look
        self._since: Dict[int, float] = {}  # the listeners that were opened later, with the seconds when they were seen

    # ------------------------------------------------------------ the beginning

    def open(self) -> None:
        """Open everything and take the first readings. Raises OSError where not even listeners can be read."""
        self._open_inodes()
        found, warnings = sockets.listen_sockets()
        self.warnings += warnings
        every = found
        self._sockets = [one for one in found if self._ports is None or one.port in self._ports]
        asked_for = {one.inode for one in self._sockets}
        self._others = {one.inode: one.drops for one in found if one.inode not in asked_for}
        values, warnings = sysctls.read_sysctls()
        self.warnings += warnings
        self._make_samples(self._sockets, values)
        self._closed = sorted(set(self._ports or ()) - {one.port for one in every})
        self._devices, warnings = devices.devices()
        self.warnings += warnings
        self._open_queues()
        self._open_unix()
        self._files = self._keep(loss_files.LossFiles())
        self.warnings += self._files.warnings
        self._conntrack = loss_files.conntrack_room()
        self._open_taps(every)
        self._start()

    def _open_inodes(self) -> None:
        try:
            self._inodes = self._keep(queue_lengths.Inodes())
            self._known = self._inodes.look()
        except OSError:
            self._inodes = None  # that netlink refuses is told of the queues

    def _make_samples(self, found: List[records.ListenSocket], values: Dict[str, Optional[int]]) -> None:
        for one in found:
            told = self._limits(one, values)
            self._accept[one.inode] = samples.Samples(told[0])
            self._syn.setdefault(taps.key_of(one), samples.Samples(told[1]))

    def _open_queues(self) -> None:
        families = sorted({one.family for one in self._sockets})
        if families:
            try:
                self._lengths = self._keep(queue_lengths.AcceptQueues(self._sockets, self._ports))
                self._entries = self._keep(queue_lengths.SynQueues(families, self._ports))
            except OSError as error:
                self.warnings.append("The queues cannot be looked at: netlink refuses ({0}).".format(error.strerror))

    def _open_unix(self) -> None:
        """UNIX sockets are looked at where no ports were named and the kernel tells how many connections wait."""
        if self._ports is not None:
            return
        try:
            found, _warnings = unix_diag.listeners()
            self._unix = [one for one in found if one.backlog is not None]
            self._unix_waiting = {
                one.inode: samples.Samples(unix_listener.limit(one.backlog)) for one in self._unix
            }
            self._unix_session = self._keep(netlink.Session()) if self._unix else None
        except OSError as error:
            self.warnings.append("UNIX sockets cannot be looked at: {0}".format(error.strerror))

    def _keep(self, opened: Any) -> Any:
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        """Give up all that is open; nothing of it is anywhere but in this process."""
        while self._opened:
            self._opened.pop().close()

    def _limits(
        self, one: records.ListenSocket, values: Dict[str, Optional[int]]
    ) -> Tuple[Optional[int], Optional[int]]:
        """What both queues admit; None where that is not known."""
        if one.backlog is None or values["tcp_max_syn_backlog"] is None or values["tcp_syncookies"] is None:
            return None, None
        told = limits.queue_limits(
            self._kernel.level, self._kernel.rule, one.backlog, values["tcp_max_syn_backlog"], values["tcp_syncookies"]
        )
        if not one.dual_stack:
            told = peers.limits_for_peers(self._kernel.level, told, one.family)
        return overflow.established_limit(told), told.half_open or None

    def _open_taps(self, every: List[records.ListenSocket]) -> None:
        own, warnings = addresses.own_addresses()
        self.warnings += warnings
        host = self._host = taps.Host(
            tuple(one.partition("/")[0] for one in own),
            tuple(one.number for one in self._devices if one.port),
            {one.name: one.number for one in self._devices},
        )
        try:
            self._taps = self._keep(self._together(every, host) or self._one_by_one(every, host))
        except OSError as error:
            self.warnings.append(_NO_TAPS.format(error.strerror))

    def _together(self, every: List[records.ListenSocket], host: taps.Host) -> Optional[packet_counts.Taps]:
        """One program for all, for fewer listeners where it grows too long. None where the kernel has no such group."""
        most = taps.MOST_TOGETHER
        while True:
            self._keys = taps.chosen(self._sockets, self._ports or (), most)
            try:
                return packet_counts.Group(taps.classes(self._keys, self._closed[: taps.MOST_SOCKETS], every, host))
            except ValueError:
                most = min(most, len(self._keys)) * 2 // 3
            except PermissionError:
                raise
            except OSError:
                return None

    def _one_by_one(self, every: List[records.ListenSocket], host: taps.Host) -> packet_counts.Taps:
        made = packet_counts.Taps()
        self._keys = taps.chosen(self._sockets, self._ports or ())
        try:
            for name, wanted in zip(("syns", "segments", "syns_out", "syn_acks"), taps.everything(host)):
                made.add(name, wanted)
            for number, key in enumerate(self._keys):
                arriving = taps.syns(key, every, host)
                made.add("in %d" % number, arriving)
                made.add("out %d" % number, taps.syn_acks(arriving))
            for port in self._closed[: taps.MOST_SOCKETS]:
                made.add("port %d" % port, taps.closed(port, host))
        except OSError:
            made.close()
            raise
        return made

    def _start(self) -> None:
        if self._taps is not None:
            self._taps.restart()
        self._before = self._files.read()
        self._first_drops = {one.inode: one.drops for one in self._sockets}
        if self._lengths is not None:
            try:
                self._first_drops.update((inode, seen.drops) for inode, seen in self._lengths.look().items())
            except OSError:
                pass
        self._drops = dict(self._first_drops)
        if self._taps is not None:
            self._skews = taps.summed(self._taps.read())

    # ------------------------------------------------------------ again and again

    def look(self, seconds: float) -> None:
        """One look at the accept queues, so many seconds after the one before."""
        self._look_at_unix(seconds)
        if self._lengths is None:
            return
        try:
            found = self._lengths.look()
        except OSError as error:
            self.warnings.append("The accept queues were not looked at any more: {0}".format(error.strerror))
            self._lengths = None
            return
        for inode, accept in self._accept.items():
            seen = found.get(inode)
            if seen is None:
                self._missing.add(inode)
                continue
            accept.add(seen.used, seconds, self._step(inode, seen.drops))

    def _look_at_unix(self, seconds: float) -> None:
        if self._unix_session is None:
            return
        try:
            found = unix_diag.waiting(self._unix_session.dump)
        except OSError as error:
            self.warnings.append("UNIX sockets were not looked at any more: {0}".format(error.strerror))
            self._unix_session = None
            return
        for inode, queue in self._unix_waiting.items():
            if inode in found:
                queue.add(found[inode], seconds, 0)

    def _step(self, inode: int, drops: Optional[int]) -> int:
        before = self._drops.get(inode)
        self._drops[inode] = drops
        return 0 if drops is None or before is None else (drops - before) & _U32

    def look_at_syn_queues(self, seconds: float) -> None:
        """One look at the half-open entries."""
        if self._entries is None:
            return
        try:
            found = self._entries.look()
        except OSError as error:
            self.warnings.append("The SYN queues were not looked at any more: {0}".format(error.strerror))
            self._entries = None
            return
        owner = attribution.Attribution(self._sockets).owner
        counts: Dict[records.ListenKey, int] = {}
        for (family, local), count in found.items():
            key = owner(syn_recv.named(local, family))
            counts[key] = counts.get(key, 0) + count
        for key, queue in self._syn.items():
            queue.add(counts.get(key, 0), seconds)

    # ------------------------------------------------------------ listeners that are opened meanwhile

    def look_for_listeners(self, seconds: float) -> None:
        """Whether other sockets listen than before, so many seconds after the beginning; new ones are watched."""
        if self._inodes is None:
            return
        try:
            found = self._inodes.look()
        except OSError as error:
            self.warnings.append("New listeners were not looked for any more: {0}".format(error.strerror))
            self._inodes = None
            return
        new, self._known = found - self._known, found
        if new:
            try:
                gathering.inside(self.namespace, lambda: self._open_later(seconds))
            except (model_namespace.Unreachable, OSError):
                pass  # what was opened goes on; the new ones are told at the end as not watched

    def _new_ones(self, every: List[records.ListenSocket]) -> List[records.ListenSocket]:
        mine = [one for one in every if self._ports is None or one.port in self._ports]
        return [one for one in mine if one.inode not in self._accept]

    def _open_later(self, seconds: float) -> None:
        """Taps come first and the drops after them, as at the beginning: what comes in between is skew."""
        every, _warnings = sockets.listen_sockets()
        new = self._new_ones(every)[: max(0, _MOST_LATE - len(self._since))]
        if not new:
            return
        values, _warnings = sysctls.read_sysctls()
        counted_before = set(self._keys) if self._taps is not None else set()
        self._make_samples(new, values)
        self._sockets += new
        self._since.update((one.inode, seconds) for one in new)
        self._tap_later(new, every)
        for queues in (self._lengths, self._entries):
            if queues is not None:
                self._opened.remove(queues)
                queues.close()
        self._lengths = self._entries = None
        self._open_queues()
        now = {one.inode: one.drops for one in sockets.listen_sockets()[0]}
        for one in new:
            drops = now.get(one.inode, one.drops)
            # Whoever took the place of another listener has had its SYNs counted all the time
            replaces = taps.key_of(one) in counted_before
            self._first_drops[one.inode] = 0 if replaces and drops is not None else drops
            self._drops[one.inode] = drops
            self._others_dropped += 0 if replaces else drops or 0
        if self._taps is not None:
            counted = taps.summed(self._taps.read())
            for number, key in enumerate(self._keys):
                if key not in counted_before:
                    self._skews["in %d" % number] = counted["in %d" % number]

    def _tap_later(self, new: List[records.ListenSocket], every: List[records.ListenSocket]) -> None:
        if not isinstance(self._taps, packet_counts.Group):
            return  # before Linux 4.12 each listener has sockets and filters of its own: theirs would have to change
        room = taps.MOST_TOGETHER - len(self._keys)
        while room > 0:
            keys = taps.joined(self._keys, new, self._ports or (), room)
            try:
                self._taps.replace(taps.classes(keys, self._closed[: taps.MOST_SOCKETS], every, self._host))
                self._keys = keys
                return
            except ValueError:
                room = min(room, len(keys) - len(self._keys)) * 2 // 3
            except OSError:
                return  # what is counted already goes on, and the rest is told as not counted

    def _tell_of_later(self, every: List[records.ListenSocket]) -> None:
        later = [one for one in self._sockets if one.inode in self._since]
        if later:
            names = telling.named(sorted({taps.key_of(one) for one in later}))
            self.warnings.append(
                "{0}: opened during the watch, and watched from then on (since). What came before that is in no row, "
                "and SYNs that were refused count as SYNs without a listener.".format(names)
            )
        missed = self._new_ones(every)
        if missed:
            names = telling.named(sorted({taps.key_of(one) for one in missed}))
            self.warnings.append("{0}: opened during the watch, and not watched: in no row.".format(names))

    # ------------------------------------------------------------ the end

    def finish(self, seconds: float, longest_gap: float, with_softnet: bool) -> telling.Seen:
        """The last readings, and what became of it all."""
        counted = taps.summed(self._taps.read()) if self._taps is not None else {}
        after = self._files.read()
        self.look(0.0)
        if self._taps is not None:
            last = taps.summed(self._taps.read())
            self._skews = {name: self._skews.get(name, 0) + last[name] - counted[name] for name in last}
            counted = last
        counters = layers.counters_moved(self._before, after)
        self._read_at_the_end()
        return telling.Seen(
            name=self.namespace.name,
            seconds=seconds,
            longest_gap=longest_gap,
            groups=self._groups(counted),
            listeners=[
                telling.Listener(
                    one,
                    self._accept[one.inode],
                    self._dropped(one.inode),
                    one.inode in self._missing,
                    self._since.get(one.inode, 0.0),
                )
                for one in self._sockets
            ],
            unix=[telling.Unix(one, self._unix_waiting[one.inode]) for one in self._unix],
            counters=counters,
            losses=self._losses(after, with_softnet),
            all_syns=self._counted(counted, "syns"),
            segments=self._counted(counted, "segments"),
            syns_out=counted.get("syns_out"),
            closed_ports={port: counted["port %d" % port] for port in self._closed if "port %d" % port in counted},
            all_syn_acks=counted.get("syn_acks"),
            others_dropped=self._others_dropped,
            conntrack=self._conntrack,
            squeezed=layers.squeezed(after.get("softnet_stat", ""))
            - layers.squeezed(self._before.get("softnet_stat", "")),
            xdp=tuple(one.name for one in self._devices if one.xdp),
        )

    def _counted(self, counted: Dict[str, int], name: str) -> Optional[Tuple[int, int]]:
        return (counted[name], self._skews.get(name, 0)) if name in counted else None

    def _dropped(self, inode: int) -> Optional[int]:
        before, after = self._first_drops.get(inode), self._drops.get(inode)
        return None if before is None or after is None else (after - before) & _U32

    def _groups(self, counted: Dict[str, int]) -> List[telling.Group]:
        numbers = {key: number for number, key in enumerate(self._keys)} if self._taps is not None else {}
        found = []
        for key, queue in self._syn.items():
            dropped = [self._dropped(one.inode) for one in self._sockets if taps.key_of(one) == key]
            told = None
            if key in numbers and None not in dropped:
                arriving, leaving = "in %d" % numbers[key], "out %d" % numbers[key]
                told = balance.Counted(
                    counted[arriving], counted[leaving], sum(one or 0 for one in dropped),
                    self._skews.get(arriving, 0), self._skews.get(leaving, 0),
                )  # fmt: skip
            found.append(telling.Group(key, told, queue))
        return found

    def _losses(self, after: Dict[str, str], with_softnet: bool) -> layers.Counts:
        lost = layers.moved(layers.of_texts(self._before, with_softnet), layers.of_texts(after, with_softnet))
        both = (self._devices, self._devices_at_the_end)
        lost.update(layers.moved(*(layers.of_devices({one.name: one.lost for one in found}) for found in both)))
        return lost

    def _read_at_the_end(self) -> None:
        """What is read inside of the namespace, if it is still there."""
        try:
            gathering.inside(self.namespace, self._read_inside)
        except model_namespace.Unreachable:
            pass

    def _read_inside(self) -> None:
        self._devices_at_the_end = devices.devices()[0]
        self._conntrack = max(self._conntrack, loss_files.conntrack_room())
        try:
            found, _warnings = sockets.listen_sockets()
        except OSError:
            return
        self._tell_of_later(found)
        for one in found:
            if one.inode in self._accept or one.drops is None:
                continue
            before = self._others.get(one.inode, 0)  # 0: opened during the watch, and all that it dropped fell into it
            if before is not None:
                self._others_dropped += (one.drops - before) & _U32
