# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  gather_subset:
    description:
      - Which parts to gather. A leading V(!) leaves a part out; exclusions alone start from everything.
      - V(sysctls) are the values in force now, V(boot) the values after a reboot with file and line,
        V(listeners) the listening sockets with their limits, V(unix) the listening UNIX sockets, V(half_open) the half-open
        connections by listener and by source,
        V(counters) the kernel's own counters, V(kernel_log) what the kernel logged, V(mitigation) what the role's C(mitigate) has
        changed for the time of a flood, V(findings) the judgement of all of these.
      - V(min) is V(sysctls), and is always gathered unless it is left out with V(!min) or V(!sysctls).
      - Allowed are V(all), V(min), V(boot), V(counters), V(findings), V(half_open), V(kernel_log), V(listeners), V(mitigation),
        V(sysctls) and V(unix).
    type: list
    elements: str
    default: [all]
  ports:
    description:
      - Only report listeners and half-open connections of these local ports, each V(1) to V(65535).
      - All ports if left out.
    type: list
    elements: int
  network_namespaces:
    description:
      - Network namespaces to read, instead of only the one in which the module runs.
      - Each entry is a name as in C(ip netns list), an absolute path to a namespace file, or C(pid:) and the ID of a process
        whose namespace is meant, as in V(pid:1234). A bare V(1234) means the same, and is reported as C(pid:1234).
      - A container, a pod or a machine is named as reports name it, V(podman:web), V(docker:web), V(pod:shop/cart-7f), V(containerd:default/web),
        V(lxc:web) or V(nspawn:web). The files of its engine tell the name; no engine is asked. One that no file names goes by the beginning of its
        ID, one of a user's own engine as V(podman:1000/web), and a pod of podman as V(podman:pod/shop).
      - V(host) is the namespace in which the module runs. V(all) stands for every namespace that can be found.
      - Reading another namespace needs CAP_SYS_ADMIN.
    type: list
    elements: str
  counters_window:
    description:
      - Seconds between two readings of the counters, V(0) to V(3600). With V(0), counters are read once and no difference is reported.
      - With a window of V(1) or more, V(2) say, findings tell a flood from honest clients and from clients whose packets get lost.
      - The module takes this much longer. Where findings are gathered and it is not clear then what fills a full SYN queue, as in the
        first half second of a flood, the window is made longer once, by as much again, but V(1.2) to V(3) seconds.
    type: float
    default: 0
  kernel_log_source:
    description:
      - Where the kernel's messages are read.
      - V(auto) reads /dev/kmsg. Messages that were overwritten there are taken from the usual log files, rotated ones among them. If /dev/kmsg
        cannot be read, the log files are read instead and, as the last choice, the journal.
      - V(kmsg) and V(journal) insist on one source, V(none) reads nothing; anything else is the absolute path of a log file, plain or C(.gz).
      - A file may also be a copy that C(dmesg) or C(journalctl) printed, in any of their forms that tell when the kernel spoke and that it was the
        kernel. Plain C(dmesg) tells seconds since the boot; they count where the line C(btime) of the host's /proc/stat stands at the top,
        as of C(grep btime /proc/stat > copy; dmesg >> copy). A warning tells how many lines look like the kernel's, and why they were not taken.
      - Times without a zone, as C(dmesg -T) prints them, are taken for this host's.
    type: str
    default: auto
  kernel_log_max_age:
    description:
      - Seconds; older messages are left out. V(0) to V(315360000).
    type: int
    default: 86400
  top_sources:
    description:
      - How many source networks, single sources and listeners of half-open connections to list, V(0) to V(1000).
    type: int
    default: 10
  calibrate:
    description:
      - Whether to measure the kernel's SYN queue rule instead of trusting its release.
      - The measurement is one connection over the loopback of a private network namespace; nothing on the host changes.
        It needs CAP_SYS_ADMIN and takes milliseconds. Where the rule turns out to be V(backlog), the kernel logs one line
        about possible SYN flooding on port 65535 of 127.0.0.1.
      - With V(auto) it is done only where the release leaves the rule in doubt.
    type: str
    choices: [auto, always, never]
    default: auto
  kernel_rule:
    description:
      - When this kernel's SYN queue counts as full, for the rare case that you know better than the release tells.
      - V(power_of_two) up to Linux 4.3, V(backlog) from 4.4, V(backlog+1) from 6.13 and in stable releases since January 2025.
    type: str
    choices: [power_of_two, backlog, backlog+1]
"""
