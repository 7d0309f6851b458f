# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said where a value would not hold or cannot be set, and what can be done."""

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import resolve, tuned, values, writer
from ansible_collections.linuxnet.tcp.plugins.module_utils._change import plan, words
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.level import Level
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import sysctl_file

WANTED = plan.Wanted({"somaxconn": 4096})
PATH = "/etc/sysctl.d/9.conf"


def made(**changes):
    known = {"writes": (), "file_changes": False, "content": None, "before": {}, "after": {}, "shadows": ()}
    return plan.Plan(**dict(known, **changes))


def found(**changes):
    return plan.Found(**dict({"runtime": {}, "level": Level(6, 1, 176)}, **changes))


SHADOW = plan.Shadow("somaxconn", "/etc/sysctl.conf:3", 128, "")


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([sysctl_file.NOT_ALLOWED], "Run the module as root (become)"),
        ([sysctl_file.READ_ONLY], "Run the module on the container's host, with network_namespace and persist=false"),
        ([sysctl_file.NOT_ALLOWED, sysctl_file.READ_ONLY], "(become), or run the module on the container's host"),
    ],
)
def test_what_keeps_a_value_from_being_set(kinds, said):
    bars = [sysctl_file.Bar("no %s" % kind, kind) for kind in kinds]
    text = words.barred_message(bars, made(), found())
    assert text.startswith("Run-time values cannot be set: no ") and said in text
    assert "runtime=false" not in text


@pytest.mark.parametrize(("shadows", "said"), [((), "or set runtime=false to write"), ((SHADOW,), "or set runtime=false and on_shadowed=warn to write")])
def test_where_there_is_a_file_it_can_be_written_alone(shadows, said):
    file = sysctl_file.SysctlFile(PATH, None, (PATH,))
    text = words.barred_message([sysctl_file.Bar("no", sysctl_file.NOT_ALLOWED)], made(shadows=shadows), found(file=file))
    assert said in text


def test_nothing_can_be_done():
    assert words.barred_message([sysctl_file.Bar("why", "other")], made(), found()) == "Run-time values cannot be set: why."


@pytest.mark.parametrize(
    ("shadow", "said"),
    [
        (SHADOW, "net.core.somaxconn would be 128 instead of 4096, from /etc/sysctl.conf:3"),
        (SHADOW._replace(value=None), "would be a value that is not known instead of 4096"),
        (SHADOW._replace(value=4096), "would be 4096 without it, from /etc/sysctl.conf:3"),
        (SHADOW._replace(source=None, reason="why"), "net.core.somaxconn: why"),
        (SHADOW._replace(reason="why"), "from /etc/sysctl.conf:3 (why)"),
    ],
)
def test_what_wins(shadow, said):
    assert said in words.shadow_text(shadow, WANTED)


@pytest.mark.parametrize(
    ("reason", "source", "way"),
    [
        (values.SET_BY_RUNTIME, "x:1", "Hand the value to the container's runtime"),
        (resolve.NOT_APPLIED, "x:1", "Have a sysctl loader apply"),
        (tuned.BY_TUNED, "x:1", "Change TuneD's profile"),
        ("x: " + tuned.ONLY_TUNED_CAN_TELL, "x:1", "Change TuneD's profile"),
        (writer.BY_ANOTHER, "x:1", "Change the value there, or take those lines away"),
        ("two set it, " + writer.IN_NO_KNOWN_ORDER, "x:1", "Change the value there"),
        ("cannot be read", None, "Make that readable"),
        ("another", "x:1", "Choose a sysctl_file that the sysctl loader reads"),
        ("", "x:1", "Take the other setting away"),
    ],
)
def test_each_cause_has_its_way_out(reason, source, way):
    shadow = SHADOW._replace(reason=reason, source=source)
    text = words.shadowed_message([shadow, shadow], WANTED, PATH)
    assert text.startswith(PATH + " would not decide at boot: ") and text.count(way) == 1
    assert text.endswith("or set on_shadowed=warn to write it anyway")


@pytest.mark.parametrize(
    ("order", "value", "said"),
    [
        (writer.RUNTIME, None, "tuned changes net.core.somaxconn while it runs (x:1)"),
        (writer.UNKNOWN, "5", "tuned may set net.core.somaxconn to 5 at boot or later (x:1)"),
        (writer.UNKNOWN, None, "to another value at boot or later"),
    ],
)
def test_what_may_disturb_it(order, value, said):
    assert said in words.disturber_text(writer.Writer("tuned", "x:1", "net.core.somaxconn", value, order))
