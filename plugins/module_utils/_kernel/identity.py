# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which kernel runs: its upstream stable level, its SYN-queue rule, and how sure we are of it.

A distribution's ``uname -r`` often hides the level: Debian 12 says
``6.1.0-50-amd64`` while it runs 6.1.176. Debian tells the level in ``uname -v``,
Ubuntu in ``/proc/version_signature``. Red Hat, SUSE and their rebuilds carry
backports that no number tells, so there the rule is only assumed.
"""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional

from . import level as kernel_level
from . import rules

# "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02)", with an epoch on Raspberry Pi OS ("1:6.1.63-1+rpt1")
_DEBIAN_VERSION = r"\bDebian (?:\d+:)?(\d+\.\d+[0-9.]*)"
# "Ubuntu 5.15.0-91.101-generic 5.15.131"
_UBUNTU_SIGNATURE = r"\s*Ubuntu \S+ (\d+\.\d+[0-9.]*)\s*\Z"
_CANDIDATE = r"[-.]rc\d+"
_BARE_BRANCH = r"\d+\.\d+(?!\.?\d)"

# Releases whose own number is the upstream stable level, told by what follows it.
_FOLLOWS_STABLE = r"""(?:
        \+?                                     # built from kernel.org, Container-Optimized OS
      | \+deb\d+.*                              # Debian 13 and later
      | \+rpt-rpi.*                             # Raspberry Pi OS
      | [-.].*\.fc\d+(?:\..*)?                  # Fedora
      | [-.].*\.amzn\d+(?:\..*)?                # Amazon Linux
      | [-.].*\.azl\d+(?:\..*)?                 # Azure Linux
      | -arch\d*-\d+ | (?:-\d+)?-(?:lts|zen|hardened|virt)(?:\d*-\d+)?  # Arch, Alpine
      | -\d+-(?:lts|virt|rpi)                   # Alpine
      | -gentoo.*                               # Gentoo
      | _\d+                                    # Void
      | -flatcar | -talos
      | -microsoft-standard.*                   # WSL 2
    )\Z"""


class Kernel(NamedTuple):
    """A kernel as the model needs to know it."""

    release: str  # uname -r
    level: kernel_level.Level
    rule: str  # one of rules.RULES
    rule_source: str  # release, package, calibrated, override or assumed

    @property
    def in_doubt(self) -> bool:
        """Whether the rule is only assumed, so that measuring it is worth its few milliseconds."""
        return self.rule_source == "assumed"

    def as_facts(self) -> Dict[str, str]:
        """The kernel as every module returns it."""
        return {
            "release": self.release,
            "stable_level": self.level.text,
            "rule": self.rule,
            "rule_source": self.rule_source,
        }

    def measured(self, rule: str) -> Kernel:
        """This kernel with the rule that a calibration found."""
        return self._replace(rule=rule, rule_source="calibrated")

    def overridden(self, rule: str) -> Kernel:
        """This kernel with the rule that the user states."""
        if rule not in rules.RULES:
            raise ValueError("{0!r} is not a SYN queue rule: expected one of {1}".format(rule, ", ".join(rules.RULES)))
        return self._replace(rule=rule, rule_source="override")


def identify(release: str, version: str = "", signature: str = "") -> Kernel:
    """The kernel behind ``uname -r``, ``uname -v`` and the text of ``/proc/version_signature``.

    :raises ValueError: ``release`` does not begin with a version number.
    """
    own = kernel_level.parse_level(release)
    packaged = _packaged_level(own, version, signature)
    level = packaged or own
    if packaged and not _ubuntu_is_ahead(level, signature):
        source = "package"
    elif not re.search(_CANDIDATE, release) and (rules.rule_is_settled(level) or _number_is_level(release)):
        source = "release"
    else:
        source = "assumed"
    return Kernel(release, level, rules.syn_queue_rule(level), source)


def _packaged_level(own: kernel_level.Level, version: str, signature: str) -> Optional[kernel_level.Level]:
    """The level that a distribution states beside the release, where it is of the same branch."""
    found = re.match(_UBUNTU_SIGNATURE, signature) or re.search(_DEBIAN_VERSION, version)
    level = kernel_level.parse_level(found.group(1)) if found else None
    return level if level and level.branch == own.branch else None


def _ubuntu_is_ahead(level: kernel_level.Level, signature: str) -> bool:
    """Whether Ubuntu may carry the backport although its number does not tell.

    On a branch that upstream no longer maintains (6.8, say) Ubuntu goes on
    taking patches from the branches that it does maintain.
    """
    ubuntu = re.match(_UBUNTU_SIGNATURE, signature)
    return bool(ubuntu) and not rules.rule_is_settled(level) and level.branch not in rules.PLUS_1_BACKPORTS


def _number_is_level(release: str) -> bool:
    """Whether the release is of a kind whose number is the upstream stable level.

    A bare branch such as ``6.1`` is not: its stable releases decide differently.
    """
    if re.match(_BARE_BRANCH, release) and kernel_level.parse_level(release).branch in rules.PLUS_1_BACKPORTS:
        return False
    rest = re.sub(r"\A\d+\.\d+(?:\.\d+){0,2}", "", release)
    return bool(re.match(_FOLLOWS_STABLE, rest, re.VERBOSE))
