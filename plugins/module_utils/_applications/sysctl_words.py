# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How to set a sysctl where a listener lives, now and for good.

/etc/sysctl.d is read for the initial network namespace alone. What another one starts with is said by whatever makes
it: ``--sysctl`` of docker-run(1) and podman-run(1), a pod's securityContext.sysctls.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from .._kernel import level as kernel_level
from .._kernel import sysctls
from .._model import namespace_commands, units
from . import restarts

_SAFE_IN_PODS = ("tcp_syncookies",)  # of those that we know; kubernetes.io, "Using sysctls in a Kubernetes Cluster"


class Home(NamedTuple):
    """Where a listener lives, as far as it matters for its sysctls."""

    namespace: Optional[str]  # None for the network namespace that is audited from
    unit: Optional[units.Unit]
    level: kernel_level.Level

    def has_its_own(self, name: str) -> bool:
        """Whether the setting is another one than the host's; old kernels keep most of them once for all."""
        return self.namespace is not None and sysctls.shown_in_namespace(name, self.level)

    def inside(self, name: str) -> str:
        """To put behind a claim about the setting; empty where it is the host's."""
        return " inside network namespace %s" % self.namespace if self.has_its_own(name) else ""

    def set(self, name: str, value: int) -> str:
        """The command that sets it at once, and where it has to stand to stay. ``name`` as in `KEYS`."""
        assignment = "%s=%d" % (sysctls.KEYS[name].key, value)
        if not self.has_its_own(name):
            return "`sysctl -w %s`, and in /etc/sysctl.d%s" % (assignment, self._of_whom())
        return "`%ssysctl -w %s`, and %s" % (
            namespace_commands.prefix(self.namespace),
            assignment,
            self._for_good(name, assignment),
        )

    def _of_whom(self) -> str:
        """Whose directory it is, where a container listens in the network of its host."""
        engine, _container = restarts.container_of(self.unit) or ("", "") if self.namespace is None else ("", "")
        if engine in ("docker", "libpod"):
            return " of the host, whose network its container uses"
        if engine:
            return " of the node: its pod has hostNetwork, and Kubernetes lets no such pod set a net.* sysctl itself"
        return ""

    def _for_good(self, name: str, assignment: str) -> str:
        engine, _container = restarts.container_of(self.unit) or ("", "")
        if engine in ("docker", "libpod"):
            return "`--sysctl %s` where the container is made" % assignment
        if engine and name in _SAFE_IN_PODS:
            return "in securityContext.sysctls of its pod"
        if engine:  # a pod that asks for what its kubelet does not allow is scheduled, and then fails to start
            return "in securityContext.sysctls of its pod, once its kubelet allows it (--allowed-unsafe-sysctls)"
        return "where that namespace is set up"
