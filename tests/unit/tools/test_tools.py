# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools behind make: which ansible-core on which Python, and how a suite's result is read and told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")


@pytest.fixture(autouse=True)
def tools_importable(monkeypatch):
    monkeypatch.syspath_prepend(os.path.normpath(TOOLS))


PATHS = {(3, minor): "/python3.%d" % minor for minor in range(7, 14)}


def only(*minors):
    return {(3, minor): PATHS[3, minor] for minor in minors}


@pytest.mark.parametrize(
    ("found", "core", "python"),
    [
        (PATHS, "2.21", (3, 13)),
        (only(11), "2.19", (3, 11)),
        (only(7, 12), "2.21", (3, 12)),
        (only(10), "2.17", (3, 10)),
    ],
)
def test_the_newest_core_that_the_pythons_run(found, core, python):
    import pythons

    newest = pythons.newest_core(found)
    assert (newest[0].name, newest[1]) == (core, python)


def test_no_core_without_a_python_for_it():
    import pythons

    assert pythons.newest_core(only(7, 8, 9)) is None


def test_this_python_is_found():
    import pythons

    assert sys.version_info[:2] in pythons.find_all()


def test_the_matrix_is_every_supported_pair():
    import pythons

    pairs = {(core.name, minor) for core in pythons.CORES for minor in pythons.controllers(core, PATHS)}
    assert len(pairs) == 13
    assert ("2.17", (3, 13)) not in pairs and ("2.20", (3, 11)) not in pairs


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("============== 3 failed, 642 passed, 1 skipped in 3.83s ===============", "3 failed, 642 passed, 1 skipped in 3.83s"),
        ("======================= 200 passed in 83.20s (0:01:23) ================", "200 passed in 83.20s (0:01:23)"),
        ("5 passed in 0.10s", "5 passed in 0.10s"),
        ("================ 12 deselected in 0.10s =======================", "12 deselected in 0.10s"),
        ("================ no tests ran in 0.10s =======================", "no tests ran in 0.10s"),
        ("nothing of the kind", ""),
    ],
)
def test_pytests_closing_line(tmp_path, line, told):
    import runner

    log = tmp_path / "log"
    log.write_text("before\n%s\nafter\n" % line)
    assert runner.closing_line(str(log)) == told


def suite(runner, code):
    return runner.Suite(code, lambda: os.path.dirname(os.path.dirname(sys.executable)), ("python", "-c", code))


def test_a_failure_is_told_and_the_others_run_nevertheless(tmp_path, monkeypatch, capsys):
    import runner

    monkeypatch.setattr(runner, "LOGS", str(tmp_path))
    codes = ("print(1)", "print('what went wrong'); raise SystemExit(3)", "print(2)")
    assert runner.run_all([suite(runner, code) for code in codes], "make it") == 1
    told = capsys.readouterr().out
    assert "    what went wrong\n" in told
    assert "ok       print(1)" in told
    assert "ok       print(2)" in told
    assert told.splitlines()[-1].startswith("make it: FAILED in 0.0 min: print('what")


def test_success_is_told_in_the_last_line(tmp_path, monkeypatch, capsys):
    import runner

    monkeypatch.setattr(runner, "LOGS", str(tmp_path))
    assert runner.run_all([suite(runner, "print(1)"), suite(runner, "print(2)")], "make it") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "make it: all 2 suites passed in 0.0 min"


def test_the_live_suites_share_all_live_tests():
    import suites
    from pythons import CORES

    machine = SimpleNamespace(core=CORES[-1], python=(3, 13), found=PATHS, core_venv=lambda core, minor: None)
    parts = [one.command[1:] for one in suites.live(machine) if one.name.startswith("live tests")]
    shared = [path[len("tests/live/"):] for part in parts for path in part if path.startswith("tests/live/")]
    there = [name for name in os.listdir(os.path.join(suites.ROOT, "tests", "live")) if name.startswith("test_")]
    assert sorted(shared) == sorted(there)
    assert min(len(part) for part in parts) > 5


def test_a_hung_suite_ends(tmp_path, monkeypatch, capsys):
    import runner

    monkeypatch.setattr(runner, "LOGS", str(tmp_path))
    monkeypatch.setattr(runner, "PATIENCE", 0.5)
    assert runner.run_all([suite(runner, "import time; time.sleep(60)")], "make it") == 1
    assert "stopped: not done after" in capsys.readouterr().out


STOPPED = """
import sys
sys.path.insert(0, sys.argv[1])
import runner
runner.LOGS = sys.argv[2]
runner.stop_on_sigterm()
code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
runner.run_all([runner.Suite("sleep", lambda: sys.prefix, ("python", "-c", code))], "make it")
"""


def test_a_runner_that_is_stopped_leaves_nothing_running(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", STOPPED, TOOLS, str(tmp_path)], stdout=subprocess.DEVNULL)
    log = tmp_path / "sleep.log"
    while not (log.exists() and log.read_text().endswith("\n")):
        assert process.poll() is None
        time.sleep(0.05)
    child = int(log.read_text())
    os.kill(child, 0)
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_only_what_is_missing_is_installed():
    import debian

    parts = {"here": "sh", "gone": "no-such-command", "file": "/etc/passwd"}
    packages = [debian.Package(name, part, "-") for name, part in parts.items()]
    assert [package.name for package in debian.missing(packages)] == ["gone"]


def test_the_list_of_debian_packages_is_read():
    import debian

    listed = {package.name: package for package in debian.wanted()}
    assert listed["openssh-server"] == ("openssh-server", "sshd", "ssh")
    assert listed["iproute2"].service == "-"
    containers = {package.name: package for package in debian.wanted("debian-containers")}
    assert "podman.socket" in containers["podman"].service.split(",")


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_file_has_its_share_and_no_share_is_much_longer(count):
    import balance

    files = sorted(balance.SECONDS) + ["test_other_%d.py" % number for number in range(9)]
    parts = balance.shares(files, count)
    assert sorted(path for part in parts for path in part) == sorted(files)
    taken = [sum(map(balance._seconds, part)) for part in parts]
    assert max(taken) <= sum(taken) / count + max(balance.SECONDS.values())


def test_the_table_of_shares_names_files_that_are_there():
    import balance

    there = {name for folder in ("live", "browser") for name in os.listdir(os.path.join(TOOLS, os.pardir, folder))}
    assert set(balance.SECONDS) <= there


def test_the_slowest_tests_of_all_logs_are_named(tmp_path):
    import runner

    for name, seconds in (("one", "3.00"), ("two", "12.50")):
        lines = "%ss call     tests/live/test_%s.py::test_it[a]\n0.10s setup    tests/x.py::y\nnoise 1s call\n" % (seconds, name)
        (tmp_path / name).write_text(lines)
    found = runner.slowest([str(tmp_path / "one"), str(tmp_path / "two")])
    assert found[:2] == [(12.5, "tests/live/test_two.py::test_it[a]"), (3.0, "tests/live/test_one.py::test_it[a]")]


def test_the_tests_that_failed_are_named_with_their_reason(tmp_path):
    import runner

    told = "FAILED tests/live/test_one.py::test_it[a] - assert 1 == 2"
    (tmp_path / "one").write_text("FAILED to reach a mirror\n%s\nERROR tests/x.py::y\n== 1 failed in 3s ==\n" % told)
    assert runner.failures([str(tmp_path / "one")]) == [told, "ERROR tests/x.py::y"]


def test_what_counts_seconds_runs_first_and_with_little_beside_it(monkeypatch):
    import runner

    runs = []
    monkeypatch.setattr(runner.Runner, "several", lambda _self, suites, at_once: runs.append(([one.name for one in suites], at_once)))
    suites = [
        runner.Suite("long", str, ("x",)),
        runner.Suite("counting", str, ("x",), counts_seconds=True),
        runner.Suite("short", str, ("x",), short=True),
    ]
    runner.run_all(suites, "make it")
    assert runs == [(["counting", "short"], runner.BESIDE_SECONDS), (["long"], runner.AT_ONCE)]
    runs.clear()
    runner.run_all(suites[::2], "make it")
    assert runs == [([], runner.BESIDE_SECONDS), (["long", "short"], runner.AT_ONCE)]
