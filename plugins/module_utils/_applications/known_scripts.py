# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Servers that Ruby, Perl, Node.js, PHP and others run."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.Application(
        "Puma", ("puma",),
        "add `?backlog={n}` to its bind, as in `tcp://{listen}?backlog={n}`", "in config/puma.rb",
        defaults=(1024,), runtimes=("ruby", "java"), source="puma lib/puma/binder.rb",
    ),
    application.Application(
        "Unicorn", ("unicorn", "unicorn_rails"),
        "set `:backlog => {n}` on its `listen`", "in config/unicorn.rb", defaults=(1024,), runtimes=("ruby", "java"),
        source="unicorn lib/unicorn/socket_helper.rb",
    ),
)
