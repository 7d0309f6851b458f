# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The kernel that runs here, with its rule stated, measured, or taken from its release."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

from .._kernel import identity, sysctls
from .._read import kernel as read_kernel

CALIBRATE = ("auto", "always", "never")
_UNKNOWN_DEFAULT = (
    "the kernel's default of {0} depends on the machine and is not known: only a new network namespace tells it "
    "(CAP_SYS_ADMIN, and calibrate other than never)"
)


class KnownKernel(NamedTuple):
    """The kernel, and the sysctl values that it starts with when nothing sets them."""

    kernel: identity.Kernel
    defaults: Dict[str, Optional[int]]
    warnings: List[str]


def known_kernel(rule: Optional[str], when: str, defaults_wanted: bool = False) -> KnownKernel:
    """Decide about the running kernel.

    ``rule`` is the user's statement, which ends all doubt. ``when`` is ``auto``
    (measure where the release leaves doubt), ``always`` or ``never``.
    ``defaults_wanted`` says that the kernel's own defaults matter: some depend
    on the machine, and only a new namespace tells them.
    """
    kernel = read_kernel.running_kernel()
    defaults = {name: sysctls.boot_default(name, kernel.level) for name in sysctls.KEYS}
    warnings: List[str] = []
    rule_wanted = rule is None and (when == "always" or kernel.in_doubt)
    if when != "never" and rule_wanted:
        from .._read import calibration

        measured = calibration.calibrate()
        defaults.update(measured.defaults)
        if measured.rule:
            kernel = kernel.measured(measured.rule)
        elif measured.warning:
            warnings.append(measured.warning)
    elif when != "never" and defaults_wanted:
        from .._read import new_namespace

        defaults.update(new_namespace.kernel_defaults())
    if defaults_wanted:
        warnings += [_UNKNOWN_DEFAULT.format(sysctls.KEYS[name].key) for name in sysctls.KEYS if defaults[name] is None]
    return KnownKernel(kernel.overridden(rule) if rule else kernel, defaults, warnings)
