# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

unix = pytest.importorskip(
    "ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.unix", reason="plugin_utils need ansible-core"
)


def row(path, used, limit=129, **more):
    return {
        "network_namespace": "host", "path": path, "type": "stream", "accept_queue": {"used": used, "limit": limit},
        "bound_by": "application", "processes": [{"pid": 5, "name": "php-fpm8.2"}], "remedy": "Set it.", **more,
    }  # fmt: skip


def lines(*given, everything=False):
    return list(unix.unix_lines({"unix_listeners": list(given)}, 140, everything))


def test_idle_ones_are_not_told_unless_all_is_asked_for():
    idle = [row("/run/%d.sock" % number, 0) for number in range(30)]
    assert lines(*idle) == [] == lines()
    assert any("and 10 more" in line for line in lines(*idle, everything=True))
    assert "/run/0.sock: Set it." in "\n".join(lines(*idle, everything=True))


def test_the_fullest_comes_first():
    told = lines(row("/run/a.sock", 2), row("/run/php.sock", 129), row("@web", 110), row("/run/b.sock", None, None))
    assert told[1:] == [
        "UNIX SOCKET    PROCESS     STATE    ACCEPT QUEUE  BOUND BY",
        "/run/php.sock  php-fpm8.2  full     129/129       application",
        "@web           php-fpm8.2  filling  110/129       application",
        "/run/a.sock    php-fpm8.2  ok       2/129         application",
    ]


def test_what_does_not_print_is_shown_harmless():
    told = lines(row("/run/\x1b[31m{{ x }}", 5, processes=[{"pid": 1, "name": "a\x07"}]))
    assert all(line.isprintable() and "{{" not in line for line in told)
