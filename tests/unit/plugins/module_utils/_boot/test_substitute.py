# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boot files as they would be with one file rewritten."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.dropins import DropIn
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.substitute import substituted
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.values import SYSTEMD, BootFiles

OWN, LINK, OTHER = "/etc/sysctl.d/9.conf", "/etc/sysctl.d/link.conf", "/etc/sysctl.d/a.conf"
KEPT = DropIn(OTHER, b"x", "", OTHER)


def after(*dropins, aliases=(OWN,), links=(), content=b"new"):
    return substituted(BootFiles(SYSTEMD, (), dropins, (), ""), aliases, links, content).dropins


def test_a_new_file_is_there_by_each_of_its_names():
    assert after(KEPT) == (KEPT, DropIn(OWN, b"new", "", OWN))
    assert after(KEPT, aliases=(OWN, "/etc/x.conf"))[1:] == (DropIn(OWN, b"new", "", OWN), DropIn("/etc/x.conf", b"new", "", "/etc/x.conf"))
    assert after(KEPT, aliases=()) == (KEPT,), "no loader looks there"


def test_an_old_one_is_replaced_or_gone():
    old = DropIn(OWN, None, "denied", OWN)
    assert after(old, KEPT) == (KEPT, DropIn(OWN, b"new", "", OWN))
    assert after(old, KEPT, content=None) == (KEPT,)


@pytest.mark.parametrize("real, shown", [(OWN, OWN), ("", OWN), ("/srv/9.conf", "/srv/9.conf")])
def test_a_link_to_it_shows_the_new_content(real, shown):
    link = DropIn(LINK, None, "denied", real)
    assert after(link, links=(LINK,))[0] == DropIn(LINK, b"new", "", shown)
    assert after(link, links=(LINK,), content=None) == (DropIn(LINK, b"", "", ""),), "or leads nowhere"


def test_a_link_to_a_file_that_no_loader_looks_for():
    assert after(DropIn(LINK, b"", "", ""), aliases=(), links=(LINK,)) == (DropIn(LINK, b"new", "", LINK),)
