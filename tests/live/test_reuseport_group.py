# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Four real members of an SO_REUSEPORT group, some of them stopped: what is said holds of real clients, counted."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from ansible_collections.linuxnet.tcp.tests.live import clients, lab, serving
from ansible_collections.linuxnet.tcp.tests.live.test_findings import gather, gathering_spec, parse_gathering_options

BACKLOG, MEMBERS, CLIENTS = 5, 4, 400

#: what was said before, and is so for none but a group that is full as a whole
OF_ALL = "and new clients get no answer"


def full_queues(namespace):
    """How many listening sockets of port 80 have a full accept queue: more waits ("rx_queue") than the backlog."""
    rows = namespace.call(lambda: Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:])
    fields = [row.split() for row in rows]
    return sum(
        int(one[4].split(":")[1], 16) > BACKLOG for one in fields if one[3] == "0A" and one[1].endswith(":0050")
    )


@contextlib.contextmanager
def filled(net, stopped):
    """Clients want in, as many as it takes until the queues of all that are stopped are full."""
    with contextlib.ExitStack() as stack:
        for _round in range(50):
            if full_queues(net.server) == stopped:
                time.sleep(0.2)  # what the others have been sent is accepted by then
                break
            stack.enter_context(lab.connect_many(net.client, net.server_v4, 80, MEMBERS * BACKLOG))
            time.sleep(0.05)
        assert full_queues(net.server) == stopped
        yield


def gathered():
    params = {name: option.get("default") for name, option in gathering_spec().items()}
    params.update(kernel_log_source="none", gather_subset=["findings", "listeners"], ports=[80])
    return gather(parse_gathering_options(params))[0]["findings"]


@pytest.mark.parametrize(
    ("stopped", "said"),
    [
        (1, "and about 1 in 4 new clients gets no answer: of the 4 sockets that share this port (SO_REUSEPORT), 1 is full."),
        (2, "and about 2 in 4 new clients get no answer: of the 4 sockets that share this port (SO_REUSEPORT), 2 are full."),
        (4, OF_ALL + ": of the 4 sockets that share this port (SO_REUSEPORT), all are full."),
    ],
)
def test_the_share_that_is_told_is_the_share_that_fails(net, stopped, said):
    with contextlib.ExitStack() as stack:
        apps = [
            stack.enter_context(serving.application(net.server, 80, BACKLOG, reuseport=True)) for _number in range(MEMBERS)
        ]
        for app in apps[:stopped]:
            app.pause()
        with filled(net, stopped):
            found = net.server.call(gathered)[0]
            served = clients.real_clients(net, CLIENTS, pause=0.005)
        assert abs((CLIENTS - served) / CLIENTS - stopped / MEMBERS) < 0.11, served  # more than four standard deviations
        assert said in found["summary"]
        assert (OF_ALL in found["summary"]) == (stopped == MEMBERS)
        assert (found["id"], found["severity"], found["subject"]) == ("accept-queue-overflow", "critical", "0.0.0.0:80")
        assert (found["evidence"]["members"], found["evidence"]["members_full"]) == (MEMBERS, stopped)
        assert found["evidence"]["why"]["pid"] in [app.pid for app in apps[:stopped]]
        for app in apps[:stopped]:
            app.resume()
        assert clients.real_clients(net, 100) == 100
        assert [one["id"] for one in net.server.call(gathered) if one["severity"] == "critical"] == []


def test_a_listener_that_is_alone_speaks_of_all(net):
    with serving.application(net.server, 80, BACKLOG, accepts=False), filled(net, 1):
        found = net.server.call(gathered)[0]
        assert OF_ALL + "." in found["summary"]
        assert "members" not in found["evidence"]
