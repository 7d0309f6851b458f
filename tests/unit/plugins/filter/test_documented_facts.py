# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module documents, the filters let in: a name that the validation does not know is lost on the way to the model."""

from __future__ import annotations

import pytest

yaml = pytest.importorskip("yaml", reason="ansible-core brings it; the Pythons of targets alone have none")

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated
from ansible_collections.linuxnet.tcp.plugins.modules import syn_backlog_info

EMPTY = {"dict": {}, "list": []}
CONTAINS = yaml.safe_load(syn_backlog_info.RETURN)["syn_backlog"]["contains"]


@pytest.mark.parametrize("part", sorted(CONTAINS))
def test_every_documented_name_comes_in(part: str) -> None:
    told = CONTAINS[part]
    names = {name: EMPTY.get(one["type"]) for name, one in told.get("contains", {}).items()}
    given = {"list": [names] if names else [], "dict": names}.get(told["type"], 1)
    admitted = validated.gathered({part: given})[part]
    row = admitted[0] if names and told["type"] == "list" else admitted
    assert set(names) <= set(row if names else {})
