# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.identity import identify

UBUNTU_22 = "Ubuntu 5.15.0-91.101-generic 5.15.131"


@pytest.mark.parametrize(
    ("release", "version", "signature", "level", "rule", "source"),
    [
        # The level inside a distribution's package decides, not the number in uname -r.
        ("6.1.0-50-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02)", "", "6.1.176", "backlog+1", "package"),
        ("6.1.0-9-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.27-1 (2023-05-08)", "", "6.1.27", "backlog", "package"),
        ("3.2.0-4-amd64", "#1 SMP Debian 3.2.65-1+deb7u2", "", "3.2.65", "power_of_two", "package"),
        ("6.1.0-rpi7-rpi-v8", "#1 SMP PREEMPT Debian 1:6.1.63-1+rpt1 (2023-11-24)", "", "6.1.63", "backlog", "package"),
        ("5.15.0-91-generic", "#101-Ubuntu SMP", UBUNTU_22, "5.15.131", "backlog", "package"),
        ("5.15.0-140-generic", "#150-Ubuntu SMP", "Ubuntu 5.15.0-140.150-generic 5.15.179", "5.15.179", "backlog+1", "package"),
        # Ubuntu goes on patching a branch that upstream dropped, and its number does not tell.
        ("6.8.0-45-generic", "#45-Ubuntu SMP", "Ubuntu 6.8.0-45.45-generic 6.8.12", "6.8.12", "backlog", "assumed"),
        # Debian's name without its uname -v: the level is hidden.
        ("6.1.0-50-amd64", "", "", "6.1.0", "backlog", "assumed"),
        # Numbers that are the upstream stable level themselves.
        ("6.12.107+deb13-amd64", "", "", "6.12.107", "backlog+1", "release"),
        ("6.6.71", "", "", "6.6.71", "backlog", "release"),
        ("6.6.72", "", "", "6.6.72", "backlog+1", "release"),
        ("6.6.72-0-lts", "", "", "6.6.72", "backlog+1", "release"),
        ("6.12.9-arch1-1", "", "", "6.12.9", "backlog", "release"),
        ("6.12.10-200.fc41.x86_64", "", "", "6.12.10", "backlog+1", "release"),
        ("5.10.234-225.910.amzn2.x86_64", "", "", "5.10.234", "backlog+1", "release"),
        ("5.15.153.1-microsoft-standard-WSL2", "", "", "5.15.153", "backlog", "release"),
        # Vendors whose backports no number tells.
        ("5.14.0-503.el9.x86_64", "#1 SMP", "", "5.14.0", "backlog", "assumed"),
        ("4.18.0-553.el8_10.x86_64", "#1 SMP", "", "4.18.0", "backlog", "assumed"),
        ("6.4.0-150600.23.7-default", "", "", "6.4.0", "backlog", "assumed"),
        ("5.15.0-203.146.5.1.el8uek.x86_64", "", "", "5.15.0", "backlog", "assumed"),
        ("6.5.13-acme", "", "", "6.5.13", "backlog", "assumed"),
        ("6.13.0-rc2", "", "", "6.13.0", "backlog+1", "assumed"),
        ("6.13.0-0.rc7.20250114git.fc42.x86_64", "", "", "6.13.0", "backlog+1", "assumed"),
        # A branch alone leaves open which of its releases it is.
        ("6.1", "", "", "6.1.0", "backlog", "assumed"),
        ("6.8", "", "", "6.8.0", "backlog", "release"),
        # … and where no backport can matter.
        ("3.10.0-1160.el7.x86_64", "#1 SMP", "", "3.10.0", "power_of_two", "release"),
        ("2.6.32-754.el6.x86_64", "", "", "2.6.32", "power_of_two", "release"),
        ("6.18.44-acme", "", "", "6.18.44", "backlog+1", "release"),
        # Someone else's text does not change the branch.
        ("6.6.3", "built on Debian 6.1.176-1", "", "6.6.3", "backlog", "release"),
    ],
)
def test_kernels(release: str, version: str, signature: str, level: str, rule: str, source: str) -> None:
    kernel = identify(release, version, signature)
    assert (kernel.level.text, kernel.rule, kernel.rule_source) == (level, rule, source)
    assert kernel.in_doubt == (source == "assumed")


@pytest.mark.parametrize(
    ("first", "last_before"),
    [
        ("4.4", "4.3.6"), ("6.13", "6.12.9"), ("6.12.10", "6.12.9"), ("6.6.72", "6.6.71"), ("6.1.125", "6.1.124"),
        ("5.15.177", "5.15.176"), ("5.10.234", "5.10.233"), ("5.4.290", "5.4.289"),
    ],
)  # fmt: skip
def test_the_rule_changes_exactly_there(first: str, last_before: str) -> None:
    assert identify(first).rule != identify(last_before).rule


def test_a_statement_or_a_measurement_ends_the_doubt() -> None:
    kernel = identify("5.14.0-503.el9.x86_64")
    assert kernel.overridden("backlog+1")[2:] == ("backlog+1", "override")
    assert kernel.measured("backlog+1")[2:] == ("backlog+1", "calibrated")
    with pytest.raises(ValueError, match="power_of_two, backlog, backlog"):
        kernel.overridden("backlog-1")
