# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The record of a mitigation: written before anything is changed, and removed when all of it is taken back."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any, Dict, Mapping, Optional

from .._model import errors, mitigation
from .._read import firewall, mitigation_record
from .._write import atomic, lock
from .._write import firewall as write_firewall

PRESENT, ABSENT = "present", "absent"
_NOTHING = {"before": "", "after": ""}


class NotRecorded(Exception):
    """The record cannot be written, used or removed; the text says why and what to do."""


def keep_record(
    params: Mapping[str, Any], check_mode: bool = False, path: str = mitigation_record.PATH
) -> Dict[str, Any]:
    """Write a record or remove it, by ``state`` and ``record``; what came of it, with a diff.

    :raises InvalidOption: the record that is given is none.
    :raises NotRecorded: there is one that cannot be used, or writing fails.
    :raises Busy: another run does not end.
    """
    given = _given(params["record"]) if params["state"] == PRESENT else None
    try:
        with contextlib.nullcontext() if check_mode else lock.locked():
            if given is not None:
                return _present(given, path, check_mode)
            return _absent(path, check_mode)
    except OSError as error:
        raise NotRecorded("{0}: {1}".format(path, error.strerror)) from error


def _given(record: Any) -> mitigation.Record:
    try:
        return mitigation.parse_record(dict(mitigation.empty(), **(record or {})))
    except (mitigation.BadRecord, TypeError, ValueError) as error:
        raise errors.InvalidOption("record", record, str(error)) from error


def _present(given: mitigation.Record, path: str, check_mode: bool) -> Dict[str, Any]:
    found = _usable(path)
    before = found.record
    wanted = mitigation.merge(before, given)
    wanted["since"] = wanted["since"] or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    wanted = mitigation.located(wanted, mitigation_record.place())
    wanted["firewall"] = dict(_found_now(wanted), **wanted["firewall"])
    if wanted != before and not check_mode:
        _write(wanted, path)
    told = {"changed": wanted != before, "record": wanted, "diff": _diff(path, before, wanted)}
    return dict(told, warnings=[found.stale + " It is replaced."] if found.stale else [])


def _found_now(record: mitigation.Record) -> Dict[str, Dict[str, bool]]:
    """What iptables-nft would make by itself and is there already; all of it where that cannot be read."""
    needed = set(mitigation.chained_families(record))
    found = firewall.bases() if needed - set(record["firewall"]) else None
    there = {"table": True, "input": True}
    return {one: {"table": found[one].table, "input": found[one].input} if found else there for one in needed}


def _absent(path: str, check_mode: bool) -> Dict[str, Any]:
    """A stale record goes, and nothing with it: the tables that it tells of are gone, and others are there now."""
    found = _usable(path)
    before = found.record
    there = before is not None or found.stale is not None
    if there and not check_mode:
        for family, had in before["firewall"].items() if before else ():
            _remove_what_was_not_there(family, had)
        atomic.replace(path, None, atomic.current(path))
        with contextlib.suppress(OSError):  # somebody else's file is in it
            os.rmdir(os.path.dirname(path))
    told = {"changed": there, "record": before, "diff": _diff(path, before, None)}
    return dict(told, warnings=[found.stale + " It is removed."] if found.stale else [])


def _remove_what_was_not_there(family: str, had: Mapping[str, bool]) -> None:
    """Nothing that holds a rule, a chain or a policy of anybody's."""
    found = firewall.bases()
    if found is None:
        return
    base = found[family]
    chain = base.idle and not had["input"]
    table = base.table and not had["table"] and base.chains == int(chain)
    if chain or table:
        write_firewall.remove_idle(family, table, chain)


def _usable(path: str) -> mitigation_record.Found:
    found = mitigation_record.read_record(path)
    if found.problem:
        raise NotRecorded(
            "{0}. What was changed before is written there and nowhere else: read what is still in it, put those "
            "values back by hand, and remove the file.".format(found.problem)
        )
    return found


def _write(record: mitigation.Record, path: str) -> None:
    directory = os.path.dirname(path)
    with contextlib.suppress(FileExistsError):
        os.mkdir(directory, 0o755)
        os.chmod(directory, 0o755)
    atomic.remove_leftovers(directory)
    atomic.replace(path, _text(record).encode(), atomic.current(path), mode=0o600)


def _text(record: Optional[mitigation.Record]) -> str:
    return "" if record is None else json.dumps(record, indent=2, sort_keys=True) + "\n"


def _diff(path: str, before: Optional[mitigation.Record], after: Optional[mitigation.Record]) -> Dict[str, str]:
    if before == after:
        return dict(_NOTHING)
    return {"before": _text(before), "after": _text(after), "before_header": path, "after_header": path}
