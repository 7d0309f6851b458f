# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command for the controller, with the name of any host in it."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.controller_commands import MITIGATE, for_host


@pytest.mark.parametrize("name", ["web1", "web1.example.org", "fd77::1", "user@10.0.0.1"])
def test_a_name_is_put_in(name):
    assert for_host("Do %s." % MITIGATE, name) == "Do `ansible-playbook linuxnet.tcp.mitigate -e mitigate_hosts=%s`." % name


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, blacklist_characters="`"), min_size=1))
def test_whatever_the_name_the_shell_and_ansible_read_it_back(name):
    words = shlex.split(for_host(MITIGATE, name).strip("`"))
    assert words[:3] == ["ansible-playbook", "linuxnet.tcp.mitigate", "-e"]
    assert len(words) == 4
    given_name = json.loads(words[3])["mitigate_hosts"] if words[3].startswith("{") else words[3].split("=", 1)[1]
    assert given_name == name


def test_what_names_no_host_stays():
    assert for_host("HOST is HOST", "web1") == "HOST is HOST"
