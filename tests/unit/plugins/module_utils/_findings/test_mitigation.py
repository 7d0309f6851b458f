# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.mitigation import empty

SOCKET = {"family": "ipv6", "address": "::", "port": 80, "device": None, "inode": 1080, "before": 128, "set": 4096}


def told(record: Any) -> Any:
    return [one for one in findings({"mitigation": {"record": record}}) if one["id"] == "mitigation-in-force"]


@pytest.mark.parametrize("record", [None, {}, [], "x"])
def test_where_none_is_in_force_nothing_is_said(record: Any) -> None:
    assert told(record) == []


def test_what_is_changed_for_the_time_being_is_told() -> None:
    blocks = [{"network": "198.51.100.0/24", "port": port} for port in (80, 443)]
    record = dict(
        empty(),
        since="2026-11-20T09:30:00Z",
        causes=["syn-flood-few-networks on [::]:80"],
        sysctls={"tcp_syncookies": {"before": 0, "set": 1}},
        listeners=[SOCKET, dict(SOCKET, inode=1081)],
        blocks=[*blocks, {"network": "2001:db8::/64", "port": 80}],
    )
    (found,) = told(record)
    assert (found["severity"], found["subject"]) == ("info", "host")
    assert found["summary"] == (
        "A mitigation has been in force since 2026-11-20T09:30:00Z: net.ipv4.tcp_syncookies 1 instead of 0, [::]:80 widened "
        "from 128 to 4096, 2 networks dropped on port 80, 443."
    )
    assert found["evidence"]["blocks"] == record["blocks"] and found["evidence"]["causes"] == record["causes"]
    assert "linuxnet.tcp.restore" in found["remedy"]


def test_a_record_that_changed_nothing_yet() -> None:
    assert "nothing was changed yet" in told(dict(empty(), since="2026-11-20T09:30:00Z"))[0]["summary"]


@pytest.mark.parametrize(
    ("now", "age"),
    [
        ("2026-11-20T09:31:00Z", ", for 60 seconds:"),
        ("2026-11-20T09:45:59Z", ", for 15 minutes:"),
        ("2026-11-20T21:00:00Z", ", for 11 hours:"),
        ("2026-11-27T09:30:00Z", ", for 7 days:"),
        ("2026-11-20T09:29:59Z", "Z:"),
        ("yesterday", "Z:"),
        (None, "Z:"),
    ],
)
def test_its_age_is_told(now: Any, age: str) -> None:
    facts = {"mitigation": {"record": dict(empty(), since="2026-11-20T09:30:00Z"), "now": now}}
    assert age in [one for one in findings(facts) if one["id"] == "mitigation-in-force"][0]["summary"]


def test_how_blocks_end_is_told() -> None:
    ends = [{"network": "198.51.100.0/24", "port": port, "until": "2026-11-20T10:%d:00Z" % (port // 8)} for port in (80, 443)]
    (found,) = told(dict(empty(), backend="nftables", blocks=ends))
    assert found["summary"].endswith("The last block ends by itself at 2026-11-20T10:55:00Z, unless a further run renews it.")
    (found,) = told(dict(empty(), backend="iptables", blocks=[{"network": "198.51.100.0/24", "port": 80}]))
    assert found["summary"].endswith("With iptables no block ends by itself.")


def test_a_limit_is_told_and_how_it_ends() -> None:
    ends = [{"family": "ipv4", "port": port, "until": "2026-11-20T10:%d:00Z" % (port // 8)} for port in (80, 443)]
    (found,) = told(dict(empty(), backend="nftables", syn_limit=20, limited=ends))
    assert "each network limited to 20 SYNs a second on port 80, 443." in found["summary"]
    assert found["summary"].endswith("The last limit ends by itself at 2026-11-20T10:55:00Z, unless a further run renews it.")
    assert (found["evidence"]["syn_limit"], found["evidence"]["limited"]) == (20, ends)
    (found,) = told(dict(empty(), backend="iptables", syn_limit=1, limited=[{"family": "ipv4", "port": 80}]))
    assert "limited to 1 SYN a second on port 80. With iptables no limit ends by itself." in found["summary"]


@pytest.mark.parametrize("spoilt", [{"syn_limit": "x"}, {"limited": 7}, {"limited": [None, {"port": "80"}]}, {"limited": [{"port": 80, "until": 5}]}])
def test_a_limit_that_a_host_makes_up_does_no_harm(spoilt: Any) -> None:
    record = dict(empty(), since="2026-11-20T09:30:00Z", syn_limit=20, limited=[{"family": "ipv4", "port": 80}], backend="nftables")
    assert len(told(dict(record, **spoilt))) == 1


AGES = [
    ("2026-11-20T09:30:00Z", ", for 0 seconds:"), ("2026-11-20T09:31:59Z", ", for 119 seconds:"), ("2026-11-20T09:32:00Z", ", for 2 minutes:"),
    ("2026-11-20T11:29:59Z", ", for 119 minutes:"),
    ("2026-11-20T11:30:00Z", ", for 2 hours:"), ("2026-11-22T09:29:59Z", ", for 47 hours:"), ("2026-11-22T09:30:00Z", ", for 2 days:"),
]  # fmt: skip


@pytest.mark.parametrize(("now", "age"), AGES)
def test_from_when_on_a_larger_unit_is_used(now: str, age: str) -> None:
    record = dict(empty(), since="2026-11-20T09:30:00Z")
    (found,) = [one for one in findings({"mitigation": {"record": record, "now": now}}) if one["id"] == "mitigation-in-force"]
    assert age in found["summary"]


@pytest.mark.parametrize(("changes", "said"), [
    ({"blocks": [{"network": "198.51.100.0/24", "port": 80}]}, "1 network dropped on port 80."),
    ({"blocks": [{"network": "198.51.100.0/24"}]}, "1 network dropped on port ."),
    ({"syn_limit": 1, "limited": [{"family": "ipv4", "port": 443}, {"family": "ipv6", "port": 80}]}, "each network limited to 1 SYN a second on port 80, 443."),
    ({"syn_limit": 2, "limited": [{"family": "ipv4", "port": 443}]}, "each network limited to 2 SYNs a second on port 443."),
    ({"syn_limit": 2}, "nothing was changed yet."),
    ({"blocks": [{"network": "198.51.100.0/24", "port": 80}], "backend": "iptables"}, "on port 80. With iptables no block ends by itself."),
    ({"syn_limit": 2, "limited": [{"family": "ipv4", "port": 443}], "backend": "iptables"}, "on port 443. With iptables no limit ends by itself."),
    ({"blocks": [{"network": "198.51.100.0/24", "port": port, "until": "2026-11-20T1%d:00:00Z" % hour} for port, hour in ((80, 1), (81, 3), (82, 2))]},
     "on port 80, 81, 82. The last block ends by itself at 2026-11-20T13:00:00Z, unless a further run renews it."),
    ({"blocks": [{"network": "198.51.100.0/24", "port": 80, "until": "2026-11-20T11:00:00Z"}, {"network": "203.0.113.0/24", "port": 80}]},
     "2 networks dropped on port 80."),
])  # fmt: skip
def test_what_is_dropped_or_limited_and_until_when(changes: Any, said: str) -> None:
    assert told(dict(empty(), **changes))[0]["summary"].endswith(said)


def test_a_record_without_a_time() -> None:
    assert "in force since a time that is not known: " in told(dict(empty(), schema=1))[0]["summary"]
