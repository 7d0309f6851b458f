# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users met with ansible.posix.sysctl, one test each: the module syn_backlog does not have these defects."""

from __future__ import annotations

import os
import socket
import subprocess
import threading

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.edit import HEADER
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import sysctls as known
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change import Shadowed
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change_options import SYSCTL_FILE
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.host import Refused
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.transaction import Failed
from ansible_collections.linuxnet.tcp.tests.live import sandbox
from ansible_collections.linuxnet.tcp.tests.live.sandbox import (
    apply,
    isolated,
    ours,
    read,
    reboot,
    sysctls,
    unchanged,
    write,
)

CUSTOM = "/etc/sysctl.d/50-tuning.conf"


@pytest.mark.parametrize("loader", sorted(sandbox.LOADERS))
@isolated
def test_01_the_default_file_is_applied_at_boot(loader: str) -> None:
    apply(somaxconn=4321, tcp_max_syn_backlog=8642)
    values = reboot(loader)
    assert (values["somaxconn"], values["tcp_max_syn_backlog"]) == (4321, 8642)


@isolated
def test_02_a_file_that_is_read_later_is_seen_and_named() -> None:
    write("/etc/sysctl.d/99-vendor.conf", "# theirs\n\nnet.core.somaxconn = 128\n")
    with unchanged(), pytest.raises(Shadowed, match=r"/etc/sysctl\.d/99-vendor\.conf:3") as caught:
        apply(somaxconn=5000, sysctl_file=CUSTOM)
    assert caught.value.result["shadowed_by"] == [
        {"key": "somaxconn", "source": "/etc/sysctl.d/99-vendor.conf:3", "value": 128, "reason": ""}
    ]
    # Not even a run that has nothing to write calls it done.
    write(CUSTOM, "net.core.somaxconn = 5000\n")
    sandbox.set_sysctls(somaxconn=5000)
    with pytest.raises(Shadowed):
        apply(somaxconn=5000, sysctl_file=CUSTOM)
    # The default file decides over it.
    assert apply(somaxconn=5000).result["verified"]
    assert reboot()["somaxconn"] == 5000


@isolated
def test_02_warned_of_where_that_is_asked_for() -> None:
    write("/etc/sysctl.d/99-vendor.conf", "net.core.somaxconn = 128\n")
    for changed in (True, False):
        made = apply(somaxconn=5000, sysctl_file=CUSTOM, on_shadowed="warn")
        assert made.result["changed"] is changed and made.result["verified"] is False
        assert any("99-vendor.conf:1" in warning for warning in made.warnings)
    assert made.result["after"]["somaxconn"] == {
        "runtime": 5000, "boot": 128, "boot_source": "/etc/sysctl.d/99-vendor.conf:1",
    }  # fmt: skip
    assert reboot()["somaxconn"] == 128


@isolated
def test_03_other_settings_keep_their_lines_and_their_values() -> None:
    theirs = (
        b"net.ipv4.tcp_synack_retries = 3\n#net.core.somaxconn = 1\n   net.ipv4.tcp_synack_retries=4   \n"
        b"\tkernel.x = a  b\r\n\n;;\nnet.ipv4.tcp_synack_retries =2"
    )
    write(CUSTOM, theirs, mode=0o640)
    apply(somaxconn=1234, sysctl_file=CUSTOM)
    assert read(CUSTOM) == theirs + b"\nnet.core.somaxconn = 1234\n"
    assert os.stat(CUSTOM).st_mode & 0o7777 == 0o640
    assert reboot()["tcp_synack_retries"] == 2
    apply(state="absent", somaxconn=0, sysctl_file=CUSTOM)
    assert read(CUSTOM) == theirs + b"\n"


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("-net.core.somaxconn = 128\n", "-net.core.somaxconn = 5000\n"),
        ("net/core/somaxconn=128\n", "net/core/somaxconn=5000\n"),
        ("  net.core.somaxconn\t=\t128 # why\n", "  net.core.somaxconn\t=\t5000\n"),
        ("-net.core.somaxconn\n", "net.core.somaxconn = 5000\n"),
        ("net.core.som* = 128\n", "net.core.som* = 128\nnet.core.somaxconn = 5000\n"),
        ("net.core.somaxconn=1\na.b=2\nnet/core/somaxconn=128\n", "a.b=2\nnet/core/somaxconn=5000\n"),
    ],
)
@isolated
def test_04_every_spelling_is_understood(line: str, after: str) -> None:
    write(CUSTOM, line)
    apply(somaxconn=5000, sysctl_file=CUSTOM)
    assert read(CUSTOM) == after.encode()
    assert reboot()["somaxconn"] == reboot("procps")["somaxconn"] == 5000
    assert not apply(somaxconn=5000, sysctl_file=CUSTOM).result["changed"]


@isolated
def test_05_what_the_kernel_refuses_is_never_kept() -> None:
    for name, value in (("somaxconn", 99999999999), ("tcp_synack_retries", 256), ("tcp_syncookies", 3)):
        with unchanged(), pytest.raises(InvalidOption, match="%s: %d is not allowed" % (name, value)):
            apply(**{"tcp_max_syn_backlog": 4444, name: value})


@isolated
def test_05_what_the_kernel_refuses_unexpectedly_is_rolled_back() -> None:
    apply(somaxconn=1111, tcp_synack_retries=3)
    known.valid_range = lambda name, level: (0, 2**31 - 1)  # a kernel whose ranges are not known
    with unchanged(), pytest.raises(Failed) as caught:
        apply(somaxconn=2222, tcp_synack_retries=300)
    assert str(caught.value) == (
        "The kernel refused net.ipv4.tcp_synack_retries = 300: Invalid argument. Put back: net.core.somaxconn = 1111."
    )
    assert not caught.value.left


@isolated
def test_06_no_other_line_of_the_file_is_applied() -> None:
    write(CUSTOM, "net.ipv4.tcp_syncookies = 0\n")
    sandbox.set_sysctls(tcp_syncookies=2, somaxconn=128)
    apply(somaxconn=5000, sysctl_file=CUSTOM)
    assert sysctls("tcp_syncookies", "somaxconn") == {"tcp_syncookies": 2, "somaxconn": 5000}


@isolated
def test_07_all_settings_in_one_transaction() -> None:
    wanted = {
        "somaxconn": 5000, "tcp_max_syn_backlog": 6000, "tcp_syncookies": 2, "tcp_synack_retries": 3,
        "tcp_abort_on_overflow": 1,
    }  # fmt: skip
    before = sysctls()
    result = apply(**wanted).result
    assert {name: value["runtime"] for name, value in result["before"].items()} == before
    assert sysctls() == reboot() == wanted
    assert (ours() or b"").count(b"\n") == HEADER.count(b"\n") + 5


@isolated
def test_08_the_diff_and_the_result_tell_what_was_and_what_is() -> None:
    sandbox.set_sysctls(somaxconn=128)
    write(CUSTOM, "# mine\n")
    made = apply(somaxconn=5000, sysctl_file=CUSTOM)
    assert made.diff == [
        {
            "before_header": "run-time values", "after_header": "run-time values",
            "before": "net.core.somaxconn = 128\n", "after": "net.core.somaxconn = 5000\n",
        },
        {"before_header": CUSTOM, "after_header": CUSTOM, "before": "# mine\n", "after": "# mine\nnet.core.somaxconn = 5000\n"},
    ]  # fmt: skip
    assert made.result["before"]["somaxconn"]["runtime"] == 128
    assert made.result["before"]["somaxconn"]["boot_source"] == "kernel default"
    assert made.result["after"] == {"somaxconn": {"runtime": 5000, "boot": 5000, "boot_source": CUSTOM + ":2"}}


@pytest.mark.parametrize("runtime", [True, False])
@isolated
def test_09_a_setting_that_the_kernel_does_not_have_is_refused(runtime: bool) -> None:
    sandbox.mount("-t", "tmpfs", "none", "/proc/sys/net/core")
    with pytest.raises(Refused, match=r"no net\.core\.somaxconn"):
        apply(somaxconn=5000, runtime=runtime)
    assert ours() is None


@isolated
def test_10_a_read_only_proc_sys_is_told_before_anything_is_done() -> None:
    sandbox.mount("--bind", "/proc/sys", "/proc/sys")
    sandbox.mount("-o", "remount,ro,bind", "/proc/sys")
    told = []
    for check in (True, False):
        with pytest.raises(Refused, match=r"/proc/sys/net/core/somaxconn is read-only, as in a container") as caught:
            apply(somaxconn=5000, check=check)
        told.append(str(caught.value))
    assert told[0] == told[1] and "runtime=false" in told[0]
    assert ours() is None
    # What needs no write works: the value that is there already, and the file, which systemd then leaves alone.
    now = sysctls()["somaxconn"]
    assert apply(somaxconn=now, persist=False).result["verified"]
    assert apply(somaxconn=5000, runtime=False, on_shadowed="warn").result["changed"]
    assert (ours() or b"").endswith(b"net.core.somaxconn = 5000\n")


@isolated
def test_11_at_least_raises_and_never_lowers() -> None:
    sandbox.set_sysctls(somaxconn=8192, tcp_max_syn_backlog=100)
    write("/etc/sysctl.d/10-a.conf", "net.core.somaxconn = 9000\nnet.ipv4.tcp_max_syn_backlog = 9000\n")
    result = apply(somaxconn=5000, tcp_max_syn_backlog=5000, policy="at_least").result
    assert sysctls("somaxconn", "tcp_max_syn_backlog") == {"somaxconn": 8192, "tcp_max_syn_backlog": 5000}
    assert ours() is None and result["changed"] and result["verified"]
    write("/etc/sysctl.d/10-a.conf", "net.core.somaxconn = 128\n")
    assert apply(somaxconn=5000, policy="at_least").result["changed"]
    assert reboot()["somaxconn"] == 5000
    for _again in range(2):
        assert not apply(somaxconn=4000, policy="at_least").result["changed"]
    assert sysctls("somaxconn") == {"somaxconn": 8192}


@isolated
def test_12_absent_takes_all_of_ours_and_nothing_else() -> None:
    before = sysctls()
    apply(somaxconn=5000, tcp_syncookies=2)
    result = apply(state="absent").result
    assert ours() is None and result["changed"]
    assert sysctls() == before
    assert result["after"]["somaxconn"]["boot_source"] == "kernel default"
    assert not apply(state="absent").result["changed"]
    apply(somaxconn=5000, tcp_syncookies=2)
    apply(state="absent", tcp_syncookies=0)
    assert ours() == HEADER + b"net.core.somaxconn = 5000\n"
    with open(SYSCTL_FILE, "ab") as file:
        file.write(b"# a note\n")
    apply(state="absent")
    assert ours() == HEADER + b"# a note\n"


@isolated
def test_13_the_effect_is_told_listener_by_listener() -> None:
    sandbox.set_sysctls(somaxconn=128)
    with socket.create_server(("127.0.0.1", 8080), backlog=4096), socket.create_server(("127.0.0.1", 8081), backlog=64):
        for check in (True, False):
            rows = {one["port"]: one for one in apply(somaxconn=5000, check=check).result["restart_needed"]}
            row = rows[8080]
            assert (row["address"], row["backlog"], row["next_backlog"]) == ("127.0.0.1", 128, 5000)
            assert row["certain"] and [process["pid"] for process in row["processes"]] == [os.getpid()]
            assert not rows[8081]["certain"]  # it may have asked for 64
        # The restart is owed until it happens, also where a later run has nothing to change.
        again = apply(somaxconn=5000).result
        assert not again["changed"] and {one["port"] for one in again["restart_needed"]} == {8080, 8081}


@isolated
def test_13_a_named_network_namespace_is_changed_and_no_other() -> None:
    os.makedirs("/run/netns")
    subprocess.run(["ip", "netns", "add", "blue"], check=True)
    here = sysctls()
    with unchanged(), pytest.raises(InvalidOption, match="network_namespace: .*persist=false"):
        apply(somaxconn=5000, network_namespace="blue")
    inside = ["ip", "netns", "exec", "blue", "cat", "/proc/sys/net/core/somaxconn"]
    for changed in (True, False):
        made = apply(somaxconn=5000, network_namespace="blue", persist=False)
        assert made.result["changed"] is changed and made.result["verified"]
        assert made.result["after"] == {"somaxconn": {"runtime": 5000, "boot": None, "boot_source": None}}
        assert subprocess.run(inside, capture_output=True, check=True).stdout == b"5000\n"
    assert sysctls() == here and ours() is None


@pytest.mark.parametrize("path", [SYSCTL_FILE, CUSTOM, "/etc/sysctl.conf", "/etc/sysctl.d/50 ü.conf"])
@isolated
def test_14_a_second_run_changes_nothing_whatever_the_file(path: str) -> None:
    if path == "/etc/sysctl.conf":
        os.symlink("../sysctl.conf", "/etc/sysctl.d/99-sysctl.conf")
    wanted = {"somaxconn": 5000, "tcp_syncookies": 2}
    assert apply(**wanted, sysctl_file=path).result["changed"]
    with unchanged():
        made = apply(**wanted, sysctl_file=path)
    assert not made.result["changed"] and not made.diff and made.result["verified"]
    assert reboot()["somaxconn"] == 5000


@isolated
def test_15_another_program_reads_the_value_from_the_kernel() -> None:
    """Every test here writes the running kernel's settings; this one has them read by a process of another thread."""
    apply(somaxconn=5151)
    values = []
    command = ["cat", "/proc/sys/net/core/somaxconn"]
    reader = threading.Thread(target=lambda: values.append(subprocess.run(command, capture_output=True, check=True).stdout))
    reader.start()
    reader.join()
    assert values == [b"5151\n"]
