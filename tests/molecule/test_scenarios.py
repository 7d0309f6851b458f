# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each Molecule scenario through pytest-ansible, which starts Molecule in extensions/: `nox -s molecule-pytest`."""

from __future__ import annotations


def test_scenario(molecule_scenario):
    assert molecule_scenario.test().returncode == 0
