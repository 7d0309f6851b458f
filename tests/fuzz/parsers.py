# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of all parsers of what hosts say. tests/unit/test_fuzz_table.py fails where one is not in it.

A row says how a parser is called with bytes, which true samples mutations begin with, and which errors its documentation promises.
A parser that has a ``truth`` finds that among anything that stands before and behind it.
"""

from __future__ import annotations

import io
import json
import socket
from typing import Any, Callable, Iterator, List, NamedTuple, Sequence, Tuple, Type

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot import (
    cmdline,
    dropins,
    edit,
    globs,
    mentions,
    near_misses,
    number,
    resolve,
    tuned,
    values,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._change import iptables_rules, restore_plan
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import identity
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import sysctls as kernel_sysctls
from ansible_collections.linuxnet.tcp.plugins.module_utils._log import kmsg_record, messages, prefilter, rulebook, times
from ansible_collections.linuxnet.tcp.plugins.module_utils._log import lines as log_lines
from ansible_collections.linuxnet.tcp.plugins.module_utils._metrics import text as metrics_text
from ansible_collections.linuxnet.tcp.plugins.module_utils._metrics import totals
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import (
    container_files,
    containers,
    controller_commands,
    counters,
    errors,
    mitigation,
    namespace_commands,
    networks,
    nft_table,
    raised_record,
    text,
    units,
    validated,
    what_if,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import (
    addresses,
    cgroup_states,
    cgroups,
    devices,
    executables,
    log_copy,
    log_file,
    mitigation_record,
    netlink,
    other_writers,
    proc_net_tcp,
    processes,
    queue_lengths,
    session,
    sock_diag,
    standstill,
    syn_recv,
    unix_diag,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._watch import drops, layers
from ansible_collections.linuxnet.tcp.plugins.module_utils._writers import (
    cloud_init,
    cron,
    interfaces,
    saptune,
    shell,
    udev,
    ufw,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._writers import units as writers_units

from . import samples
from .mutations import lines_of

KEYS = tuple(one.key for one in kernel_sysctls.KEYS.values())
LATEST = 1795148685.0


class Truth(NamedTuple):
    """Something that a parser must find whatever is around it."""

    chunk: bytes
    found: Callable[[Any], bool]
    apart: bytes = b"\n"  # what parts it from the rest


class Parser(NamedTuple):
    name: str
    parse: Callable[[bytes], Any]
    samples: Sequence[bytes]
    errors: Tuple[Type[BaseException], ...] = ()  # that it is documented to raise
    truth: Sequence[Truth] = ()


def decoded(data: bytes) -> str:
    """As the readers decode files."""
    return data.decode("utf-8", "replace")


def surrogates(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


# ---------------------------------------------------------------- calls that take more than one line


def log_of_a_daemon(data: bytes) -> Any:
    log = log_lines.TextLog()
    found = filter(None, map(log.event, log_file._lines(iter([data[:100], data[100:]]))))
    return [(line, event, times.to_epoch(line.stamp, LATEST, log_file.local_moments)) for line, event in found]


def odd_lines(data: bytes) -> Any:
    return [log_file._is_odd(line) for line in lines_of(data)]


def log_copied(data: bytes) -> Any:
    reader = log_copy.Reader(LATEST, log_file.local_moments)
    found = list(reader.events(log_copy.whole_lines([data[:1000], data[1000:]])))
    return found, reader.warnings("/x", 0.0), reader.hosts


def log_exported(data: bytes) -> Any:
    reader = log_copy.Reader(LATEST, log_file.local_moments)
    return list(reader.exported([data[:1000], data[1000:]])), reader.warnings("/x", None)


def ring_buffer(data: bytes) -> Any:
    said = kmsg_record.parse_kmsg(data)
    return kmsg_record.kmsg_place(data), prefilter.may_matter(data), messages.parse_message(said[1]) if said else None


def journal_line(data: bytes) -> Any:
    found = log_lines.parse_journal(data)
    return found, messages.parse_message(found[1]) if found else None


def message(data: bytes) -> Any:
    repeat = messages.parse_repeat(data)
    return messages.parse_message(data), repeat, prefilter.may_tell(data), log_lines.untimed(data)


def _runs(data: bytes) -> Iterator[Tuple[memoryview, int]]:
    """As `netlink.dump` hands on what the kernel sent, of any kind of message."""
    whole = memoryview(bytearray(data[: len(data) & ~3]))
    for _kind, _flags, run, length in netlink.split(whole):
        yield run, length


def _messages(data: bytes) -> List[bytes]:
    return [bytes(run[at : at + length]) for run, length in _runs(data) for at in range(0, len(run), length)]


def listeners(data: bytes) -> Any:
    return sock_diag.listeners(lambda _body: _of_family(data))[0]


def _of_family(data: bytes) -> Iterator[Tuple[memoryview, int]]:
    """The kernel answers with whole messages of the family that was asked for; what is in them is anybody's guess."""
    least = netlink.HEADER.size + sock_diag.MESSAGE.size
    for one in _messages(data):
        if len(one) >= least and one[netlink.HEADER.size] in (socket.AF_INET, socket.AF_INET6):
            yield memoryview(bytearray(one)), len(one)


def half_open_entries(data: bytes) -> Any:
    counted, warnings = syn_recv.tally(None, dump=lambda _body: _of_family(data))
    return warnings, counted.result(5) if counted else None


def of_messages(parse: Callable[[bytes], Any], least: int) -> Callable[[bytes], Any]:
    """The parser for each message that is as long as the kernel's are at least."""
    return lambda data: [parse(one) for one in _messages(data) if len(one) >= netlink.HEADER.size + least]


def proc_table(data: bytes) -> Any:
    rows = [line.split(None, 10) for line in lines_of(data)]
    found = []
    for row in rows:
        if len(row) >= 10 and all(set(one.lower()) <= set(b"0123456789abcdef:") for one in row[1:7]):
            try:
                found.append((proc_net_tcp.endpoint(row[1], socket.AF_INET), proc_net_tcp._milliseconds(row[5])))
            except ValueError:
                pass  # the kernel prints no such address
    return found


def boot_files(data: bytes) -> Any:
    found = []
    for loader, version in ((values.SYSTEMD, (252,)), (values.PROCPS, (3, 3)), (values.PROCPS, (4, 0, 5)), (values.OTHER, ())):
        one = dropins.DropIn("/etc/sysctl.d/50.conf", data, "", "/etc/sysctl.d/50.conf")
        boot = values.BootFiles(loader, version, (one,), (), "")
        found.append({key: resolve.resolve(boot, [key])[key] for key in KEYS})
    return found


def near(data: bytes) -> Any:
    one = dropins.DropIn("/etc/sysctl.d/50.conf", data, "", "/etc/sysctl.d/50.conf")
    found = list(near_misses.applied(one, KEYS)), list(near_misses.not_applied(one, KEYS))
    # What is asked first, and quickly, misses nothing
    if (found[0] or found[1]) and not mentions.may_nearly_be_set(data):
        raise AssertionError("near misses are there that the quick look does not see")
    boot = values.BootFiles(values.PROCPS, (4, 0), (one,), (), "")
    at_boot = resolve.resolve(boot, KEYS)
    if any(value.value is not None for value in at_boot.values()) and not mentions.may_be_set(boot, KEYS):
        raise AssertionError("a setting is there that the quick look does not see")
    return found, other_writers._speaks_of_sysctls(data), other_writers._decoded(data)


def edited(data: bytes) -> Any:
    """Our line is in it and is read again; taken away, no other line changes its meaning."""
    after = edit.with_settings(data, {KEYS[0]: 4096})
    if edit.assigned(after, KEYS[0]) != 4096:
        raise AssertionError("the line that was written is not read again")
    return after, edit.without_settings(after, KEYS[:1]), edit.names_setting(data, KEYS[0])


def glob_patterns(data: bytes) -> Any:
    words = decoded(data).split("\n")[:20]
    return [(globs.braces(one[:200])[:50], globs.glob_result(one[:200], "net/core/somaxconn"), globs.fnmatch(one[:200], KEYS[0])) for one in words]


def tuned_profile(data: bytes) -> Any:
    whole = decoded(data)
    settings = tuned.merged(["/etc/tuned/x/tuned.conf"], {"/etc/tuned/x/tuned.conf": whole})
    config = tuned.tuned(settings, tuned.main_options(whole))
    one = dropins.DropIn("/etc/sysctl.d/50.conf", data)
    return tuned.profile_names(whole), tuned.included(whole), [tuned.effect(config, key, 128, [one]) for key in KEYS]


def of_text(parse: Callable[[str], Any]) -> Callable[[bytes], Any]:
    """The parser behind UTF-8, its generator run to the end."""

    def run(data: bytes) -> Any:
        found = parse(decoded(data))
        return list(found) if isinstance(found, Iterator) else found

    return run


def engine_files(data: bytes) -> Any:
    return (
        container_files.of_storage(data), container_files.of_docker(data), container_files.of_runtime(data),
        container_files.host_name(data), container_files.of_machine(data), container_files.graph_root(data),
        container_files.docker_root(data), container_files.home_of(1000, data),
    )  # fmt: skip


def names_of_containers(data: bytes) -> Any:
    found = []
    for name in decoded(data).split("\n"):
        found.append((container_files.holds_a_pod(name), container_files.pod_of_name(name), container_files.name_in("docker", name, 5)))
        found.append((containers.made_by_engine(name), containers.unescaped(name), containers.shown("docker", name), containers.pod_of_log(name)))
        found.append((namespace_commands.container_of(name), namespace_commands.prefix(name), units.full_name(name)))
        found.append((controller_commands.for_host("ip netns exec x y", name), text.printable(name)))
    return found


def memberships(data: bytes) -> Any:
    whole = surrogates(data)
    known = cgroup_states.mounts(whole)
    return (
        units.unit_of_membership(whole, "0::/init.scope"), containers.of_membership(whole), known, cgroups.mount_of_cgroup2(whole),
        cgroup_states.lineage(known, whole, "cpu"), [units.unit_of_path(line) for line in whole.splitlines()],
    )  # fmt: skip


def proc_of_a_process(data: bytes) -> Any:
    whole = surrogates(data)
    return (
        session._told(data), session.words_of(data), session._parent(data), standstill._limits(whole), standstill._fields(whole),
        cgroup_states._numbers(whole), processes._text(data),
    )  # fmt: skip


def losses(data: bytes) -> Any:
    whole = data.decode("ascii", "replace")  # as loss_files does
    return (
        layers.of_groups(layers.groups(whole)), layers.of_snmp6(whole), counters.parse_counters(whole, "TcpExt", counters.TCP_EXT),
        drops.stats(whole), traced(whole),
    )  # fmt: skip


def traced(whole: str) -> Any:
    """The text of a tracing pipe."""
    counted = drops.Drops()
    counted.add(whole)
    return drops.told(counted.counts)


def events(data: bytes) -> Any:
    """What names of hosts and times become in an event for rulebooks."""
    words = decoded(data).split("\n")
    said = [one for one in map(messages.parse_message, lines_of(data)) if one]
    return (
        [rulebook.plain_host(one) for one in words], [rulebook.other_host(one) for one in words],
        [rulebook.rulebook_event(one, "web1", rulebook.when(5.0), "journal") for one in said],
    )  # fmt: skip


def kept_totals(data: bytes) -> Any:
    """The exporter's state, from a file."""
    try:
        told = json.loads(decoded(data))
    except (ValueError, RecursionError):
        return None
    known = totals.Totals(told, "b")
    known.count("drops", (5, "drops"), 7)
    return known.total("drops")


def kernel_names(data: bytes) -> Any:
    first, _newline, second = decoded(data).partition("\n")
    for release, signature in ((first, first), (second, first), ("5.15.0-91-generic", first)):
        try:
            identity.identify(release, second, signature)
        except ValueError:
            pass  # documented: it does not begin with a version
    try:
        return what_if.kernel_of(first)
    except errors.InvalidOption:
        return None


def firewall_listing(data: bytes) -> Any:
    whole = decoded(data)
    there = iptables_rules.found(whole, whole)
    block = {"network": "198.51.100.0/24", "port": 80}
    return iptables_rules.missing([block], ["192.0.2.7"], there), iptables_rules.removal(there), [networks.parse_network(one) for one in whole.split()]


def chain_counts(data: bytes) -> Any:
    whole = decoded(data)
    return restore_plan._dropped(whole), restore_plan._chains(["ipv4"], [whole]), validated.listings([whole, None, 5])


def records(data: bytes) -> Any:
    found = mitigation_record._parsed(data, "/x")
    try:
        told = json.loads(decoded(data))
    except (ValueError, RecursionError):
        return found
    return found, raised_record.parse(told, "b"), validated.gathered(told), validated.answered(told), validated.changed(told)


def parsed_record(data: bytes) -> Any:
    return mitigation.parse_record(json.loads(decoded(data)))


def exporter(data: bytes) -> Any:
    """What names of processes and units become, read again by the official parser."""
    from prometheus_client.openmetrics import parser

    names = [surrogates(one) for one in lines_of(data)][:50]
    samples_ = [((("name", name), ("place", str(at))), at) for at, name in enumerate(names)]
    family = metrics_text.Family("linuxnet_x", "gauge", names[0], samples_)
    read = [one for family in parser.text_string_to_metric_families(metrics_text.openmetrics([family])) for one in family.samples]
    if [one.labels["name"] for one in read] != [metrics_text.label(name) for name in names]:
        raise AssertionError("the exporter's text does not say what was meant")
    return metrics_text.classic([family])


# ---------------------------------------------------------------- what is found whatever is around it

_FLOOD = b"Nov 20 04:23:45 web1 kernel: TCP: request_sock_TCP: Possible SYN flooding on port 8443. Dropping request.  Check SNMP counters."


def _tells(found: Any) -> bool:
    return any(event["kind"] == "syn_flood" and event["port"] == 8443 for _line, event, _when in found)


def _drops_80(found: Any) -> bool:
    return not any(line.startswith("-A SYN_BACKLOG -s 198") for line in found[0])


FLOOD = Truth(_FLOOD, _tells)
OUR_RULE = Truth(samples.IPTABLES[0].split(b"\n")[2], _drops_80)
OUR_USER = Truth(b"web:x:1000:1000::/srv/web:/bin/sh", lambda found: found[7] is not None)

# A cut message of the kernel raises OSError, which is what `netlink.dump` documents
CUT = (OSError,)

PARSERS = [
    Parser("log of a daemon", log_of_a_daemon, samples.SYSLOG + samples.LOG_COPIES, truth=[FLOOD]),
    Parser("odd lines of a log", odd_lines, samples.SYSLOG + samples.LOG_COPIES),
    Parser("copies of dmesg and journalctl", log_copied, samples.LOG_COPIES + samples.SYSLOG),
    Parser("export of the journal", log_exported, samples.EXPORTS),
    Parser("records of /dev/kmsg", ring_buffer, samples.KMSG),
    Parser("lines of journalctl", journal_line, samples.JOURNAL),
    Parser("messages of the kernel", message, samples.MESSAGES),
    Parser("sock_diag: listeners", listeners, samples.LISTENERS, CUT),
    Parser("sock_diag: half-open entries", half_open_entries, samples.HALF_OPEN, CUT),
    Parser("sock_diag: places of drops", of_messages(queue_lengths._place, 0), samples.LISTENERS, CUT),
    Parser("unix_diag", lambda data: list(unix_diag._rows(_runs(data))), samples.UNIX, CUT),
    Parser("rtnetlink: addresses", of_messages(addresses._addresses, 8), samples.ADDRESSES, CUT),
    Parser("rtnetlink: devices", of_messages(devices._device, 16), samples.DEVICES, CUT),
    Parser("netlink: attributes", lambda data: list(netlink.attributes(data)), samples.LISTENERS + samples.DEVICES),
    Parser("/proc/net/tcp", proc_table, samples.TCP_TABLE),
    Parser("counters of /proc", losses, samples.NETSTAT + samples.SNMP6 + samples.TRACE_STATS + samples.TRACE),
    Parser("softnet_stat", of_text(layers.of_softnet), samples.SOFTNET, (ValueError,)),
    Parser("softnet_stat, squeezed", of_text(layers.squeezed), samples.SOFTNET, (ValueError,)),
    Parser("nf_conntrack's counters", of_text(layers.of_conntrack), samples.CONNTRACK, (ValueError,)),
    Parser("control groups", memberships, samples.MEMBERSHIP + samples.MOUNTINFO),
    Parser("/proc/PID", proc_of_a_process, samples.PROC_STAT + samples.STATUS + samples.LIMITS + samples.CPU_STAT + samples.ENVIRONMENT),
    Parser("executables", lambda data: executables.is_go(io.BytesIO(data)), samples.ELF),
    Parser("files of container engines", engine_files, samples.ENGINES + samples.PASSWD, truth=[OUR_USER]),
    Parser("names of containers", names_of_containers, samples.NAMES),
    Parser("sysctl files, resolved", boot_files, samples.SYSCTL_FILES),
    Parser("sysctl files, near misses", near, samples.SYSCTL_FILES),
    Parser("sysctl files, edited", edited, samples.SYSCTL_FILES),
    Parser("numbers as the kernel reads them", of_text(number.kernel_integer), [b"4096", b" 0x1f ", b"-017", b"4096 1"]),
    Parser("the kernel's command line", of_text(cmdline.assignments), samples.CMDLINES),
    Parser("patterns of file names", glob_patterns, samples.GLOBS),
    Parser("profiles of TuneD", tuned_profile, samples.TUNED),
    Parser("shell scripts", of_text(shell.settings), samples.SHELL),
    Parser("units of systemd", lambda data: (writers_units.unit(data), list(writers_units.lines(data))), samples.UNITS),
    Parser("udev rules", of_text(udev.settings), samples.UDEV),
    Parser("interfaces", of_text(lambda one: (list(interfaces.settings(one, one)), interfaces.sourced(one))), samples.INTERFACES),
    Parser("crontabs", of_text(lambda one: (list(cron.settings(one, True)), list(cron.settings(one, False)))), samples.CRONTABS),
    Parser("cloud-init", of_text(cloud_init.settings), samples.CLOUD),
    Parser("saptune", of_text(lambda one: (saptune.notes(one), list(saptune.settings(one)))), samples.SAPTUNE),
    Parser("ufw", of_text(lambda one: (ufw.enabled(one), ufw.sysctl_file(one))), samples.UFW),
    Parser("releases of kernels", kernel_names, samples.RELEASES),
    Parser("nft -j", of_text(nft_table.parse_listing), samples.NFT, (ValueError,)),
    Parser("iptables -S", firewall_listing, samples.IPTABLES, truth=[OUR_RULE]),
    Parser("iptables -nvxL", chain_counts, samples.COUNTED),
    Parser("records of a mitigation", records, samples.RECORDS),
    Parser("records, checked", parsed_record, samples.RECORDS, (ValueError,)),
    Parser("events for rulebooks", events, samples.HOSTS + samples.MESSAGES),
    Parser("totals of the exporter", kept_totals, samples.TOTALS),
    Parser("the exporter's text", exporter, [b"nginx", b'a"b\\c', b"\xff\n\x1b[2J"]),
]
