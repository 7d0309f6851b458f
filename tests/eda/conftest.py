# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixtures of the live tests that these need: the machine stays as it is."""

from __future__ import annotations

from ansible_collections.linuxnet.tcp.tests.live import conftest as live

root = live.root
_host_stays_as_it_is = live._host_stays_as_it_is
