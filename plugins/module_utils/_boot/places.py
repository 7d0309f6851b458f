# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Where settings for the boot are written, whichever loader reads them."""

from __future__ import annotations

#: of systemd and procps alike; highest precedence first
DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
#: read by procps; Debian up to 12 and RHEL link /etc/sysctl.d/99-sysctl.conf to it for systemd
SYSCTL_CONF = "/etc/sysctl.conf"
#: of systemd, from v252 on
CREDENTIAL = "sysctl.extra"
#: first kernel that takes settings on its command line (3db978d480e2, "support setting sysctl parameters from kernel
#: command line")
COMMAND_LINE_SINCE = (5, 8)
