# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exporter, its rules and its dashboard, as operators meet them: the one file, run beside real listeners and a real Prometheus."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import accept_lengths
from ansible_collections.linuxnet.tcp.tests.live import lab, serving
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT

pytest.importorskip("ansible.module_utils.basic", reason="the exporter is built on a controller")
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._exporter import build as _exporter_build

MONITORING = ROOT / "extensions" / "monitoring"
RULES = MONITORING / "linuxnet_tcp.rules.yml"
PORT, PROMETHEUS, NODE_EXPORTER = 9819, 9090, 9100
LONGEST = 30.0  # seconds to wait for what takes one or two


@pytest.fixture(scope="module")
def exporter(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("exporter") / "exporter"
    path.write_bytes(_exporter_build.built(sys.executable))
    path.chmod(0o755)
    return str(path)


@contextlib.contextmanager
def running(namespace, argv, **named):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = namespace.popen([str(word) for word in argv], env=environment, stdout=subprocess.DEVNULL, **named)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def until(wanted, what):
    """The first true answer, asked again and again."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException, FileNotFoundError, StopIteration):
            found = wanted()
            if found:
                return found
        time.sleep(0.05)
    raise AssertionError("nothing seen of %s in %d s" % (what, LONGEST))


def get(namespace, port, path, **headers):
    with namespace.enter():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
    if answer.status == 503:
        raise ConnectionError("not ready yet: %s" % body)
    assert answer.status == 200, body
    return body


def samples(text, name):
    """(labels, value) of a metric in OpenMetrics text."""
    return [(one.labels, one.value) for family in text_string_to_metric_families(text) for one in family.samples if one.name == name]


def of_port(text, name, port):
    return next(value for labels, value in samples(text, "linuxnet_tcp_listener_" + name) if labels["port"] == str(port))


def scrape(namespace):
    return get(namespace, PORT, "/metrics", Accept="application/openmetrics-text; version=1.0.0")


def served(namespace, exporter, *more):
    return running(namespace, [exporter, "export", "--listen", "127.0.0.1:%d" % PORT, "--interval", "1", *more])


def burst(namespace, port, count):
    """Connections that come at once and stay."""
    def open_all():
        sockets = [socket.socket() for _number in range(count)]
        for sock in sockets:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        return sockets

    return namespace.call(open_all)


def test_the_same_files_make_the_same_bytes():
    assert _exporter_build.built("/usr/bin/python3") == _exporter_build.built("/usr/bin/python3")


def test_a_burst_between_two_readings_is_in_the_metrics_though_nothing_waits_any_more(netns, exporter):
    """The application pauses, a hundred clients come, it takes them, and only then comes the next reading."""
    with serving.application(netns, 80, backlog=511) as app, served(netns, exporter, "--interval", "5", "--peak-window", "30"):
        before = until(lambda: scrape(netns), "the first reading")
        assert of_port(before, "accept_queue_peak", 80) == 0
        app.pause()
        sockets = burst(netns, 80, 100)
        time.sleep(0.5)
        app.resume()
        after = until(lambda: next(text for text in [scrape(netns)] if of_port(text, "accept_queue_peak", 80)), "the peak")
        assert of_port(after, "accept_queue_peak", 80) == 100
        assert of_port(after, "accept_queue_used", 80) == 0
        assert of_port(after, "accept_queue_limit", 80) == 512
        del sockets


@pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx")
def test_real_nginx_shows_its_peak_and_its_name(netns, exporter, tmp_path):
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        "daemon off; master_process off; pid %s/pid; error_log /dev/null; events {} "
        "http { access_log off; server { listen 80 backlog=64; return 200 ok; } }" % tmp_path
    )
    with running(netns, ["nginx", "-c", conf], stderr=subprocess.DEVNULL) as nginx, served(netns, exporter):
        until(lambda: of_port(scrape(netns), "backlog", 80) == 64, "nginx")
        nginx.send_signal(signal.SIGSTOP)
        sockets = burst(netns, 80, 40)
        time.sleep(0.5)
        nginx.send_signal(signal.SIGCONT)
        text = until(lambda: next(one for one in [scrape(netns)] if of_port(one, "accept_queue_peak", 80)), "the peak")
        assert of_port(text, "accept_queue_peak", 80) == 40
        assert {labels["process"] for labels, _one in samples(text, "linuxnet_tcp_listener_info") if labels["port"] == "80"} == {"nginx"}
        del sockets


def test_promtool_finds_nothing_to_say(netns, exporter):
    with serving.application(netns, 80), served(netns, exporter):
        text = until(lambda: get(netns, PORT, "/metrics"), "metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_rules_say_what_they_should():
    done = subprocess.run(["promtool", "test", "rules", ROOT / "tests" / "monitoring" / "rules_test.yml"], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def prometheus(namespace, tmp_path, target):
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "hosts", "static_configs": [{"targets": ["127.0.0.1:%d" % target]}]}],
    }
    path = tmp_path / "prometheus.yml"
    path.write_text(json.dumps(config))
    argv = ["prometheus", "--config.file", path, "--storage.tsdb.path", tmp_path / "tsdb", "--web.listen-address", "127.0.0.1:%d" % PROMETHEUS]
    with running(namespace, argv, stderr=subprocess.DEVNULL):
        yield


def asked(namespace, path):
    return json.loads(get(namespace, PROMETHEUS, "/api/v1/" + path))["data"]


def expressions():
    """Every query of the dashboard, its variables filled in."""
    panels = json.loads((MONITORING / "grafana_dashboard.json").read_text())["panels"]
    return [re.sub(r"\$(instance|address|port)", ".*", one["expr"]) for panel in panels for one in panel.get("targets", ())]


def test_from_a_full_queue_to_an_alert_with_the_listeners_name_and_every_query_of_the_dashboard(netns, exporter, tmp_path):
    """By the textfile collector of Debian's node_exporter and Debian's Prometheus, as docs/metrics.md has it."""
    folder = tmp_path / "textfiles"
    folder.mkdir()
    node = ["prometheus-node-exporter", "--web.listen-address", "127.0.0.1:%d" % NODE_EXPORTER, "--collector.disable-defaults",
            "--collector.textfile", "--collector.textfile.directory", folder]  # fmt: skip
    exported = [exporter, "export", "--textfile", folder / "linuxnet_tcp.prom", "--interval", "1"]
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(serving.application(netns, 8080, backlog=16))
        for argv in (exported, node):
            stack.enter_context(running(netns, argv, stderr=subprocess.DEVNULL))
        stack.enter_context(prometheus(netns, tmp_path, NODE_EXPORTER))
        up = quote('linuxnet_tcp:listener_accept_queue_use:ratio{port="8080"}')
        until(lambda: asked(netns, "query?query=" + up)["result"], "the first scrape")
        app.pause()
        sockets = burst(netns, 8080, 40)
        full = quote('linuxnet_tcp_listener_accept_queue_peak{port="8080"} >= 17')
        seen = float(until(lambda: asked(netns, "query?query=" + full)["result"], "the peak")[0]["value"][0])
        alerts = until(
            lambda: [one for one in asked(netns, "alerts")["alerts"] if one["labels"]["alertname"] == "AcceptQueueFull"], "the alert"
        )
        firing = time.time()
        assert alerts[0]["annotations"]["listener"] == "0.0.0.0:8080"
        assert alerts[0]["annotations"]["knob"] == "application"
        assert "port=8080" in alerts[0]["annotations"]["remedy"]
        assert alerts[0]["state"] == "firing"
        active = time.mktime(time.strptime(alerts[0]["activeAt"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        assert active - seen <= 2, "within two evaluations of a second each (seen %s, firing %s)" % (seen, firing)
        for expression in expressions():
            answer = asked(netns, "query?query=" + quote(expression))
            assert answer["resultType"] == "vector", expression
        with_data = [one for one in expressions() if asked(netns, "query?query=" + quote(one))["result"]]
        without = set(expressions()) - set(with_data)
        assert all("boot_value" in one or "findings" in one for one in without), without
        del sockets


def test_a_hundred_thousand_looks_leave_memory_and_descriptors_as_they_were(netns):
    with serving.application(netns, 80), netns.enter():
        lengths = accept_lengths.AcceptLengths()
        for _look in range(5000):
            lengths.look()
        before = (len(os.listdir("/proc/self/fd")), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        for _look in range(100000):
            lengths.look()
        after = (len(os.listdir("/proc/self/fd")), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        lengths.close()
    assert after[0] == before[0]
    assert after[1] - before[1] < 1024, "kilobytes"


def test_memory_stays_below_forty_megabytes(netns, exporter):
    with served(netns, exporter) as process:
        until(lambda: of_exporter(scrape(netns)) > 60, "three seconds of samples")
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/%d/status" % process.pid).read_text())
        assert int(peak.group(1)) < 40 * 1024


def of_exporter(text):
    return samples(text, "linuxnet_tcp_exporter_samples_total")[0][1]


def test_a_full_disk_and_a_kill_leave_the_last_whole_file(netns, exporter, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        path = small / "linuxnet_tcp.prom"
        with serving.application(netns, 80), running(netns, [exporter, "export", "--textfile", path, "--interval", "1"], stderr=subprocess.DEVNULL) as process:
            until(path.exists, "the file")
            filler = small / "filler"
            with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            last = path.read_bytes()
            time.sleep(2.5)
            assert path.read_bytes() == last, "nothing could be written, so that it is the file from before"
            filler.unlink()
            until(lambda: path.read_bytes() != last, "the next file")
            process.kill()
            process.wait()
        assert path.read_bytes().endswith(b"\n")
        assert b"linuxnet_tcp_exporter_build_info" in path.read_bytes(), "the last family of a whole file"
        with running(netns, [exporter, "export", "--textfile", path, "--interval", "1"], stderr=subprocess.DEVNULL) as process:
            time.sleep(0.1)
            until(lambda: not list(small.glob(".*.new")), "an end of leftovers")
    finally:
        subprocess.run(["umount", small], check=True)


def test_an_upgrade_keeps_counters(netns, exporter, tmp_path):
    """The listener dropped some; the next exporter goes on from there."""
    state = tmp_path / "state"
    state.mkdir()
    with serving.application(netns, 80, backlog=2) as app:
        app.pause()
        sockets = burst(netns, 80, 20)
        with served(netns, exporter, "--state", str(state)) as first:
            before = until(lambda: of_port(scrape(netns), "drops_total", 80), "drops")
            first.terminate()
            first.wait()
        kept = json.loads((state / "state.json").read_text())
        with served(netns, exporter, "--state", str(state)):
            after = of_port(until(lambda: scrape(netns), "the next version"), "drops_total", 80)
        assert after >= before > 0
        assert kept["schema"] == 1
        del sockets


def test_two_namespaces_each_with_its_counters_and_its_peaks(netns, exporter):
    """The exporter runs in one and enters the other."""
    with lab.Netns("other") as other, serving.application(netns, 80, backlog=511), serving.application(other, 81, backlog=2) as app:
        place = other.name
        with served(netns, exporter, "--network-namespace", "host", "--network-namespace", place):
            text = until(lambda: next(one for one in [scrape(netns)] if of_port(one, "accept_queue_limit", 81)), "the other namespace")
            assert of_port(text, "accept_queue_limit", 81) == 3
            assert of_port(text, "accept_queue_limit", 80) == 512
            app.pause()
            sockets = burst(other, 81, 20)
            text = until(lambda: next(one for one in [scrape(netns)] if of_port(one, "drops_total", 81)), "drops")
            overflows = {labels["netns"]: value for labels, value in samples(text, "linuxnet_tcp_listen_overflows_total")}
            assert overflows[place] > 0
            assert overflows["host"] == 0
            assert of_port(text, "accept_queue_peak", 81) == 3
            assert of_port(text, "accept_queue_peak", 80) == 0
            assert {labels["netns"] for labels, _one in samples(text, "linuxnet_tcp_half_open_connections")} == {"host", place}
            del sockets


def test_a_namespace_that_is_not_there_is_told_once_and_the_host_nevertheless(netns, exporter, tmp_path):
    errors = tmp_path / "stderr"
    with open(errors, "wb") as log, serving.application(netns, 80):
        with running(netns, [exporter, "export", "--listen", "127.0.0.1:%d" % PORT, "--interval", "1",
                             "--network-namespace", "host", "--network-namespace", "no-such"], stderr=log):  # fmt: skip
            text = until(lambda: next(one for one in [scrape(netns)] if of_exporter(one) > 50), "a second reading")
            assert samples(text, "linuxnet_tcp_exporter_network_namespaces")[0][1] == 1
    assert errors.read_text().count("no-such") == 1


def test_by_hand_without_ansible(netns, exporter):
    environment = {"PATH": os.environ["PATH"]}
    with serving.application(netns, 8080):
        table = netns.run([exporter, "report"], capture_output=True, text=True, env=environment)
        told = netns.run([exporter, "json"], capture_output=True, text=True, env=environment)
        watched = netns.run([exporter, "watch", "--duration", "1"], capture_output=True, text=True, env=environment)
    assert table.returncode == 0 and "0.0.0.0:8080" in table.stdout, table.stderr
    assert [one["port"] for one in json.loads(told.stdout)["listeners"]] == [8080]
    assert watched.returncode == 0 and "8080" in watched.stdout, watched.stderr


@pytest.mark.parametrize("place", ["127.0.0.1", "127.0.0.1:0", "x:99999"])
def test_an_address_that_is_none_is_told(exporter, place):
    done = subprocess.run([exporter, "export", "--listen", place], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "--listen %s: wanted ADDRESS:PORT" % place in done.stderr


def test_metrics_on_a_unix_socket(netns, exporter, tmp_path):
    path = tmp_path / "metrics.sock"
    with running(netns, [exporter, "export", "--socket", path, "--interval", "1"]):
        until(path.is_socket, "the socket")

        def ask():
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(LONGEST)
                sock.connect(str(path))
                sock.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                return b"".join(iter(lambda: sock.recv(65536), b""))

        assert until(lambda: next(one for one in [ask()] if b" 200 OK" in one), "metrics").startswith(b"HTTP/1.0 200 OK")
