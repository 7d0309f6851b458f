# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.details import detailed
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.colour import coloured
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.table import audit_table
from ansible_collections.linuxnet.tcp.tests.unit.plugins.plugin_utils.fleets import facts, finding, fleet, full


def test_what_is_wrong_stands_out() -> None:
    told = coloured(audit_table({"a": facts(full(), findings=[finding()]), "b": {"error": "no route"}}))
    assert "  \x1b[31maccept queue full\x1b[0m  " in told
    assert "\n\x1b[31mcritical:\x1b[0m 0.0.0.0:80: 512 connections wait for accept(2).\n" in told
    assert "\x1b[31mb: no answer: \x1b[0mno route\n" in told and "\n\x1b[1mResult: " in told


def test_nothing_else_changes() -> None:
    text = audit_table(fleet(300))
    assert "\x1b" not in text and re.sub("\x1b\\[[0-9]+m", "", coloured(text)) == text


def test_which_hosts_all_is_told_of() -> None:
    hosts, groups = ["web1", "web2", "db1"], {"databases": ["db1", "db2"], "empty": []}
    assert detailed(["web1", "databases"], hosts, groups) == {"web1", "db1"}
    assert detailed(["web*", ""], hosts, groups) == {"web1", "web2"}
    assert detailed(["all"], hosts, groups) == set(hosts) and detailed([], hosts, groups) == set()
    for wrong in ("web3", "empty", "x*"):
        with pytest.raises(ValueError, match="is no host of this play"):
            detailed(["web1", wrong], hosts, groups)
