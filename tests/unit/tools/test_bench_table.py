# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark's rows: what counts as held, as missed, and as faster than linear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.tests.bench import table

PAIR = table.of("facts", "ping", [0.3, 0.2, 0.9], [0.1, 0.2, 0.2], 1.25)


def test_a_row_is_the_medians_of_paired_runs():
    assert (PAIR.ours, PAIR.theirs, PAIR.ratio) == (300.0, 200.0, 1.5)
    assert (PAIR.held, PAIR.missed_by_far, PAIR.verdict) == (False, True, "MISSED")


@pytest.mark.parametrize(
    ("ratio", "held", "far"), [(1.0, True, False), (1.25, True, False), (1.3, False, False), (1.38, False, True)]
)
def test_a_little_more_than_the_bar_is_missed_but_not_by_far(ratio, held, far):
    row = PAIR._replace(ours=200.0 * ratio)
    assert (row.held, row.missed_by_far) == (held, far)


def test_a_bar_that_is_known_to_be_missed_may_not_be_missed_by_more(monkeypatch):
    monkeypatch.setattr(table, "MISSED", {"facts": 1.5})
    assert not PAIR.held and not PAIR.missed_by_far
    assert PAIR._replace(ours=200.0 * 1.7).missed_by_far


def test_a_number_without_another_is_held_against_the_bar_itself():
    row = table.Row("size", "", 4097, None, 4096, "bytes")
    assert not row.held and row.ratio is None
    assert row._replace(most=None).held and row._replace(most=None).verdict == ""


@given(st.floats(0.001, 10), st.floats(0.00001, 0.01))
def test_a_straight_line_grows_by_one_whatever_its_fixed_cost(fixed, each):
    sizes = (10, 20, 40, 80)
    assert table.growth(sizes, [fixed + each * size for size in sizes]) == pytest.approx(1, rel=1e-3)
    assert table.growth(sizes, [fixed + each * size**2 for size in sizes]) > 1.5


def test_rows_travel_from_one_process_to_another(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_ROWS", str(tmp_path / "rows"))
    assert table.finish([PAIR, PAIR._replace(most=2.0)]) == 1
    assert table.read(str(tmp_path / "rows")) == [PAIR, PAIR._replace(most=2.0)]
    assert table.read(str(tmp_path / "none")) == []


def test_the_page_names_every_row_and_the_machine():
    page = table.page([PAIR._replace(why="Ansible reads 142 files."), table.Row("size", "", 1681, None, 4096, "bytes")], {"kernel": "Linux 6.18.44"})
    assert "| facts | 300 ms | ping | 200 ms | 1.50 | 1.25 | MISSED |" in page
    assert "| size | 1681 bytes |  |  |  | 4096 | held |" in page
    assert "| kernel | Linux 6.18.44 |" in page
    assert "- **facts**, 1.50 instead of 1.25. Ansible reads 142 files." in page and "**size**" not in page
    assert "missed" not in table.page([PAIR._replace(most=1.5)], {}).partition("Machines are noisy")[0]


def test_a_bar_missed_by_a_hair_shows_the_hair_and_one_reason_stands_once():
    rows = [row._replace(why="Each SYN is counted.") for row in (PAIR._replace(name="1 listener", ours=250.5), PAIR._replace(name="10 listeners", ours=250.02))]
    rows.append(PAIR._replace(name="sent", ours=2.0, theirs=None, most=1.0, why="More is sent."))
    told = table.page(rows, {}).partition("## Bars that were missed\n\n")[2].partition("\n\n")[0]
    assert told.split("\n") == [
        "- **1 listener**, 1.252 instead of 1.25; **10 listeners**, 1.2501 instead of 1.25. Each SYN is counted.",
        "- **sent**, 2.00 ms instead of 1.00 ms. More is sent.",
    ]
