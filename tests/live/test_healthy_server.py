# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A healthy server at work: real nginx under wrk, within its limits, is told nothing."""

from __future__ import annotations

import re
import subprocess

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module.gather import gather
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.options import (
    gathering_spec,
    parse_gathering_options,
)
from ansible_collections.linuxnet.tcp.tests.live import daemons, lab

SECONDS = 5
CLIENTS = 128  # at once: a quarter of what nginx's 511 admits


class Nginx(daemons.Nginx):
    port = 47811  # where no other test floods: the kernel's log does not tell namespaces apart


@pytest.fixture
def nginx(net, tmp_path):
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("hello\n")
    tmp_path.chmod(0o755)  # nginx's workers are nobody
    with Nginx(net.server, tmp_path) as server:
        yield server


def findings(namespace, **options):
    params = {name: option.get("default") for name, option in gathering_spec().items()}
    params.update(gather_subset=["all"], **options)
    facts, _warnings = namespace.call(gather, parse_gathering_options(params))
    # What the test sets for its namespace alone, a reboot of the machine would undo: that is not the load's
    return [one for one in facts["findings"] if one["id"] != "runtime-undone-at-boot"]


@pytest.mark.parametrize(
    ("header", "cookies", "expected"),
    [
        pytest.param(None, 1, [], id="kept connections"),
        pytest.param("Connection: close", 1, [], id="a connection for each request"),
        pytest.param("Connection: close", 0, ["syncookies-off"], id="a setting is all there is to tell"),
    ],
)
def test_nothing_is_found_while_it_serves(net, nginx, header, cookies, expected):
    net.server.sysctl("net.ipv4.tcp_syncookies", cookies)
    before = lab.counters(net.server)
    options = ["--header", header] if header else []
    url = "http://%s:%d/" % (net.server_v4, nginx.port)
    wrk = [daemons.program("wrk", "wrk"), "-t1", "-c%d" % CLIENTS, "-d%ds" % SECONDS, *options, url]
    told = []
    with net.client.popen(wrk, stdout=subprocess.PIPE, text=True) as load:
        opened = before["Tcp.PassiveOpens"]
        assert lab.wait_for(lambda: lab.counters(net.server)["Tcp.PassiveOpens"] >= opened + CLIENTS)
        while load.poll() is None:
            told.append(findings(net.server, kernel_log_source="none"))
            told.append(findings(net.server, kernel_log_source="none", counters_window=0.5))
        output = load.stdout.read()
    told.append(findings(net.server, kernel_log_source="none"))
    after = lab.counters(net.server)

    served = int(re.search(r"(\d+) requests in", output).group(1))
    assert served > 1000 and "Socket errors" not in output, output
    assert (after["Tcp.PassiveOpens"] - before["Tcp.PassiveOpens"] >= served) is (header is not None)
    assert after["ListenDrops"] == before["ListenDrops"], "the load was not within the limits"
    assert len(told) >= 5
    assert [[one["id"] for one in findings] for findings in told] == [expected] * len(told)


def test_nothing_above_info_with_the_kernels_log(net, nginx):
    """The log is the whole machine's: what other tests flooded is in it."""
    wrk = [daemons.program("wrk", "wrk"), "-t1", "-c%d" % CLIENTS, "-d1s", "http://%s:%d/" % (net.server_v4, nginx.port)]
    with net.client.popen(wrk, stdout=subprocess.DEVNULL):
        assert {one["severity"] for one in findings(net.server, counters_window=0.5)} <= {"info"}
