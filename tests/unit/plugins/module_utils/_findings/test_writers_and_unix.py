# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever else sets settings, lines that set none, and UNIX sockets whose queue is full."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import near_misses, writer
from ansible_collections.linuxnet.tcp.plugins.module_utils._findings.findings import findings
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._findings.test_findings import host

CRON = {"by": "cron", "source": "/etc/crontab:4", "value": 128, "order": writer.AFTER}


def told(facts: Dict[str, Any], name: str) -> Any:
    found = [one for one in findings(facts) if one["id"] == name]
    return found[0] if found else None


def with_state(**changes: Any) -> Dict[str, Any]:
    facts = host()
    facts["sysctls"]["somaxconn"].update({"other_writers": [], "boot_certain": True, "without_effect": [], **changes})
    return facts


LOST = {"source": "/etc/sysctl.d/9.conf:1", "value": "4096", "reason": "overridden by /etc/crontab:4, " + writer.BY_ANOTHER}


def test_a_cron_job_wins_over_a_file():
    facts = with_state(runtime=128, boot=128, boot_source="/etc/crontab:4", other_writers=[CRON], shadowed=[LOST])
    found = told(facts, "set-elsewhere-at-boot")
    assert found["severity"] == "warning"
    assert "cron sets net.core.somaxconn to 128 (/etc/crontab:4) at boot, after the sysctl loader. This overrides /etc/sysctl.d/9.conf:1" in found["summary"]
    assert found["remedy"].startswith("To have 4096, change the value in /etc/crontab:4.")
    assert found["evidence"]["overridden"] == [LOST] and found["evidence"]["other_writers"] == [CRON]


def test_a_cron_job_takes_back_what_is_in_force():
    facts = with_state(runtime=4096, boot=128, boot_source="/etc/crontab:4", other_writers=[CRON], drift=True)
    found = told(facts, "set-elsewhere-at-boot")
    assert "(/etc/crontab:4) at boot, after the sysctl loader. So the present value 4096 is lost at the next boot at the latest." in found["summary"]
    assert found["remedy"].startswith("To have 4096, ")


def test_two_programs_that_disagree():
    other = dict(CRON, by="udev", source="/etc/udev/rules.d/9.rules:1", value=64)
    found = told(with_state(boot=None, boot_source=None, boot_certain=False, other_writers=[CRON, other], drift=None), "set-elsewhere-at-boot")
    assert "net.core.somaxconn is set more than once: cron to 128 (/etc/crontab:4) and udev to 64 (/etc/udev/rules.d/9.rules:1). The" in found["summary"]
    assert found["severity"] == "warning" and len(found["evidence"]["other_writers"]) == 2


def test_one_that_disagrees_with_tuned():
    tuned = {"profile": "balanced", "value": 2048, "source": "/etc/tuned/balanced/tuned.conf:3"}
    found = told(with_state(boot=None, boot_source=None, boot_certain=False, other_writers=[CRON], tuned=tuned, drift=None), "set-elsewhere-at-boot")
    assert "set more than once: cron to 128 (/etc/crontab:4) and TuneD to 2048 (/etc/tuned/balanced/tuned.conf:3). The" in found["summary"]


@pytest.mark.parametrize(("value", "said"), [(128, "to 128 at boot or later"), (None, "to another value at boot or later")])
def test_one_that_may_set_it(value, said):
    one = dict(CRON, value=value, order=writer.UNKNOWN)
    found = told(with_state(boot_certain=False, other_writers=[one]), "set-elsewhere-at-boot")
    assert found["severity"] == "info" and said in found["summary"] and "Otherwise it is 4096" in found["summary"]


def test_a_daemon_that_tunes_while_it_runs():
    one = dict(CRON, by="tuned-adm", order=writer.RUNTIME, value=None)
    found = told(with_state(boot_certain=False, other_writers=[one]), "set-elsewhere-at-boot")
    assert "changes net.core.somaxconn while it runs" in found["summary"] and found["remedy"].startswith("Let tuned-adm set")


def test_one_that_sets_the_same_is_passed_over_for_one_that_does_not():
    same, other = dict(CRON, value=4096, order=writer.UNKNOWN), dict(CRON, by="rc.local", value=5, order=writer.UNKNOWN)
    found = told(with_state(boot_certain=False, other_writers=[same, other]), "set-elsewhere-at-boot")
    assert found["summary"].startswith("rc.local may set") and found["evidence"]["other_writers"] == [other]


NEAR = {"source": "/etc/sysctl.d/9.conf:1", "value": "65535", "reason": "its name is misspelled", "instead": "net.core.somaxconn = 65535"}


def test_a_line_that_sets_nothing():
    found = told(with_state(without_effect=[NEAR]), "boot-line-without-effect")
    assert found["severity"] == "warning" and found["remedy"] == "Write it as `net.core.somaxconn = 65535`, or delete the line."
    assert "as if it set net.core.somaxconn to 65535, and sets nothing" in found["summary"] and "After a reboot it is 4096." in found["summary"]


def test_a_line_that_would_set_what_is_set_anyway_is_a_hint():
    assert told(with_state(without_effect=[dict(NEAR, value="4096")]), "boot-line-without-effect")["severity"] == "info"


def test_the_line_that_goes_astray_is_told_first():
    found = told(with_state(without_effect=[dict(NEAR, value="4096", source="a:1"), dict(NEAR, source="b:1")]), "boot-line-without-effect")
    assert found["summary"].startswith("b:1 looks") and len(found["evidence"]["lines"]) == 2


def test_a_file_that_no_loader_reads():
    found = told(with_state(without_effect=[dict(NEAR, reason=near_misses.NOT_CONF, source="/etc/sysctl.d/9.bak:7")]), "boot-line-without-effect")
    assert found["severity"] == "info" and found["remedy"].endswith("if not, delete /etc/sysctl.d/9.bak.")


@pytest.mark.parametrize(
    ("source", "there"), [("/usr/lib/sysctl.d/50.conf:1", True), ("/lib/sysctl.d/50.conf:1", True), ("/etc/sysctl.d/50.conf:1", False)]
)
def test_a_package_whose_file_is_hidden(source, there):
    row = {"source": source, "value": "128", "reason": "/etc/sysctl.d/50.conf masks this file"}
    found = told(with_state(shadowed=[row]), "boot-line-without-effect")
    assert (found is not None) == there
    if found:
        assert found["severity"] == "info" and found["remedy"].endswith("delete /etc/sysctl.d/50.conf.")


# ---------------------------------------------------------------- UNIX sockets


def with_socket(used: Any, limit: Any = 129, **changes: Any) -> Any:
    facts = host()
    row = {
        "network_namespace": "host", "path": "/run/php.sock", "backlog": 128, "accept_queue": {"used": used, "limit": limit},
        "bound_by": "application", "processes": [{"pid": 5, "name": "php-fpm"}], "unit": "php.service", "remedy": "Set listen.backlog.",
    }  # fmt: skip
    facts["unix_listeners"] = [dict(row, **changes)]
    return told(facts, "unix-accept-queue-full")


def test_a_full_one_refuses_connections():
    found = with_socket(129)
    assert (found["severity"], found["subject"]) == ("critical", "/run/php.sock")
    assert "php-fpm (pid 5)" in found["summary"]
    assert found["evidence"] == {"backlog": 128, "accept_queue_used": 129, "accept_queue_limit": 129, "bound_by": "application"}


def test_one_that_is_nearly_full_is_a_warning_and_an_empty_one_nothing():
    assert with_socket(128)["severity"] == "warning"
    assert with_socket(1) is None


def test_another_namespace_is_named():
    assert with_socket(129, network_namespace="blue")["subject"] == "/run/php.sock in network namespace blue"


@pytest.mark.parametrize(("changes", "said"), [({"processes": []}, "php.service"), ({"processes": [], "unit": None}, "its application")])
def test_who_holds_it(changes, said):
    assert said in with_socket(129, **changes)["summary"]


def test_first_why_it_does_not_accept_then_a_larger_backlog():
    why = {"cause": "stopped", "pid": 5, "processes": 1}
    found = with_socket(129, accept_queue={"used": 129, "limit": 129, "why": why})
    assert found["evidence"]["why"] == why
    assert found["remedy"].endswith("Set listen.backlog.")


def test_one_that_decides_in_nobodys_way_is_no_finding():
    facts = with_state(runtime=128, boot=128, boot_source="/etc/crontab:4", other_writers=[CRON], drift=False)
    assert told(facts, "set-elsewhere-at-boot") is None


def test_of_several_lines_that_lost_the_last_is_told():
    lost = [dict(LOST, source="/etc/sysctl.d/1.conf:1", value="5"), LOST]
    facts = with_state(runtime=128, boot=128, boot_source="/etc/crontab:4", other_writers=[CRON], shadowed=lost)
    assert "This overrides /etc/sysctl.d/9.conf:1, which asks for 4096" in told(facts, "set-elsewhere-at-boot")["summary"]


def test_what_is_not_known_is_told_as_that():
    facts = with_state(boot=None, boot_certain=False, other_writers=[dict(CRON, order=writer.UNKNOWN)], without_effect=[NEAR])
    assert "Otherwise it is not known after a reboot." in told(facts, "set-elsewhere-at-boot")["summary"]
    assert told(facts, "boot-line-without-effect")["summary"].endswith("After a reboot it is not known.")


def test_lines_that_ask_for_what_is_there_are_only_worth_knowing():
    found = told(with_state(without_effect=[dict(NEAR, value="4096")]), "boot-line-without-effect")
    assert found["severity"] == "info" and "and sets nothing: its name is misspelled. After a reboot it is 4096." in found["summary"]
    both = told(with_state(without_effect=[dict(NEAR, value="4096"), NEAR]), "boot-line-without-effect")
    assert both["severity"] == "warning" and "to 65535" in both["summary"] and len(both["evidence"]["lines"]) == 2


def unix(**changes: Any) -> Any:
    row = {
        "path": "/run/x.sock",
        "network_namespace": "host",
        "backlog": 128,
        "accept_queue": {"used": 129, "limit": 129},
        "bound_by": "application",
        "remedy": "Raise it.",
    }
    return told({"unix_listeners": [dict(row, **changes)]}, "unix-accept-queue-full")


@pytest.mark.parametrize(("used", "severity"), [(103, None), (104, "warning"), (128, "warning"), (129, "critical"), (130, "critical")])
def test_from_when_on_a_unix_socket_is_told(used, severity):
    found = unix(accept_queue={"used": used, "limit": 129})
    assert (found and found["severity"]) == severity


def test_what_is_said_of_a_unix_socket():
    found = unix(unit="x.service")
    assert found["summary"].startswith("129 of 129 places of the accept queue of /run/x.sock are taken: x.service does not accept as fast as connections come.")
    assert (
        found["evidence"] == {"backlog": 128, "accept_queue_used": 129, "accept_queue_limit": 129, "bound_by": "application"}
        and found["remedy"] == "Raise it."
    )
    assert ": app (pid 7) does" in unix(processes=[{"pid": 7, "name": "app"}, {"pid": 8, "name": "child"}], unit="x.service")["summary"]
    assert ": its application does" in unix()["summary"]
    assert unix(network_namespace="blue")["subject"] == "/run/x.sock in network namespace blue" and unix()["subject"] == "/run/x.sock"
    why = {"cause": "stopped", "pid": 7, "state": "T"}
    stopped = unix(accept_queue={"used": 129, "limit": 129, "why": why})
    assert stopped["evidence"]["why"] == why and stopped["remedy"].endswith(" For short bursts: Raise it.")


def test_the_fuller_unix_socket_comes_first():
    rows = [{"path": path, "accept_queue": {"used": used, "limit": 100}} for path, used in (("/a", 85), ("/b", 99), ("/c", 90))]
    assert [one["subject"] for one in findings({"unix_listeners": rows})] == ["/b", "/c", "/a"]


def test_a_line_that_another_program_overrides_is_told_once():
    facts = with_state(runtime=128, boot=128, boot_source="/etc/crontab:4", other_writers=[CRON], shadowed=[LOST])
    assert told(facts, "boot-file-shadowed") is None and told(facts, "runtime-undone-at-boot") is None
    other = with_state(runtime=128, boot=128, boot_source="/etc/sysctl.d/99.conf:1", other_writers=[], shadowed=[LOST])
    assert told(other, "boot-file-shadowed")["summary"].startswith(
        "/etc/sysctl.d/9.conf:1 sets net.core.somaxconn = 4096, but this line has no effect: overridden by"
    )
    drifting = with_state(runtime=4096, boot=128, boot_source="/etc/crontab:4", other_writers=[CRON], drift=True)
    assert told(drifting, "runtime-undone-at-boot") is None
