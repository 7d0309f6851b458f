# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sets a sysctl beside the sysctl loader, run for real: what we say of the next boot is what comes of it."""

from __future__ import annotations

import os
import random
import subprocess

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change import Shadowed
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.boot_files import boot_values
from ansible_collections.linuxnet.tcp.plugins.module_utils._writers import shell
from ansible_collections.linuxnet.tcp.tests.live import sandbox
from ansible_collections.linuxnet.tcp.tests.live.sandbox import apply, isolated, write
from ansible_collections.linuxnet.tcp.tests.live.test_settings import facts

WANTS = "/etc/systemd/system/multi-user.target.wants"
UFW = next((path for path in ("/usr/lib/ufw/ufw-init", "/lib/ufw/ufw-init") if os.path.exists(path)), "")
UDEVADM = "/usr/bin/udevadm"


def at_boot(name):
    values, _warnings = boot_values([name])
    return values[name]


def finding(identifier):
    found = {one["id"]: one for one in facts(gather_subset=["boot", "findings"])["findings"]}
    return found.get(identifier)


def start(unit):
    """Have systemd start a unit at boot."""
    os.makedirs(WANTS, exist_ok=True)
    os.symlink("/etc/systemd/system/" + unit, "%s/%s" % (WANTS, unit))


# ---------------------------------------------------------------- ufw


def with_ufw(setting: str) -> None:
    if not UFW:
        pytest.skip("needs ufw, which is not installed")
    write("/etc/ufw/ufw.conf", "ENABLED=yes\nLOGLEVEL=off\n")
    write("/etc/ufw/sysctl.conf", "# ours\n" + setting + "\n")
    start("ufw.service")
    write("/etc/sysctl.d/50-a.conf", "net.ipv4.tcp_syncookies = 1\n")


@isolated
def test_ufw_wins_over_a_dropin() -> None:
    """Before, 1 was told for the next boot, and a change to 1 was called verified: ufw makes it 0."""
    with_ufw("net/ipv4/tcp_syncookies=0")
    subprocess.run(sandbox.LOADERS["systemd"], check=False)
    assert sandbox.sysctls("tcp_syncookies") == {"tcp_syncookies": 1}
    done = subprocess.run([UFW, "start", "quiet"], check=False, capture_output=True, text=True, timeout=60)
    assert sandbox.sysctls("tcp_syncookies") == {"tcp_syncookies": 0}, done.stdout + done.stderr
    value = at_boot("tcp_syncookies")
    assert (value.number, value.source, value.certain) == (0, "/etc/ufw/sysctl.conf:2", True)
    assert [(one.by, one.source, one.value, one.order) for one in value.others] == [
        ("ufw", "/etc/ufw/sysctl.conf:2", "0", "after")
    ]
    told = finding("set-elsewhere-at-boot")
    assert told["severity"] == "warning" and told["subject"] == "net.ipv4.tcp_syncookies"
    assert told["summary"] == (
        "ufw sets net.ipv4.tcp_syncookies to 0 (/etc/ufw/sysctl.conf:2) at boot, after the sysctl loader. "
        "This overrides /etc/sysctl.d/50-a.conf:1, which asks for 1."
    )
    assert finding("boot-file-shadowed") is None
    with sandbox.unchanged(), pytest.raises(Shadowed) as refused:
        apply(tcp_syncookies=1)
    assert "/etc/ufw/sysctl.conf:2" in str(refused.value)
    assert "Change the value there, or take those lines away" in str(refused.value)


@isolated
def test_ufw_that_is_off_sets_nothing() -> None:
    with_ufw("net/ipv4/tcp_syncookies=0")
    write("/etc/ufw/ufw.conf", "ENABLED=no\n")
    subprocess.run(sandbox.LOADERS["systemd"], check=False)
    subprocess.run([UFW, "start", "quiet"], check=False, capture_output=True, timeout=60)
    assert sandbox.sysctls("tcp_syncookies") == {"tcp_syncookies": 1}
    value = at_boot("tcp_syncookies")
    assert (value.number, value.others) == (1, ())
    assert apply(tcp_syncookies=1).result["verified"]


@isolated
def test_ufw_that_agrees_is_in_nobodys_way() -> None:
    with_ufw("net.ipv4.tcp_syncookies=1")
    assert finding("set-elsewhere-at-boot") is None
    assert apply(tcp_syncookies=1).result["verified"]


# ---------------------------------------------------------------- udev


@isolated
def test_a_rule_of_udev_may_come_before_or_after_the_loader() -> None:
    if not os.path.exists(UDEVADM):
        pytest.skip("needs udevadm, which is not installed")
    os.makedirs("/etc/udev/rules.d", exist_ok=True)
    write("/etc/udev/rules.d/90-net.rules", '# speed\nSUBSYSTEM=="net", \\\n  SYSCTL{net/core/somaxconn}="777"\n')
    write("/etc/sysctl.d/50-a.conf", "net.core.somaxconn = 4096\n")
    sandbox.mount("-t", "sysfs", "sysfs", "/sys")
    subprocess.run(sandbox.LOADERS["systemd"], check=False)
    tested = subprocess.run([UDEVADM, "test", "/sys/class/net/lo"], check=False, capture_output=True, text=True, timeout=60)
    if "test mode" in tested.stdout + tested.stderr:  # from systemd 257 on it says what it would do
        assert 'skipping writing SYSCTL{net/core/somaxconn}="777"' in tested.stdout + tested.stderr
    else:
        assert sandbox.sysctls("somaxconn") == {"somaxconn": 777}, "udev sets it when a device appears"
    value = at_boot("somaxconn")
    assert (value.number, value.source, value.certain) == (4096, "/etc/sysctl.d/50-a.conf:1", False)
    assert [tuple(one) for one in value.others] == [
        ("udev", "/etc/udev/rules.d/90-net.rules:2", "net.core.somaxconn", "777", "unknown")
    ]
    assert finding("set-elsewhere-at-boot")["severity"] == "info"
    made = apply(somaxconn=4096)
    assert made.result["verified"], "nobody can tell that it does not hold"
    assert any("udev may set net.core.somaxconn to 777" in warning for warning in made.warnings)


# ---------------------------------------------------------------- shell scripts, as sh runs them

LINES = (
    "sysctl -w net.core.somaxconn={n}",
    "sysctl -q net/core/somaxconn={n}",
    "/usr/sbin/sysctl -w net.core.somaxconn={n} >/dev/null 2>&1",
    "echo {n} > /proc/sys/net/core/somaxconn",
    "echo {n} | tee /proc/sys/net/core/somaxconn >/dev/null",
    "printf '%s\\n' {n} > /proc/sys/net/core/somaxconn",
    "sh -c 'sysctl -w net.core.somaxconn={n}'",
    "if true; then sysctl -w net.core.somaxconn={n}; fi",
    "if false; then\n  sysctl -w net.core.somaxconn={n}\nfi",
    "false && sysctl -w net.core.somaxconn={n}",
    "true || echo {n} > /proc/sys/net/core/somaxconn",
    "false; sysctl -w net.core.somaxconn={n}",
    "tune() {{\n  sysctl -w net.core.somaxconn={n}\n}}",
    "tune2() {{ sysctl -w net.core.somaxconn={n}; }}; tune2",
    "case x in\n  y) sysctl -w net.core.somaxconn={n};;\nesac",
    "for i in; do\n  sysctl -w net.core.somaxconn={n}\ndone",
    "N={n}; sysctl -w net.core.somaxconn=$N",
    "(sysctl -w net.core.somaxconn={n})",
    "cat > /dev/null <<EOF\nsysctl -w net.core.somaxconn={n}\nEOF",
    "echo 'sysctl -w net.core.somaxconn={n}'",
    "# sysctl -w net.core.somaxconn={n}",
    "sysctl -n net.core.somaxconn > /dev/null",
    "false",
    "true",
    "exit 0",
    "[ -e /nowhere ] && exit 0",
    "set -e",
    "sysctl -w \\\n  net.core.somaxconn={n}",
    "sysctl -p /etc/tune.conf",
)


@isolated
def test_a_line_that_is_certain_is_carried_out_and_one_that_is_carried_out_is_told() -> None:
    seed = int(os.environ.get("SYN_BACKLOG_SEED") or random.SystemRandom().randrange(10**9))
    print("SYN_BACKLOG_SEED=%d" % seed)
    chance = random.Random(seed)
    certain = 0
    for index in range(150):
        number = 1000 + index
        lines = [chance.choice(LINES).format(n=number + 1000 * place) for place in range(chance.randrange(1, 5))]
        script = chance.choice(("#!/bin/sh\n", "#!/bin/sh -e\n")) + "\n".join(lines) + "\n"
        write("/etc/tune.conf", "net.core.somaxconn = %d\n" % (number + 9000))
        write("/etc/tune.sh", script, 0o755)
        sandbox.set_sysctls(somaxconn=77)
        subprocess.run(["/etc/tune.sh"], check=False, capture_output=True, timeout=20)
        now = sandbox.sysctls("somaxconn")["somaxconn"]
        found = list(shell.settings(script))
        values = [number + 9000 if hasattr(one, "path") else one.value and int(one.value) for one in found]
        sure = [place for place, one in enumerate(found) if one.certain]
        where = "seed %d, script %d:\n%s\n%s" % (seed, index, script, found)
        if sure:  # nothing before it can stay, and only what is behind it may win
            certain += 1
            assert now in values[sure[-1] :] or None in values[sure[-1] :], where
        if sure and sure[-1] == len(found) - 1:
            assert now == values[-1], where
        if now != 77:
            assert now in values or None in values, where
    assert certain > 20


@isolated
def test_what_runs_after_the_loader_decides() -> None:
    """Before, each of these hosts was told the value of the drop-in."""
    write("/etc/sysctl.d/50-a.conf", "net.core.somaxconn = 4096\n")
    script = "#!/bin/sh\nsysctl -w net.core.somaxconn=300\nexit 0\n"
    write("/etc/rc.local", script, 0o755)
    assert at_boot("somaxconn")[:3] == ("300", 300, "/etc/rc.local:2")
    os.chmod("/etc/rc.local", 0o644)
    assert at_boot("somaxconn").number == 4096, "it is not run"
    os.unlink("/etc/rc.local")

    write("/etc/systemd/system/tune.service", "[Service]\nType=oneshot\nExecStart=/usr/sbin/sysctl -w net.core.somaxconn=301\n")
    assert at_boot("somaxconn").number == 4096, "nothing starts it"
    start("tune.service")
    assert at_boot("somaxconn")[:3] == ("301", 301, "/etc/systemd/system/tune.service:3")
    write("/etc/systemd/system/tune.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/sbin/sysctl -w net.core.somaxconn=301\n")
    value = at_boot("somaxconn")
    assert (value.number, value.certain) == (4096, False), "it may run before the loader"
    write("/etc/systemd/system/tune.service", "[Service]\nExecStart=/etc/tune.sh\n")
    write("/etc/tune.sh", script, 0o755)
    assert at_boot("somaxconn")[:3] == ("300", 300, "/etc/tune.sh:2")
    os.unlink(WANTS + "/tune.service")

    os.makedirs("/etc/cron.d", exist_ok=True)
    write("/etc/cron.d/tune", "@reboot root echo 302 > /proc/sys/net/core/somaxconn\n")
    assert at_boot("somaxconn").certain is False, "cron is not started here"
    write("/etc/systemd/system/cron.service", "[Service]\nExecStart=/usr/sbin/cron -f\n")
    start("cron.service")
    assert at_boot("somaxconn")[:3] == ("302", 302, "/etc/cron.d/tune:1")
    write("/etc/rc.local", script, 0o755)
    value = at_boot("somaxconn")
    assert value.number is None and "in an order that is not known" in value.doubt
    assert finding("set-elsewhere-at-boot")["severity"] == "warning"


# ---------------------------------------------------------------- lines that set nothing

ASTRAY = {
    "/etc/sysctl.d/tuning": ("net.core.somaxconn = 2048", "somaxconn"),
    "/etc/sysctl.d/60-a.conf.bak": ("net.core.somaxconn = 2048", "somaxconn"),
    "/etc/sysctl.d/60-a.conf~": ("net.core.somaxconn = 2048", "somaxconn"),
    "/etc/sysctl.d/60-a.conf.dpkg-dist": ("net.core.somaxconn = 2048", "somaxconn"),
    "/etc/sysctl.d/60-a.conf.rpmsave": ("net.core.somaxconn = 2048", "somaxconn"),
    "/etc/sysctl.d/70-a.conf": ("net.core.somaxconn 2048", "somaxconn"),
    "/etc/sysctl.d/70-b.conf": ("net.ipv4.somaxconn = 2048", "somaxconn"),
    "/etc/sysctl.d/70-c.conf": ("net.ipv4.tcp_max_syn_backlogs = 2048", "tcp_max_syn_backlog"),
    "/etc/sysctl.d/70-d.conf": ("net.core.somaxcon = 2048", "somaxconn"),
    "/etc/sysctl.d/70-e.conf": ("sysctl -w net.core.somaxconn=2048", "somaxconn"),
    "/etc/sysctl.d/70-f.conf": ("net.core/somaxconn = 2048", "somaxconn"),
    "/etc/sysctl.d/70-g.conf": ("net.core.Somaxconn = 2048", "somaxconn"),
    "/etc/sysctl.d/70-h.conf": ("\ufeffnet.core.somaxconn = 2048", "somaxconn"),
}


@isolated
@pytest.mark.parametrize("loader", ["systemd", "procps"])
@pytest.mark.parametrize("path", sorted(ASTRAY))
def test_a_line_that_sets_nothing_is_told_with_the_right_one(path: str, loader: str) -> None:
    """Before, nothing was said about any of them."""
    line, name = ASTRAY[path]
    write(path, "# made by hand\n" + line + "\n")
    assert sandbox.reboot(loader, **{name: 99})[name] == 99, "the real loader sets nothing"
    told = finding("boot-line-without-effect")
    assert told["subject"].endswith(name)
    assert told["evidence"]["lines"][0]["source"] == path + ":2"
    right = told["evidence"]["lines"][0]["instead"]
    assert right in told["remedy"]
    write("/etc/sysctl.d/90-right.conf", right + "\n")
    assert sandbox.reboot(loader, **{name: 99})[name] == 2048, "the right one does"


@isolated
def test_an_empty_file_that_masks_a_packages_is_told() -> None:
    if not os.path.isdir("/usr/lib/sysctl.d"):
        pytest.skip("there is no /usr/lib/sysctl.d here")
    write("/usr/lib/sysctl.d/60-vendor.conf", "net.core.somaxconn = 2048\n")
    assert finding("boot-line-without-effect") is None
    write("/etc/sysctl.d/60-vendor.conf", "")
    assert sandbox.reboot(somaxconn=99)["somaxconn"] == 99
    told = finding("boot-line-without-effect")
    assert told["severity"] == "info" and "/etc/sysctl.d/60-vendor.conf masks this file" in told["summary"]


@isolated
def test_lines_of_other_settings_and_comments_are_nobodys_business() -> None:
    write("/etc/sysctl.d/README", "# net.core.somaxconn = 5\nnet.ipv4.tcp_syn_retries = 3\n")
    write("/etc/sysctl.d/60-a.conf", "net.ipv4.tcp_syn_retries = 3\nnet.core.rmem_max = 5\n#net.core.somaxcon = 5\n-net.core.somaxconn\n")
    assert finding("boot-line-without-effect") is None
