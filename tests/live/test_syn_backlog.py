# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module syn_backlog as users call it, and what else on a host has a say: TuneD, no loader, a namespace, the controller."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.edit import HEADER
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._module import transaction
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change import Shadowed
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change_options import SYSCTL_FILE
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.host import Refused
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.boot_files import boot_values
from ansible_collections.linuxnet.tcp.plugins.module_utils._write import atomic
from ansible_collections.linuxnet.tcp.tests.live import lab, sandbox
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, command, environment, run_module, run_playbook
from ansible_collections.linuxnet.tcp.tests.live.sandbox import apply, isolated, ours, sysctls, unchanged, write

MODULE = "linuxnet.tcp.syn_backlog"
WANTED = {"somaxconn": 5000, "tcp_syncookies": 2}


def without(result: dict, *names: str) -> dict:
    return {name: value for name, value in result.items() if name not in (*names, "stderr_of_ansible", "warnings")}


# ---------------------------------------------------------------- through Ansible


@pytest.mark.ansible
@isolated
def test_check_then_run_then_again_then_absent() -> None:
    extra = ["--check", "--diff"]
    with unchanged():
        checked = run_module(MODULE, WANTED, extra=extra)
    done = run_module(MODULE, WANTED, extra=["--diff"])
    assert without(checked, "verified") == without(done, "verified")
    assert done["changed"] and done["verified"] and not checked["verified"]
    assert set(done) >= {"before", "after", "shadowed_by", "restart_needed", "changed", "verified"}
    assert sysctls(*WANTED) == WANTED
    with unchanged():
        again = run_module(MODULE, WANTED)
    assert not again["changed"] and again["before"] == again["after"] == done["after"]
    gone = run_module(MODULE, {"state": "absent"})
    assert gone["changed"] and ours() is None
    assert not run_module(MODULE, {"state": "absent"})["changed"]


@pytest.mark.ansible
@isolated
def test_the_diff_is_shown() -> None:
    done = output_of_ansible(["-m", MODULE, "-a", "somaxconn=5000", "--check", "--diff"])
    assert "+net.core.somaxconn = 5000" in done and "+++ after: " + SYSCTL_FILE in done


def output_of_ansible(arguments: list[str]) -> str:
    argv = [command("ansible"), "localhost", *arguments]
    return subprocess.run(argv, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout


@pytest.mark.ansible
@isolated
def test_a_failure_says_what_decides_and_hands_it_over() -> None:
    write("/etc/sysctl.d/99-zzz.conf", "\nnet.core.somaxconn = 128\n")
    with unchanged():
        checked = run_module(MODULE, WANTED, extra=["--check"])
        done = run_module(MODULE, WANTED)
    assert without(checked) == without(done)
    assert done["failed"] and not done["changed"]
    assert done["shadowed_by"] == [{"key": "somaxconn", "source": "/etc/sysctl.d/99-zzz.conf:2", "value": 128, "reason": ""}]
    assert "/etc/sysctl.d/99-zzz.conf:2" in done["msg"] and "on_shadowed" in done["msg"]
    warned = run_module(MODULE, dict(WANTED, on_shadowed="warn"))
    assert not warned["failed"] and warned["changed"] and "99-zzz.conf:2" in warned["stderr_of_ansible"]


@pytest.mark.ansible
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"state is present but any of the following are missing: somaxconn, tcp_max_syn_backlog"),
        ({"tcp_syncookies": 3}, r"^tcp_syncookies: 3 is not allowed; the allowed range is 0 to 2$"),
    ],
)
@isolated
def test_bad_input_fails_the_task(arguments: dict, message: str) -> None:
    with unchanged():
        result = run_module(MODULE, arguments)
    assert result["failed"] and not result["changed"]
    assert re.search(message, result["msg"]), result["msg"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"^state: 'present' is not allowed; it takes at least one of somaxconn"),
        ({"somaxconn": -1}, r"^somaxconn: -1 is not allowed; the allowed range is 0 to 2147483647$"),
        ({"tcp_syncookies": -1}, r"^tcp_syncookies: -1 is not allowed; the allowed range is 0 to 2$"),
        ({"tcp_abort_on_overflow": 2}, r"^tcp_abort_on_overflow: 2 is not allowed; the allowed range is 0 to 1$"),
        ({"tcp_synack_retries": 256}, r"^tcp_synack_retries: 256 is not allowed; the allowed range is 0 to 255$"),
        ({"somaxconn": 1, "persist": False, "runtime": False}, r"^runtime: False is not allowed; with persist=false nothing"),
        ({"state": "absent", "persist": False}, r"^persist: False is not allowed; state=absent takes lines out of sysctl_file$"),
        ({"somaxconn": 1, "sysctl_file": "a.conf"}, r"^sysctl_file: 'a.conf' is not allowed; it takes the absolute path"),
        ({"somaxconn": 1, "sysctl_file": "/etc/sysctl.d/"}, r"^sysctl_file: '/etc/sysctl.d/' is not allowed"),
        ({"somaxconn": 1, "sysctl_file": "/etc/sysctl.d/a\n.conf"}, r"^sysctl_file: '/etc/sysctl.d/a\\n.conf' is not allowed"),
        ({"somaxconn": 1, "network_namespace": "all", "persist": False}, r"^network_namespace: 'all' is not allowed"),
        ({"somaxconn": 1, "network_namespace": "none", "persist": False}, r"^network_namespace: 'none' is not allowed"),
    ],
)
@isolated
def test_bad_input_is_refused_by_name(given: dict, message: str) -> None:
    for check in (True, False):
        with unchanged(), pytest.raises(InvalidOption, match=message):
            apply(check, **given)


@isolated
def test_no_file_keeps_the_values_of_another_namespace() -> None:
    outside = str(os.getppid())
    for check in (True, False):
        message = "^network_namespace: '%s' is not allowed; use persist=false with it: " % outside
        with unchanged(), pytest.raises(InvalidOption, match=message):
            apply(check, somaxconn=1, network_namespace=outside)
    # Its own, however it is named, is not another.
    assert apply(somaxconn=5000, network_namespace=str(os.getpid())).result["verified"]


@pytest.mark.ansible
@isolated
def test_defaults_come_from_the_action_group() -> None:
    playbook = """
- hosts: all
  gather_facts: false
  module_defaults:
    group/linuxnet.tcp.syn_backlog:
      sysctl_file: /etc/sysctl.d/99-group.conf
  tasks:
    - linuxnet.tcp.syn_backlog:
        somaxconn: 5000
"""
    write("/run/play.yml", playbook)
    done = run_playbook("/run/play.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sandbox.read("/etc/sysctl.d/99-group.conf") == HEADER + b"net.core.somaxconn = 5000\n"


@pytest.mark.ansible
@isolated
def test_what_a_file_holds_never_reaches_the_terminal_raw() -> None:
    write(SYSCTL_FILE, b"# \x1b[2J {{ 7*7 }} \xff\nnet.core.somaxconn = 1\n")
    done = output_of_ansible(["-m", MODULE, "-a", "somaxconn=5000", "--diff"])
    assert "\x1b" not in done and "49" not in done and "{ { 7*7 }}" in done
    assert (ours() or b"").startswith(b"# \x1b[2J {{ 7*7 }} \xff\n")


# ---------------------------------------------------------------- a reboot


@isolated
def test_what_a_reboot_takes_away_decides_nothing() -> None:
    write("/run/sysctl.d/zz.conf", "net.core.somaxconn = 9000\n")
    made = apply(somaxconn=5000, policy="at_least")
    assert made.result["verified"] and ours() == HEADER + b"net.core.somaxconn = 5000\n"
    assert made.result["before"]["somaxconn"]["boot_source"] == "kernel default"
    assert sandbox.reboot()["somaxconn"] == 5000
    sandbox.remove(SYSCTL_FILE)
    write("/usr/lib/sysctl.d/a.conf", "net.core.somaxconn = 700\n")
    write("/run/sysctl.d/a.conf", "")  # masks it now, and not after a reboot
    assert apply(tcp_syncookies=1, somaxconn=600, policy="at_least").result["before"]["somaxconn"]["boot"] == 700
    assert sandbox.reboot()["somaxconn"] == 700


# ---------------------------------------------------------------- TuneD


def tuned(profile: str, name: str = "mine", main: str = "") -> None:
    """An active profile, as tuned-adm(8) leaves it; the daemon is told to start at boot."""
    for folder in ("/etc/tuned/profiles/" + name, "/etc/systemd/system/multi-user.target.wants"):
        os.makedirs(folder, exist_ok=True)
    write("/etc/tuned/active_profile", name + "\n")
    write("/etc/tuned/tuned-main.conf", "daemon = 1\n" + main)
    write("/etc/tuned/profiles/%s/tuned.conf" % name, profile)
    link = "/etc/systemd/system/multi-user.target.wants/tuned.service"
    if not os.path.lexists(link):
        os.symlink("/usr/lib/systemd/system/tuned.service", link)


NO_REAPPLY = "reapply_sysctl = 0\n"


@isolated
def test_tuned_that_sets_another_value_is_named_with_its_line() -> None:
    os.makedirs("/etc/tuned/profiles/base")
    write("/etc/tuned/profiles/base/tuned.conf", "[main]\nsummary=x\n\n[sysctl]\nnet.core.somaxconn=2048 # why\n")
    tuned("[main]\ninclude=base\n", main=NO_REAPPLY)
    told = []
    for check in (True, False):
        with unchanged(), pytest.raises(Shadowed, match=r"2048 instead of 5000.*base/tuned\.conf:5.*TuneD") as caught:
            apply(somaxconn=5000, check=check)
        told.append(caught.value.result)
    assert told[0] == told[1]
    (shadow,) = told[0]["shadowed_by"]
    assert (shadow["source"], shadow["value"]) == ("/etc/tuned/profiles/base/tuned.conf:5", 2048)
    made = apply(somaxconn=5000, on_shadowed="warn").result
    assert made["after"]["somaxconn"] == {"runtime": 5000, "boot": 2048, "boot_source": shadow["source"]}
    assert apply(somaxconn=2048).result["verified"]
    # What is high enough at boot, whoever sets it, is left alone; and what is let go gets the value of the next boot.
    write(SYSCTL_FILE, "net.core.somaxconn = 128\n")
    kept = apply(somaxconn=1500, policy="at_least")
    assert kept.result["verified"] and ours() == b"net.core.somaxconn = 128\n"
    sandbox.set_sysctls(somaxconn=3000)
    gone = apply(state="absent", somaxconn=1)
    assert gone.result["after"]["somaxconn"]["boot"] == sysctls()["somaxconn"] == 2048
    assert boot_values(["somaxconn"])[0]["somaxconn"].source == shadow["source"]  # the facts say the same


@isolated
def test_tuned_that_computes_its_value_leaves_it_in_doubt() -> None:
    tuned("[sysctl]\nnet.core.somaxconn=${size}\n", main=NO_REAPPLY)
    with unchanged(), pytest.raises(Shadowed, match="cannot be told: .*tuned.conf:2: TuneD's profile sets.*Change TuneD's"):
        apply(somaxconn=5000)


@pytest.mark.parametrize(
    ("profile", "main"),
    [
        ("[sysctl]\nnet.core.somaxconn=2048\n", ""),  # our file is applied again afterwards
        ("[sysctl]\nnet.core.somaxconn=>2048\n", NO_REAPPLY),  # raises only
        ("[sysctl]\nnet.core.somaxconn=2048\nenabled=false\n", NO_REAPPLY),
        ("[net]\nnet.core.somaxconn=2048\n", NO_REAPPLY),
    ],
)
@isolated
def test_tuned_that_does_not_harm_is_no_obstacle(profile: str, main: str) -> None:
    tuned(profile, main=main)
    assert apply(somaxconn=5000).result["verified"]


@isolated
def test_tuned_that_applies_sysctl_conf_last() -> None:
    tuned("[sysctl]\nvm.swappiness=10\n")
    write("/etc/sysctl.conf", "# old\nnet.core.somaxconn = 128\n")
    with pytest.raises(Shadowed, match=r"128 instead of 5000, from /etc/sysctl\.conf:2 \(applied by TuneD"):
        apply(somaxconn=5000)


@isolated
def test_tuned_that_is_switched_off_has_no_say() -> None:
    tuned("[sysctl]\nnet.core.somaxconn=2048\n", main=NO_REAPPLY)
    os.unlink("/etc/systemd/system/multi-user.target.wants/tuned.service")
    assert apply(somaxconn=5000).result["verified"]
    os.makedirs("/run/tuned")
    write("/run/tuned/tuned.pid", "1\n")
    with pytest.raises(Shadowed):
        apply(somaxconn=5000)


# ---------------------------------------------------------------- other hosts


@isolated
def test_a_host_where_nothing_applies_sysctl_files() -> None:
    os.symlink("/dev/null", "/etc/systemd/system/systemd-sysctl.service")
    with unchanged(), pytest.raises(Shadowed, match="4096 instead of 5000, from kernel default .no loader applies this file"):
        apply(somaxconn=5000)
    assert apply(somaxconn=5000, persist=False).result["verified"]


def in_a_container() -> None:
    """In a PID namespace of its own whose first process is no init, with Podman's mark."""
    os.rmdir("/run/systemd/system")
    write("/run/.containerenv", "")
    os.unshare(os.CLONE_NEWPID)


def container_body() -> None:
    sandbox.mount("-t", "proc", "proc", "/proc")
    assert os.getpid() == 1
    for check in (True, False):
        with unchanged(), pytest.raises(Shadowed, match=r"cannot be told: nothing in this container applies.*Hand the value") as caught:
            apply(check, somaxconn=5000)
        (shadow,) = caught.value.result["shadowed_by"]
        assert (shadow["source"], shadow["value"]) == (None, None) and "its runtime sets" in shadow["reason"]
    made = apply(somaxconn=5000, on_shadowed="warn")
    assert not made.result["verified"] and made.result["after"]["somaxconn"]["boot"] is None
    os.unlink("/run/.containerenv")
    sandbox.remove(SYSCTL_FILE)
    if not os.path.exists("/.dockerenv"):
        # Without a mark the first process is merely unknown.
        made = apply(somaxconn=5001)
        assert made.result["verified"] and any("boot values assume" in one for one in made.warnings)


@pytest.mark.skipif(not hasattr(os, "unshare"), reason="os.unshare came with Python 3.12")
@isolated
def test_a_container_without_an_init() -> None:
    in_a_container()
    assert sandbox.ended(sandbox.in_child(container_body)) == 0


@isolated
def test_a_line_in_vain_is_told_where_the_value_is_right_without_it() -> None:
    os.symlink("/dev/null", "/etc/systemd/system/systemd-sysctl.service")
    now = sysctls("somaxconn")["somaxconn"]
    with unchanged(), pytest.raises(Shadowed, match="somaxconn would be %d without it, from kernel default" % now):
        apply(somaxconn=now)
    assert not apply(somaxconn=now, on_shadowed="warn").result["verified"]
    sandbox.remove(SYSCTL_FILE)
    # Nothing is kept in vain where it is high enough.
    assert apply(somaxconn=now, policy="at_least").result["verified"] and ours() is None


@isolated
def test_the_advice_about_a_read_only_proc_sys_can_be_followed() -> None:
    sandbox.mount("-t", "proc", "proc", "/proc")
    sandbox.mount("--bind", "/proc/sys", "/proc/sys")
    sandbox.mount("-o", "remount,bind,ro", "/proc/sys")
    for check in (True, False):
        message = r"read-only, as in a container\. Run the module on the container's host.*, or set runtime=false and on_shadowed=warn"
        with unchanged(), pytest.raises(Refused, match=message):
            apply(check, somaxconn=5000)
        with unchanged(), pytest.raises(Shadowed, match="persist=false then.*on_shadowed=warn"):
            apply(check, somaxconn=5000, runtime=False)
    made = apply(somaxconn=5000, runtime=False, on_shadowed="warn")
    assert made.result["changed"] and not made.result["verified"]
    assert ours() == HEADER + b"net.core.somaxconn = 5000\n"


@isolated
def test_a_file_that_no_loader_reads() -> None:
    for path in ("/etc/sysctl.d/50-a.conf.bak", "/etc/somewhere.conf"):
        with unchanged(), pytest.raises(Shadowed, match="no sysctl loader reads " + path):
            apply(somaxconn=5000, sysctl_file=path)
    with unchanged(), pytest.raises(Shadowed, match="systemd-sysctl skips hidden files.*Choose a sysctl_file"):
        apply(somaxconn=5000, sysctl_file="/etc/sysctl.d/.hidden.conf")


@isolated
def test_a_namespace_that_goes_after_the_change_does_not_take_the_result_away() -> None:
    subprocess.run(["ip", "netns", "add", "blue"], check=True)
    real = transaction.carry_out

    def carry_out(*arguments: object) -> None:
        real(*arguments)
        subprocess.run(["ip", "netns", "delete", "blue"], check=True)

    transaction.carry_out = carry_out
    made = apply(somaxconn=5000, network_namespace="blue", persist=False)
    assert made.result["changed"] and made.result["restart_needed"] == []
    assert any("Listeners cannot be read" in warning for warning in made.warnings)


@isolated
def test_persist_alone_and_runtime_alone() -> None:
    before = sysctls()
    result = apply(somaxconn=5000, runtime=False).result
    assert sysctls() == before and result["changed"]
    assert result["after"]["somaxconn"] == {"runtime": 4096, "boot": 5000, "boot_source": SYSCTL_FILE + ":3"}
    sandbox.remove(SYSCTL_FILE)
    result = apply(somaxconn=5001, persist=False).result
    assert ours() is None and sysctls()["somaxconn"] == 5001
    assert result["after"]["somaxconn"] == {"runtime": 5001, "boot": 4096, "boot_source": "kernel default"}


@isolated
def test_absent_falls_back_to_what_the_other_files_say() -> None:
    write("/etc/sysctl.d/10-a.conf", "net.core.somaxconn = 777\n")
    apply(somaxconn=5000)
    apply(state="absent", somaxconn=0)
    assert sysctls("somaxconn") == {"somaxconn": 777}
    # What was never ours stays as somebody set it.
    sandbox.set_sysctls(somaxconn=888)
    assert not apply(state="absent").result["changed"]
    assert sysctls("somaxconn") == {"somaxconn": 888}
    apply(somaxconn=5000)
    apply(state="absent", runtime=False)
    assert sysctls("somaxconn") == {"somaxconn": 5000} and ours() is None


@isolated
def test_an_unprivileged_user_is_told_what_bars_the_way() -> None:
    def body() -> None:
        lab.open_all_rooms()
        os.setuid(65534)
        for check in (True, False):
            with pytest.raises(Exception, match="/proc/sys/net/core/somaxconn may not be written by user 65534"):
                apply(somaxconn=5000, check=check)
            with pytest.raises(Exception, match="/etc/sysctl.d may not be written by user 65534"):
                apply(somaxconn=5000, runtime=False, check=check)

    with unchanged():
        assert sandbox.ended(sandbox.in_child(body)) == 0


@isolated
def test_a_process_of_a_known_application_is_told_by_its_default() -> None:
    """Latched long ago: nothing but the application's command line tells what a new listen() gives."""
    sandbox.set_sysctls(somaxconn=128)
    code = "import socket, sys; s = socket.create_server(('127.0.0.1', 8000), backlog=2048); print(flush=True); sys.stdin.read()"
    write("/run/gunicorn", code)
    process = subprocess.Popen(
        [sys.executable, "/run/gunicorn", "--backlog", "1024"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline()
        apply(somaxconn=4096)
        (row,) = apply(somaxconn=4096).result["restart_needed"]
        assert (row["port"], row["backlog"], row["next_backlog"], row["certain"]) == (8000, 128, 1024, True)
        assert row["processes"][0]["pid"] == process.pid and row["unit"] is None and "restart" in row["remedy"]
    finally:
        process.communicate()


@isolated
def test_what_a_new_listen_brings_is_what_was_told() -> None:
    sandbox.set_sysctls(somaxconn=128)
    with socket.create_server(("127.0.0.1", 8080), backlog=300) as one:
        apply(somaxconn=200)
        (row,) = apply(somaxconn=256, check=True).result["restart_needed"]
        assert not row["certain"]  # 128 may be what it asked for: it was the somaxconn of the run before, not of this
        one.listen(300)
        (row,) = apply(somaxconn=256, check=True).result["restart_needed"]
        assert (row["backlog"], row["next_backlog"], row["certain"]) == (200, 256, True)
        apply(somaxconn=256)
        one.listen(300)
        assert apply(somaxconn=256).result["restart_needed"] == []


@isolated
def test_a_file_is_replaced_while_others_read_it() -> None:
    """Whoever reads sees one whole file, thousands of times."""
    apply(somaxconn=1000)
    reader = sandbox.in_child(read_for_a_second)
    for number in range(40):
        apply(somaxconn=1000 + number % 2 * 64000)
    assert sandbox.ended(reader) == 0


def read_for_a_second() -> None:
    allowed = {HEADER + b"net.core.somaxconn = %d\n" % value for value in (1000, 65000)}
    end, reads = time.monotonic() + 1, 0
    while time.monotonic() < end:
        assert atomic.current(SYSCTL_FILE) in allowed
        reads += 1
    assert reads > 500


LISTENS = "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', %d)); s.listen(64); print(flush=True); time.sleep(60)"


def _listening(port: int) -> subprocess.Popen:
    """A program that nobody knows, and that asks for 64."""
    process = subprocess.Popen([sys.executable, "-c", LISTENS % port], stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


@isolated
def test_one_that_was_started_under_the_setting_has_what_it_asked_for() -> None:
    """Before, it was told in every run, for as long as the host was up."""
    sandbox.set_sysctls(somaxconn=128)
    older = _listening(81)
    time.sleep(1.1)
    apply(somaxconn=4096)
    time.sleep(1.1)
    younger = _listening(82)
    try:
        made = apply(somaxconn=4096).result
        told = {row["port"]: row["certain"] for row in made["restart_needed"]}
        assert told == {81: False}, "it may have been clamped; the other cannot have been"
        sandbox.set_sysctls(somaxconn=5000)  # not what the file sets: since when it is in force, nobody knows
        made = apply(True, somaxconn=5000).result
        assert {row["port"] for row in made["restart_needed"]} == {81, 82}
    finally:
        for process in (older, younger):
            process.kill()
            process.wait()


@isolated
def test_the_other_names_of_a_unit_are_told() -> None:
    from ansible_collections.linuxnet.tcp.plugins.module_utils._read import unit_aliases

    os.makedirs("/etc/systemd/system", exist_ok=True)
    os.symlink("/lib/systemd/system/nginx.service", "/etc/systemd/system/web.service")
    os.symlink("/dev/null", "/etc/systemd/system/masked.service")
    assert unit_aliases.aliases_of({"nginx.service"}) == {"web.service": "nginx.service"}
    assert unit_aliases.aliases_of({"other.service"}) == {}
