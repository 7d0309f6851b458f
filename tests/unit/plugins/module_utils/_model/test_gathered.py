# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Dict

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import gathered


@pytest.mark.parametrize(
    ("row", "subject"),
    [
        ({"address": "0.0.0.0", "port": 80, "device": None, "network_namespace": "host"}, "0.0.0.0:80"),
        ({"address": "::", "port": 80, "device": "eth0", "network_namespace": "host"}, "[::]%eth0:80"),
        ({"address": "10.0.0.1", "port": 80, "network_namespace": "blue"}, "10.0.0.1:80 in network namespace blue"),
        ({"address": "10.0.0.1", "port": 80, "network_namespace": None}, "10.0.0.1:80"),
    ],
)
def test_a_listener_has_one_name(row: Dict[str, Any], subject: str) -> None:
    assert gathered.subject_of(row) == subject


def test_missing_parts_are_empty() -> None:
    for nothing in (None, 3, "text", []):
        assert gathered.part({"x": nothing}, "x") == {}
    for nothing in (None, 3, "text", {}, [3, None]):
        assert gathered.rows({"x": nothing}, "x") == []
    assert gathered.numbers({"a": 1, "b": None, "c": "2", "d": True, "e": 0.5}) == {"a": 1}


def test_namespaces_begin_with_our_own() -> None:
    facts = {"network_namespaces": [{"name": "blue"}, {"name": "host"}, {"name": None}, None]}
    assert list(gathered.namespaces(facts)) == ["host", "blue"]
    assert gathered.namespaces(facts)["host"] is facts
