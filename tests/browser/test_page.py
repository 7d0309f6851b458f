# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html as a browser shows it: whole, readable, at hand from the keyboard, and deaf to what hosts have written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

pytest.importorskip("jinja2", reason="the page is made on the controller: needs jinja2")
if shutil.which("chromium") is None:
    pytest.skip("needs chromium", allow_module_level=True)

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet.compare import earlier_report
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._report.reports import reports
from ansible_collections.linuxnet.tcp.tests.browser.chromium import Browser, chromium
from ansible_collections.linuxnet.tcp.tests.unit.plugins.plugin_utils.fleets import (
    NO_ROUTE,
    facts,
    finding,
    fleet,
    full,
    listener,
    sysctl,
)

WIDTHS = (390, 820, 1280)
SCHEMES = ("light", "dark")
SECONDS_TO_OPEN = 3.0
LARGEST_PAGE = 15_000_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def written(folder: Path, answers: Dict[str, Any], earlier: Any = None) -> str:
    before = earlier_report("earlier.json", json.dumps(earlier)) if earlier else None
    path = folder / "report.html"
    path.write_text("".join(reports(answers, 140, (), before).files["report.html"]), encoding="utf-8")
    return str(path)


def small(count: int) -> Dict[str, Any]:
    answers: Dict[str, Any] = fleet(count) if count > 1 else {"localhost": facts(full(), listener(port=81), findings=[finding()])}
    if count > 1:
        answers.update(dark1=NO_ROUTE, dark2=NO_ROUTE, odd={"error": "MODULE FAILURE"})
    return answers


def settled(browser: Browser) -> None:
    browser.run("new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 180))")


def open_first(browser: Browser) -> None:
    browser.run("document.querySelector('.row').click()")
    assert browser.run("document.getElementById('panel').open")
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    settled(browser)


CONTRAST = """
(() => {
  const parse = (colour) => { const found = colour.match(/[0-9.]+/g).map(Number); return found.length < 4 ? [...found, 1] : found; };
  const light = (colour) => { const [r, g, b] = colour.slice(0, 3).map((one) => {
    const part = one / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (node) => { for (let one = node; one; one = one.parentElement) {
    const colour = parse(getComputedStyle(one).backgroundColor); if (colour[3] === 1) return colour; } return [255, 255, 255, 1]; };
  const poor = []; let seen = 0;
  const walk = document.createTreeWalker(document.getElementById("panel").open ? document.getElementById("panel") : document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || node.closest("script, style, noscript, option, .hidden") || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const [one, other] = [light(parse(style.color)), light(behind(node))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    seen += 1;
    if ((one + 0.05) / (other + 0.05) < (large ? 3 : 4.5))
      poor.push(`${node.className || node.tagName}: ${walk.currentNode.textContent.trim().slice(0, 40)} ${((one + 0.05) / (other + 0.05)).toFixed(2)}`);
  }
  return { poor, seen };
})()
"""
OVERFLOW = """
[document.documentElement, ...document.querySelectorAll("main *, dialog[open], dialog[open] *")]
  .filter((one) => one.getClientRects().length && !one.closest(".hidden, .scroll, svg, .how") && one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => `${one.tagName}.${one.className}`)
"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", [1, 60])
def test_the_page_is_whole_and_readable(browser: Browser, tmp_path: Path, count: int, width: int, scheme: str) -> None:
    path = written(tmp_path, small(count), earlier={**fleet(30, seed=9)} if count > 1 else None)
    browser.open(path, width, 900, scheme)
    for what in ("page", "panel"):
        if what == "panel":
            open_first(browser)
        assert browser.run("document.documentElement.scrollWidth <= innerWidth"), what
        assert browser.run(OVERFLOW) == [], what
        found = browser.run(CONTRAST)
        assert found["poor"] == [] and found["seen"] > 20, (what, found)
    assert browser.complaints() == []
    assert browser.requests() == ["file://" + path]


def test_the_checks_would_find_something(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(tmp_path, small(60)))
    browser.run("document.querySelector('.result').style.setProperty('color', '#cccccc')")
    browser.run("document.querySelector('main').style.setProperty('min-width', '2000px')")
    assert browser.run(CONTRAST)["poor"] and browser.run(OVERFLOW)
    browser.run("console.error('x')")
    assert browser.complaints() == ['[{"type": "string", "value": "x"}]']


def test_ten_thousand_hosts_open_at_once(browser: Browser, tmp_path: Path, capsys: Any) -> None:
    path = written(tmp_path, fleet(10_000))
    size = Path(path).stat().st_size
    seconds = min(browser.open(path) for _attempt in range(3))
    with capsys.disabled():
        print("\n10,000 hosts: a page of %.1f MB opens in %.2f s" % (size / 1e6, seconds))
    assert size < LARGEST_PAGE and seconds < SECONDS_TO_OPEN
    browser.run("document.querySelector('[data-view=hosts]').click()")
    assert browser.run("document.querySelectorAll('.item').length") < 60, "what is not visible is not built"
    assert browser.run("document.getElementById('found').textContent") == "10,000 hosts"
    browser.run("scrollTo(0, document.documentElement.scrollHeight)")
    settled(browser)
    assert 0 < browser.run("document.querySelectorAll('.item').length") < 60
    assert browser.run("[...document.querySelectorAll('.item')].pop().getAttribute('aria-posinset')") == "10000"
    assert browser.complaints() == []


def search(browser: Browser, words: str) -> List[str]:
    browser.run("document.getElementById('search').value = %s; document.getElementById('search').dispatchEvent(new Event('input'))" % json.dumps(words))
    settled(browser)
    return browser.run("[...document.querySelectorAll('.row .who b')].map((one) => one.textContent)")


def test_search_filters_and_orders(browser: Browser, tmp_path: Path) -> None:
    answers = {
        "web1": facts(listener(), listener(port=22, bound_by="somaxconn", unit="ssh.service")), "web2": facts(full(), findings=[finding()]),
        "web3": facts(listener(), listener(port=5432, unit="postgresql.service", drops=7)), "web4": NO_ROUTE,
    }  # fmt: skip
    browser.open(written(tmp_path, answers))
    assert browser.run("[...document.querySelectorAll('.tile .count')].map((one) => one.textContent)") == ["2", "0", "1", "1"]
    assert [one.rpartition(" ")[2] for one in search(browser, "")] == ["web2", "web3", "web4", "web1"], "worst first"
    assert [one.rpartition(" ")[2] for one in search(browser, "POSTGRES")] == ["web3"]
    assert [one.rpartition(" ")[2] for one in search(browser, "accept-queue-overflow nginx")] == ["web2"]
    assert search(browser, "no such thing") == [] and browser.run("!document.getElementById('empty').hidden")
    browser.run("document.getElementById('clear').click()")
    browser.run("document.querySelector('[data-kind=silent]').click()")
    assert [one.rpartition(" ")[2] for one in search(browser, "")] == ["web4"]
    assert "no route" in browser.run("document.querySelector('.row').textContent")
    browser.run("document.getElementById('clear').click()")
    browser.run("document.querySelector('#bound [data-filter=somaxconn]').click(); document.querySelector('[data-view=listeners]').click()")
    assert search(browser, "") == ["0.0.0.0:22"]
    browser.run("document.getElementById('clear').click()")
    browser.run("const sort = document.getElementById('sort'); sort.value = 'drops'; sort.dispatchEvent(new Event('change'))")
    assert search(browser, "")[0] == "0.0.0.0:5432"
    browser.run("document.getElementById('clear').click(); document.querySelector('.mend').click(); document.querySelector('[data-view=hosts]').click()")
    assert [one.rpartition(" ")[2] for one in search(browser, "")] == ["web2"]


def test_the_panel_tells_everything(browser: Browser, tmp_path: Path) -> None:
    shadowed = [{"source": "/etc/sysctl.d/50-tuning.conf:1", "value": "5000"}]
    states = dict(facts()["sysctls"], somaxconn=dict(sysctl(4096, 128, "/etc/sysctl.d/99-vendor.conf:3"), shadowed=shadowed))
    flooded = next(one for one in fleet(400).values() if one.get("half_open", {}).get("listeners"))
    answers = {"web1": dict(flooded, sysctls=states, warnings=["the kernel log is not readable"], counters={"ListenDrops": 12})}
    browser.open(written(tmp_path, answers))
    open_first(browser)
    told = browser.run("document.getElementById('panel').innerText")
    for part in (
        "A SYN flood: 512 half-open", "ansible-playbook linuxnet.tcp.mitigate -e mitigate_hosts=web1", "203.0.113.0/24", "300 (59 %)", "120 (23 %)",
        "/etc/sysctl.d/99-vendor.conf:3", "without effect: 5000 in /etc/sysctl.d/50-tuning.conf:1", "the kernel log is not readable", "ListenDrops",
        "512 / 512", "ansible web1 -b -m linuxnet.tcp.syn_backlog_listener", "sources.0.network",
    ):  # fmt: skip
        assert part in told, part
    browser.run("globalThis.copied = null; navigator.clipboard.writeText = async (words) => { globalThis.copied = words; }")
    browser.run("document.querySelector('.finding .copy').click()")
    settled(browser)
    assert browser.run("globalThis.copied") == "ansible-playbook linuxnet.tcp.mitigate -e mitigate_hosts=web1"
    assert browser.run("document.querySelector('.finding .copy').textContent") == "Copied"


def test_all_is_at_hand_from_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(tmp_path, fleet(60)))
    names = ("id", "dataset.kind", "dataset.view", "className")
    here = "(%s).split(' ')[0]" % " || ".join("document.activeElement." + name for name in names)
    order = []
    for _step in range(40):
        browser.press("Tab")
        order.append(browser.run(here))
        if order[-1] == "row":
            break
    assert order[0] == "skip" and order[-1] == "row", order
    assert [one for one in order if one in ("losing", "mend", "groups", "search", "sort")][:1] == ["losing"]
    assert order.index("mend") < order.index("groups") < order.index("search") < order.index("sort")
    seen = "getComputedStyle(document.activeElement).outlineStyle"
    assert browser.run(seen) == "solid", "where the focus is can be seen"
    place = "Number(document.activeElement.closest('.item').getAttribute('aria-posinset'))"
    browser.press("ArrowDown")
    assert browser.run(place) == 2
    browser.press("End")
    last = browser.run("Number(document.activeElement.closest('.item').getAttribute('aria-setsize'))")
    assert browser.run(place) == last > 5
    browser.press("Home")
    assert browser.run(place) == 1
    browser.press("Enter")
    assert browser.run("document.getElementById('panel').open && document.activeElement.id") == "panel-title"
    for _step in range(30):
        browser.press("Tab")
        assert browser.run("document.getElementById('panel').contains(document.activeElement) || document.activeElement === document.body")
    browser.press("Escape")
    settled(browser)
    assert browser.run("!document.getElementById('panel').open && " + place) == 1, "back where one came from"


def test_a_screen_reader_finds_names_for_everything(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(tmp_path, small(60)))
    open_first(browser)
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    told = [(one["role"]["value"], one.get("name", {}).get("value", "")) for one in nodes if not one.get("ignored") and "role" in one]
    for role in ("button", "searchbox", "combobox", "dialog", "heading", "img"):
        assert not [one for one in told if one[0] == role and not one[1].strip()], role
    assert any(role in ("img", "image") and name.startswith("accept queue 512 of 512") for role, name in told)


def test_paper_has_what_the_window_does_not_show(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(tmp_path, fleet(200)))
    browser.run("document.querySelector('[data-view=hosts]').click(); dispatchEvent(new Event('beforeprint'))")
    assert browser.run("document.querySelectorAll('.item').length") == 200
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", media="print", features=dark)
    assert browser.run(CONTRAST)["poor"] == [], "ink on white paper, whatever the screen is like"
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    browser.run("dispatchEvent(new Event('afterprint'))")
    open_first(browser)
    assert browser.run(CONTRAST)["poor"] == [] and not browser.run("document.querySelector('main').getClientRects().length")
    browser.run("document.getElementById('panel').close()")
    browser.call("Emulation.setEmulatedMedia", media="", features=[])
    assert browser.run("document.querySelectorAll('.item').length") < 60


BREAKOUTS = (
    "<script>pwned(1)</script>", "</script><script>pwned(2)</script>", "<!--<script>", "<img src=x onerror=pwned(3)>", "\"><svg onload=pwned(4)>",
    "'-pwned(5)-'", "javascript:pwned(6)", "</style><script>pwned(7)</script>", "}</style><body onload=pwned(8)>", "</title><script>pwned(9)</script>",
    "\\u003cscript>pwned(10)</script>", "&lt;script&gt;pwned(11)&lt;/script&gt;", "</textarea><iframe srcdoc='<script>pwned(12)</script>'>",
    "{{ 7*7 }}{% raw %}", "${pwned(13)}", "`${pwned(14)}`", "]]><script>pwned(15)</script>", "</svg><script>pwned(16)</script>", "expression(pwned(17))",
    "url(javascript:pwned(18))", "\u2028pwned(19)\u2029", "\x00<b>", "\u202egnp.exe", "<math><mtext></p><mglyph><style><!--</style><img src onerror=pwned(20)>",
    "__proto__", "constructor", "' onfocus=pwned(21) autofocus='", "<a href='javascript:pwned(22)'>x</a>", "<form action=//x><button>", "<base href=//x>",
    "<meta http-equiv=refresh content='0;url=//x'>", "<link rel=stylesheet href=//x>", "\ud800", "%3Cscript%3Epwned(23)", "1 2 3 <i>",
)  # fmt: skip


def test_a_thousand_hostile_strings_are_text(browser: Browser, tmp_path: Path) -> None:
    answers: Dict[str, Any] = {}
    count = 0
    while count < 1000:

        def bad() -> str:
            nonlocal count
            count += 1
            return "%s %d" % (BREAKOUTS[count % len(BREAKOUTS)], count)

        evidence = {bad(): bad(), "__proto__": {"x": bad()}, "deep": [[bad()]]}
        rows = [
            listener(address=bad(), port=80 + place, device=bad(), network_namespace=bad(), unit=bad(), bound_by=bad(),
                     remedy="Do `%s` and %s" % (bad(), bad()),
                     since=bad(), processes=[{"pid": 1, "name": bad()}])
            for place in range(2)
        ]  # fmt: skip
        state = dict(sysctl(1, 2, bad()), shadowed=[{"source": bad(), "value": bad()}], without_effect=[{"source": bad(), "reason": bad(), "instead": bad()}])
        half = {"total": 9, "young": 1, "retransmissions": [1, 8], "sources": [{"network": bad(), "count": 9}]}
        answers[bad()] = facts(
            *rows, kernel={"stable_level": bad(), "release": bad(), "rule": bad(), "rule_source": bad()}, sysctls={bad(): state, "somaxconn": state},
            findings=[finding(id=bad(), subject=bad(), summary=bad(), remedy=bad(), evidence=evidence, severity=severity)
                      for severity in ("critical", "warning")],
            half_open={"listeners": [dict(half, **{name: rows[0][name] for name in ("address", "port", "device", "network_namespace", "family")})]},
            kernel_log={"events": [{"kind": bad(), "time": bad(), "address": bad(), "port": bad(), "action": bad(), "count": 1}]},
            warnings=[bad()], counters={bad(): 3},
        )  # fmt: skip
        answers[bad()] = {"error": bad()}
    path = written(tmp_path, answers, earlier={**small(3), bad(): facts()})
    browser.open(path)
    browser.run("globalThis.hits = []; globalThis.pwned = (one) => globalThis.hits.push(one)")
    kinds = "[...new Set([...document.querySelectorAll('*')].map((one) => one.localName))].sort().join(' ')"
    allowed = set(
        "html head meta title style body a header h1 h2 h3 h4 h5 p main section ul ol li button span b em small noscript div input label select option dialog "
        "article code details summary dl dt dd table thead tbody tr th td svg rect path circle script".split()
    )
    for view in ("groups", "hosts", "listeners"):
        browser.run("document.querySelector('[data-view=%s]').click()" % view)
        rows_shown = browser.run("document.querySelectorAll('.row').length")
        assert rows_shown > 3
        for place in range(rows_shown):
            browser.run("(document.querySelectorAll('.row')[%d] || document.querySelector('.row')).click()" % place)
            browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
            assert set(browser.run(kinds).split()) <= allowed
            assert browser.run("document.scripts.length") == 2
            assert browser.run(
                "[...document.querySelectorAll('*')].every((one) => [...one.attributes].every("
                "(at) => !at.name.startsWith('on') && at.name !== 'style' || one.matches('.list, .item')))"
            )
            browser.run("document.getElementById('panel').close()")
    settled(browser)
    assert browser.run("globalThis.hits") == [], "none of them ran"
    assert browser.run("typeof ({}).x") == "undefined"
    assert browser.requests() == ["file://" + path]
    assert browser.complaints() == []
    assert browser.run("document.body.innerText.includes('<script>pwned(')"), "they are there, as text"


def test_the_policy_stops_what_would_get_in(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(tmp_path, small(1)))
    browser.run("globalThis.hits = 0")
    browser.run("const one = document.createElement('script'); try { one.textContent = 'globalThis.hits = 1'; document.body.append(one); } catch {}")
    browser.run("try { document.body.innerHTML += '<img src=x>'; globalThis.hits = 2; } catch {}")
    browser.run("fetch('file:///etc/hostname').then(() => { globalThis.hits = 3; }, () => {})")
    settled(browser)
    assert browser.run("globalThis.hits") == 0 and len(browser.complaints()) >= 2
