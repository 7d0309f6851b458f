# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel's log and counters say of a listener that is gone, or that was raised since, accuses no other."""

from __future__ import annotations

import calendar
import contextlib
import os
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import raised_record
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.gather import gather
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.raise_listener import set_backlogs
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel
from ansible_collections.linuxnet.tcp.tests.live import lab, serving

PORT = 47311  # a port of our own in a log that is the whole machine's
LOG = """\
%s host kernel: TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:47311. Sending cookies.
"""


def gathered(namespace, log, **options):
    params = {name: option.get("default") for name, option in gathering_spec().items()}
    params.update(kernel_log_source=log, ports=[PORT], **options)
    return namespace.call(gather, parse_gathering_options(params))[0]


def told(namespace, log, **options):
    found = gathered(namespace, log, **options)["findings"]
    # The counters since boot tell nobody's name, and are told as weak evidence of the namespace
    return {
        one["id"]: one
        for one in found
        if one["id"] not in ("runtime-undone-at-boot", "half-open-lifetime", "syn-queue-full")
    }


@pytest.fixture
def flooded(net, tmp_path):
    """A listener with backlog 64 whose queue was full, and the kernel's line about it."""
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)
    net.server.sysctl("net.ipv4.tcp_synack_retries", 0)  # a flood is over soon

    def flood():
        lab.spoof_syns(net, port=PORT, count=200)
        path = tmp_path / "kern.log"
        path.write_text(LOG % time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()))
        assert lab.wait_for(lambda: lab.half_open_count(net.server, PORT) == 0, 20)
        time.sleep(1.1)  # the log tells whole seconds
        return str(path)

    return flood


def test_a_listener_that_was_started_anew_is_not_its_predecessor(net, flooded):
    """Before, it was told syn-flood-reported (warning) and listener-bound-by-application for 24 hours."""
    with serving.application(net.server, PORT, backlog=64):
        log = flooded()
        found = told(net.server, log)
        assert found["syn-flood-reported"]["severity"] == "warning"
        assert "listener-bound-by-application" in found
    assert lab.wait_for(lambda: lab.half_open_count(net.server, PORT) == 0, 20)
    with serving.application(net.server, PORT, backlog=4000):
        found = told(net.server, log)
        assert {name: one["severity"] for name, one in found.items()} == {"syn-flood-reported": "info"}
        assert "listened here before" in found["syn-flood-reported"]["summary"]


def test_since_is_the_start_of_the_oldest_process(net):
    before = int(time.time()) - 1
    with serving.application(net.server, PORT, backlog=64):
        (row,) = gathered(net.server, "none", gather_subset=["listeners"])["listeners"]
        since = calendar.timegm(time.strptime(row["since"], "%Y-%m-%dT%H:%M:%SZ"))
        assert before <= since <= time.time()
    with lab.listener(net.server, "127.0.0.1", PORT):  # of this process, which is older
        (row,) = gathered(net.server, "none", gather_subset=["listeners"])["listeners"]
        assert calendar.timegm(time.strptime(row["since"], "%Y-%m-%dT%H:%M:%SZ")) < since


@pytest.mark.skipif(running_kernel().level < Level(5, 6), reason="pidfd_getfd(2) came with Linux 5.6")
def test_a_listener_that_was_raised_since_is_another_one(net, flooded):
    record = raised_record.PATH
    there = os.path.exists(record)
    with serving.application(net.server, PORT, backlog=64):
        log = flooded()
        assert told(net.server, log)["syn-flood-reported"]["severity"] == "warning"
        params = dict.fromkeys(("address", "inode", "network_namespace", "expected_somaxconn"))
        made = net.server.call(set_backlogs, dict(params, port=PORT, backlog=4000, policy="exact"))[0]
        assert made["changed"]
        try:
            (row,) = gathered(net.server, "none", gather_subset=["listeners"])["listeners"]
            assert row["raised"]["before"] == 64
            found = told(net.server, log)
            assert {name: one["severity"] for name, one in found.items()} == {"syn-flood-reported": "info"}
            assert "before this listener was raised to 4000" in found["syn-flood-reported"]["summary"]
        finally:
            if not there:
                os.unlink(record)
                with contextlib.suppress(OSError):
                    os.rmdir(os.path.dirname(record))


def test_a_flood_of_another_namespace_is_not_this_ones(net, flooded):
    """The log does not say which namespace: the counters of one whose queues were never full do."""
    with serving.application(net.server, PORT, backlog=64), serving.application(net.client, PORT, backlog=64):
        log = flooded()
        assert told(net.server, log)["syn-flood-reported"]["severity"] == "warning"
        found = told(net.client, log)
        assert found["syn-flood-reported"]["severity"] == "info"
        assert found["syn-flood-reported"]["subject"] == "host"
        assert "listener-bound-by-application" not in found
        both = told(net.client, log, network_namespaces=["host", net.server.name])
        assert both["syn-flood-reported"]["severity"] == "warning", "the counters tell that it is the other's"
        assert net.server.name in both["syn-flood-reported"]["subject"]
