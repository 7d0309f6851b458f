# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event filter linuxnet.tcp.syn_flood: floods, however they are reported, in one shape.

ansible-rulebook runs this file by its path and knows of no package around it. The parser is the collection's own all
the same: it is loaded from plugins/module_utils of the collection that this file lies in.
"""

from __future__ import annotations

import datetime
import importlib
import ipaddress
import itertools
import re
import sys
import time
import types
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Union

DOCUMENTATION = r"""
---
short_description: Brings reports of SYN floods to one shape
description:
  - Knows the kernel's message in events of C(ansible.eda.journald) and C(community.eda.journald), in entries of the journal as JSON, and in
    syslog lines, plain or as the JSON of rsyslog and syslog-ng, through webhook, Kafka and the like; alerts of Alertmanager; and payloads that
    have this shape already. Of a list of them each becomes an event of its own.
  - Only the kernel's own words count, where the transport tells whose they are.
  - An alert counts where a label, its name or an annotation mentions C(TCPReqQFull), C(ListenDrops) or SYN flooding. Its host is the label
    C(host), C(hostname), C(nodename) or C(node), else C(instance) without its port.
  - C(meta.hosts) is the one host that the event is about. A name that stands for more than one host, or for the controller, is refused. The event
    is then called C(syn_flood_refused), says why, and limits nothing.
  - Every other event passes as it is.
options:
  hosts:
    description:
      - The hosts that events may name, as a list, or as a dictionary of those names and the inventory's names for them.
      - What they do not list is refused. A name that is also the name of a group selects the group, so that this list is worth having
        where others than the fleet's own hosts can send events.
      - Left out, any name of a single host is taken, except the controller's.
    type: raw
"""

EXAMPLES = r"""
- eda.builtin.webhook:
    port: 5000
  filters:
    - linuxnet.tcp.syn_flood:

- eda.builtin.webhook:
    port: 5000
  filters:
    - linuxnet.tcp.syn_flood:
        hosts:
          192.0.2.10: web1.example.com
          web2: web2.example.com

# An event, of an alert:
# {"syn_flood": {"host": "web1.example.com", "address": null, "port": null, "action": null, "status": "firing",
#                "repeated": false, "time": "2026-11-20T04:23:45Z", "via": "alertmanager"},
#  "meta": {"hosts": ["web1.example.com"]}}
"""

Json = Any
Event = Dict[str, Json]

_NOT_LISTED = "the host that it names is not one of those that the option hosts lists"
_MOST = 1000  # reports in one event, and lines in one text: what is beyond is passed over
_LONGEST_TEXT = 1 << 20

_ALERT = re.compile(r"TCPReqQFull|ListenDrops|syn[ _-]?flood", re.IGNORECASE)
_HOST_LABELS = ("host", "hostname", "nodename", "node")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_INSTANCE = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([^:\s]{1,253})):[0-9]{1,5}")
_STATUSES = ("firing", "resolved")
_ACTIONS = ("cookies", "drop")

# What rsyslog and syslog-ng call the same thing in their JSON, in lower case
_MESSAGE_FIELDS = ("message", "msg", "rawmsg-after-pri")
_HOST_FIELDS = ("hostname", "host", "source_host", "fromhost")
_PROGRAM_FIELDS = (
    "programname", "program", "syslogtag", "app-name", "app_name", "appname", "syslog_identifier", "tag", "ident",
)  # fmt: skip
_FACILITY_FIELDS = ("facility", "syslogfacility", "syslogfacility-text", "facility_label", "syslog_facility")
_TIME_FIELDS = ("timereported", "timestamp", "@timestamp", "isodate", "r_isodate", "time", "date")


def _of_the_collection(name: str) -> Any:
    """A module of plugins/module_utils."""
    package = "linuxnet_tcp_module_utils"
    if package not in sys.modules:
        parent = types.ModuleType(package)
        parent.__path__ = [str(Path(__file__).resolve().parents[4] / "plugins" / "module_utils")]
        sys.modules[package] = parent
    return importlib.import_module(package + "." + name)


_lines = _of_the_collection("_log.lines")
_messages = _of_the_collection("_log.messages")
_prefilter = _of_the_collection("_log.prefilter")
_rulebook = _of_the_collection("_log.rulebook")
_times = _of_the_collection("_log.times")
_log_file = _of_the_collection("_read.log_file")


class Report(NamedTuple):
    """A flood that somebody reported."""

    host: Json  # as it was named
    via: str
    time: Optional[str] = None
    address: Optional[str] = None
    port: Optional[int] = None
    action: Optional[str] = None
    status: str = "firing"
    repeated: bool = False


# ---------------------------------------------------------------- the filter


def main(event: Event, hosts: Union[None, List[str], Mapping[str, str]] = None) -> Union[Event, List[Event]]:
    """The event itself, or the floods that it reports."""
    known = _known_hosts(hosts)
    if not isinstance(event, dict):
        return event
    if "syn_flood" in event:
        return _passed(event, known) if _is_ours(event) else _refused(event, "it does not name one host")
    found = [_normal(event, report, known) for report in itertools.islice(_reports(event), _MOST)]
    return event if not found else found[0] if len(found) == 1 else found


def _known_hosts(hosts: Json) -> Optional[Dict[str, str]]:
    """The names that are allowed, and the inventory's names for them; ``None`` for any."""
    if hosts is None:
        return None
    found = {name: name for name in hosts} if isinstance(hosts, list) and all(map(_is_text, hosts)) else hosts
    if not isinstance(found, dict):
        raise ValueError(_WRONG_HOSTS.format(ascii(hosts)[:80]))
    for name, inventory in found.items():
        if not _is_text(name) or _rulebook.plain_host(inventory) is None:
            raise ValueError(_WRONG_HOSTS.format(ascii({name: inventory})[:80]))
    return found


_WRONG_HOSTS = (
    "linuxnet.tcp.syn_flood: hosts={0}: allowed are a list of hosts, or a dictionary of names in events and the "
    "inventory's names, each of one host"
)


def _is_ours(event: Event) -> bool:
    """Whether an event source made it in this shape, about one host, the controller or another."""
    flood, meta = event["syn_flood"], event.get("meta")
    host = _rulebook.plain_host(flood.get("host")) if isinstance(flood, dict) else None
    return host is not None and isinstance(meta, dict) and meta.get("hosts") == [host]


def _passed(event: Event, known: Optional[Dict[str, str]]) -> Event:
    """It, under the inventory's name for the host that it names."""
    named = event["syn_flood"]["host"]
    if known is None or (named in known.values() and named not in known):
        return event
    if named not in known:
        return _refused(event, _NOT_LISTED)
    host = known[named]
    return dict(event, syn_flood=dict(event["syn_flood"], host=host), meta=dict(event["meta"], hosts=[host]))


def _normal(event: Event, report: Report, known: Optional[Dict[str, str]]) -> Event:
    host = None
    if known is None:
        host = _rulebook.other_host(report.host)
    elif _is_text(report.host):
        host = known.get(report.host)
    if host is None:
        return _refused(event, "the host that it names is not one host, and not the controller" if known is None else _NOT_LISTED)
    found: Event = _rulebook.flood_event(
        host, report.time, report.via, report.address, report.port, report.action, report.status, report.repeated
    )
    found["meta"] = dict(_meta(event), **found["meta"])
    return found


def _refused(event: Event, reason: str) -> Event:
    """What is left of an event that must not start anything; its texts are not repeated."""
    return {"syn_flood_refused": {"reason": reason}, "meta": _meta(event)}


def _meta(event: Event) -> Event:
    """What else is known about the event: where it came from, and its id."""
    meta = event.get("meta")
    kept = ("source", "uuid", "received_at")
    return {name: meta[name] for name in kept if name in meta} if isinstance(meta, dict) else {}


# ---------------------------------------------------------------- the reports in an event


def _reports(event: Event) -> Iterator[Report]:
    if isinstance(event.get("journald"), dict):
        yield from _in_journal({name.upper(): value for name, value in event["journald"].items() if _is_text(name)})
        return
    for place in ("alert", "payload", "body"):
        if place in event:
            yield from _in_payload(event[place])
            return
    yield from _in_payload(event)


def _in_payload(payload: Json) -> Iterator[Report]:
    """Of one report, or a list of them."""
    if isinstance(payload, str):
        for line in payload[:_LONGEST_TEXT].split("\n")[:_MOST]:
            yield from _in_line(line)
        return
    alerts = payload.get("alerts") if isinstance(payload, dict) else None
    several = next((value for value in (alerts, payload) if isinstance(value, list)), [payload])
    for one in several[:_MOST]:
        if isinstance(one, str):
            yield from _in_line(one)
        elif isinstance(one, dict):
            yield from _in_object(one)


def _in_object(one: Event) -> Iterator[Report]:
    if isinstance(one.get("syn_flood"), dict):
        yield _given(one["syn_flood"])
    elif isinstance(one.get("labels"), dict):
        yield from _in_alert(one)
    elif "_TRANSPORT" in one:
        yield from _in_journal(one)
    else:
        yield from _in_syslog({name.lower(): value for name, value in one.items() if _is_text(name)})


def _in_journal(entry: Event) -> Iterator[Report]:
    """A journal's entry, its fields' names in capitals."""
    if entry.get("_TRANSPORT") == "kernel" and _word(entry.get("SYSLOG_FACILITY")) == "0":
        when = entry.get("__REALTIME_TIMESTAMP", entry.get("_SOURCE_REALTIME_TIMESTAMP"))
        yield from _in_message(entry.get("MESSAGE"), entry.get("_HOSTNAME"), "journal", _microseconds(when))


def _in_syslog(fields: Event) -> Iterator[Report]:
    """What a log daemon says in JSON: program and facility, where it tells them, have to be the kernel's."""
    message = _first(fields, _MESSAGE_FIELDS)
    program, facility = _first(fields, _PROGRAM_FIELDS), _first(fields, _FACILITY_FIELDS)
    if program is None and facility is None:
        yield from _in_line(message if isinstance(message, str) else "")
        return
    is_kernel = facility is None or _word(facility).lower() in ("0", "kern", "kernel")
    if is_kernel and program in (None, "kernel", "kernel:"):
        yield from _in_message(message, _first(fields, _HOST_FIELDS), "syslog", _iso(_first(fields, _TIME_FIELDS)))


def _in_line(line: str) -> Iterator[Report]:
    """A syslog line with its time, host and tag."""
    raw = _bytes(line[:-1] if line.endswith("\r") else line)
    found = _lines.parse_line(raw) if len(raw) <= _lines.LONGEST_LINE and _prefilter.may_matter(raw) else None
    seconds = _times.to_epoch(found.stamp, time.time(), _log_file.local_moments) if found else None
    if seconds is not None:  # a date that there is
        yield from _said(found.text, found.host.decode("utf-8", "replace"), "syslog", _rulebook.when(seconds))


def _in_message(message: Json, host: Json, via: str, when: Optional[str]) -> Iterator[Report]:
    if isinstance(message, str) and len(message) <= _lines.LONGEST_LINE:
        message = message[1:] if message.startswith(" ") else message  # rsyslog keeps the space after the tag
        yield from _said(_lines.untimed(_bytes(message.rstrip("\n"))), host, via, when)


def _said(text: bytes, host: Json, via: str, when: Optional[str]) -> Iterator[Report]:
    said = _messages.parse_message(text)
    if said and said["kind"] == _messages.SYN_FLOOD:
        yield Report(host, via, when, said["address"], said["port"], said["action"])


def _in_alert(alert: Event) -> Iterator[Report]:
    labels, notes = alert["labels"], alert.get("annotations")
    texts = [*labels.values(), *(notes.values() if isinstance(notes, dict) else ())]
    if not any(_ALERT.search(text[:_lines.LONGEST_LINE]) for text in texts if isinstance(text, str)):
        return
    host = _first(labels, _HOST_LABELS)
    if host is None:
        host = labels.get("instance")
        found = _INSTANCE.fullmatch(host) if isinstance(host, str) else None
        host = (found.group(1) or found.group(2)) if found else host
    yield Report(host, "alertmanager", _iso(alert.get("startsAt")), status=_status(alert.get("status")))


def _given(flood: Event) -> Report:
    """What a payload says in our own shape; what it says wrong counts as not known."""
    port, action = flood.get("port"), flood.get("action")
    return Report(
        flood.get("host"),
        "webhook",
        _iso(flood.get("time")),
        _ip(flood.get("address")),
        port if isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65536 else None,
        action if _is_text(action) and action in _ACTIONS else None,
        _status(flood.get("status")),
        flood.get("repeated") is True,
    )


def _status(status: Json) -> str:
    """What is not said to be over goes on."""
    return status if _is_text(status) and status in _STATUSES else "firing"


# ---------------------------------------------------------------- values


def _first(fields: Event, names: Any) -> Json:
    """The first of these fields that is there and says something."""
    return next((fields[name] for name in names if fields.get(name) not in (None, "")), None)


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _word(value: Json) -> str:
    """A text, or a small number in digits."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**16:
        return str(value)
    return value if isinstance(value, str) else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _ip(text: Json) -> Optional[str]:
    try:
        return str(ipaddress.ip_address(text)) if isinstance(text, str) and "%" not in text else None
    except ValueError:
        return None


def _iso(text: Json) -> Optional[str]:
    """A time of ISO 8601 with its zone, as UTC to the second."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    try:
        # Python before 3.11 knows neither "Z" nor nanoseconds
        moment = datetime.datetime.fromisoformat(re.sub(r"[.][0-9]+", "", text).replace("Z", "+00:00"))
        return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


def _microseconds(value: Json) -> Optional[str]:
    """A journal's time."""
    digits = _word(value)
    return _rulebook.when(int(digits) / 1e6) if re.fullmatch("[0-9]{15,16}", digits) else None
