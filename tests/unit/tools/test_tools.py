# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools behind make: which ansible-core on which Python, what is pinned, and how a session's result is read and told."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import time

import pytest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")


@pytest.fixture(autouse=True)
def tools_importable(monkeypatch):
    monkeypatch.syspath_prepend(os.path.normpath(TOOLS))


PATHS = {(3, minor): "/python3.%d" % minor for minor in range(7, 15)}


def only(*minors):
    return {(3, minor): PATHS[3, minor] for minor in minors}


@pytest.mark.parametrize(
    ("found", "core", "python"),
    [
        (PATHS, "2.21", (3, 14)),
        (only(12, 13), "2.21", (3, 13)),
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
    assert tuple(PATHS) == pythons.KNOWN
    assert len(pairs) == 15
    assert {core for core, minor in pairs if minor == (3, 14)} == {"2.20", "2.21"}
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
    import parallel

    log = tmp_path / "log"
    log.write_text("before\n%s\nafter\n" % line)
    assert parallel.closing_line(str(log)) == told


@pytest.fixture
def jobs_of_code(tmp_path, monkeypatch):
    """Jobs that run Python code instead of a session."""
    import parallel

    monkeypatch.setattr(parallel, "LOGS", str(tmp_path))
    monkeypatch.setattr(parallel, "command_line", lambda job: [sys.executable, "-c", job.session])
    return lambda *codes: [parallel.Job(code, code) for code in codes]


def test_a_failure_is_told_and_the_others_run_nevertheless(jobs_of_code, capsys):
    import parallel

    jobs = jobs_of_code("print(1)", "print('what went wrong'); raise SystemExit(3)", "print(2)")
    assert parallel.run_all(jobs, "make it") == 1
    told = capsys.readouterr().out
    assert "    what went wrong\n" in told
    assert "ok       print(1)" in told
    assert "ok       print(2)" in told
    assert told.splitlines()[-1].startswith("make it: FAILED in 0.0 min: print('what")


def test_success_is_told_in_the_last_line(jobs_of_code, capsys):
    import parallel

    assert parallel.run_all(jobs_of_code("print(1)", "print(2)"), "make it") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "make it: all 2 suites passed in 0.0 min"


def test_the_live_suites_share_all_live_tests():
    import balance

    parts = balance.live_shares(4)
    shared = [path[len("tests/live/") :] for part in parts for path in part if path.startswith("tests/live/")]
    there = [name for name in os.listdir(os.path.join(TOOLS, os.pardir, "live")) if name.startswith("test_")]
    assert sorted(shared) == sorted(there)
    assert min(len(part) for part in parts) > 5


def test_what_goes_through_ansible_is_found_by_its_mark():
    import balance

    found = balance.through_ansible()
    assert {"tests/live/test_modules.py", "tests/live/test_role.py"} <= set(found)
    assert all(os.path.exists(os.path.join(TOOLS, os.pardir, os.pardir, path)) for path in found)


def test_a_hung_suite_ends(jobs_of_code, monkeypatch, capsys):
    import parallel

    monkeypatch.setattr(parallel, "PATIENCE", 0.5)
    assert parallel.run_all(jobs_of_code("import time; time.sleep(60)"), "make it") == 1
    assert "stopped: not done after" in capsys.readouterr().out


STOPPED = """
import signal, sys
sys.path.insert(0, sys.argv[1])
import parallel
parallel.LOGS = sys.argv[2]
signal.signal(signal.SIGTERM, signal.default_int_handler)
parallel.command_line = lambda job: [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
parallel.run_all([parallel.Job("sleep", "sleep")], "make it")
"""


def test_a_runner_that_is_stopped_leaves_nothing_running(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED, TOOLS, str(tmp_path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    log = tmp_path / "sleep.log"
    while not (log.exists() and log.read_text().endswith("\n")):
        assert process.poll() is None
        time.sleep(0.05)
    child = int(log.read_text())
    os.kill(child, 0)
    process.terminate()
    assert process.wait(30) != 0
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_session_is_started_with_its_arguments():
    import parallel

    assert parallel.command_line(parallel.Job("it", "lint"))[-2:] == ["--session", "lint"]
    assert parallel.command_line(parallel.Job("it", "live-tests", ("a", "b")))[-4:] == ["live-tests", "--", "a", "b"]


def test_what_counts_seconds_runs_first_and_with_little_beside_it():
    import parallel

    long, other, counting, short = (
        parallel.Job("long", "x"),
        parallel.Job("other", "x"),
        parallel.Job("counting", "x", counts_seconds=True),
        parallel.Job("short", "x", short=True),
    )
    assert parallel.startable([long, short, other, counting], []) == [counting, short]
    assert parallel.startable([long, other], [counting, short]) == []
    assert parallel.startable([long, other], [counting]) == []
    assert parallel.startable([counting], [long, short]) == []
    assert parallel.startable([long, short, other], []) == [long, short, other]
    assert len(parallel.startable([long] * 9, [])) == parallel.AT_ONCE
    assert parallel.startable([long], [short] * parallel.AT_ONCE) == []


def linters():
    """LINTERS of noxfile.py, which needs nox to be imported."""
    with open(os.path.join(TOOLS, os.pardir, os.pardir, "noxfile.py"), encoding="utf-8") as lines:
        (found,) = [one.value for one in ast.parse(lines.read()).body if getattr(getattr(one, "target", None), "id", "") == "LINTERS"]
    return ast.literal_eval(found)


def test_each_linter_has_a_hook_with_the_same_options():
    with open(os.path.join(TOOLS, os.pardir, os.pardir, ".pre-commit-config.yaml"), encoding="utf-8") as lines:
        entries = re.findall(r"^ +entry: \.build/nox/lint/bin/(\S+)(.*)$", lines.read(), re.MULTILINE)
    assert [name for name, _words in entries] == list(linters())
    for name, words in entries:
        # A hook names files instead of the folder, and reuse has a word of its own for that
        assert words.replace("lint-file", "lint").split() == [word for word in linters()[name] if word != "."]


LISTS = sorted(name[:-3] for name in os.listdir(os.path.join(TOOLS, os.pardir, "requirements")) if name.endswith(".in"))


def direct(name):
    """The packages that a list names, and those that it includes."""
    with open(os.path.join(TOOLS, os.pardir, "requirements", name + ".in"), encoding="utf-8") as lines:
        for line in lines:
            included = re.match(r"-r (.*)\.in", line)
            if included:
                yield from direct(included.group(1))
            elif line.strip() and not line.startswith("#"):
                yield re.match(r"[\w-]+", line).group().lower()


@pytest.mark.parametrize("name", LISTS)
def test_every_package_of_a_list_is_pinned_with_hashes_and_nothing_says_where_it_came_from(name):
    import pins

    with open(pins.locked(name), encoding="utf-8") as lines:
        told = lines.read().replace("\\\n", "")
    entries = [line for line in told.splitlines() if not line.startswith("#")]
    wrong = [line for line in entries if not re.match(r"[\w.-]+==[\w.]+ +(; [^#]*?)?( *--hash=sha256:[0-9a-f]{64})+$", line)]
    assert wrong == []
    assert set(direct(name)) <= {line.partition("==")[0] for line in entries}
    assert not re.search(r"https?:|file:|index-url|find-links|(?<!sphinxcontrib)/", told.replace("make refresh", ""))


def test_the_pins_of_an_ansible_core_are_of_that_core():
    import pins
    from pythons import CORES

    for core in CORES:
        with open(pins.locked("core-" + core.name), encoding="utf-8") as lines:
            assert re.findall(r"^ansible-core==(\d+\.\d+)", lines.read(), re.MULTILINE) == [core.name]


def test_an_environment_is_as_pinned_until_its_pins_or_its_python_change(tmp_path, monkeypatch):
    import pins

    path = tmp_path / "locked.txt"
    path.write_text("one==1\n")
    monkeypatch.setattr(pins, "locked", lambda name: str(path))
    assert not pins.held(str(tmp_path), "it", "/python")
    pins.mark(str(tmp_path), "it", "/python")
    assert pins.held(str(tmp_path), "it", "/python")
    assert not pins.held(str(tmp_path), "it", "/other")
    path.write_text("one==2\n")
    assert not pins.held(str(tmp_path), "it", "/python")


def test_the_slow_scripts_of_pyenv_are_not_asked(tmp_path, monkeypatch):
    import pythons

    for folder in ("shims", "versions/3.12.1/bin"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "python3.12").write_text("")
        (tmp_path / folder / "python3.12").chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    assert pythons.candidates((3, 12)) == [str(tmp_path / "versions/3.12.1/bin/python3.12")]


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


@pytest.mark.parametrize("count", [1, 2, 4, 5])
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
    import parallel

    for name, seconds in (("one", "3.00"), ("two", "12.50")):
        lines = "%ss call     tests/live/test_%s.py::test_it[a]\n0.10s setup    tests/x.py::y\nnoise 1s call\n" % (seconds, name)
        (tmp_path / name).write_text(lines)
    found = parallel.slowest([str(tmp_path / "one"), str(tmp_path / "two")])
    assert found[:2] == [(12.5, "tests/live/test_two.py::test_it[a]"), (3.0, "tests/live/test_one.py::test_it[a]")]


def test_the_tests_that_failed_are_named_with_their_reason(tmp_path):
    import parallel

    told = "FAILED tests/live/test_one.py::test_it[a] - assert 1 == 2"
    (tmp_path / "one").write_text("FAILED to reach a mirror\n%s\nERROR tests/x.py::y\n== 1 failed in 3s ==\n" % told)
    assert parallel.failures([str(tmp_path / "one")]) == [told, "ERROR tests/x.py::y"]
