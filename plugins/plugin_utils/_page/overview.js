/* Copyright (c) 2026, the linuxnet.tcp authors
   GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
// The fleet at a glance: which change helps most, how listeners fare, what binds them.
const MOST_MENDS = 6;
const CHANGES_AT_ONCE = 8;
const BOUND_WORDS = { application: "their application", tcp_max_syn_backlog: "tcp_max_syn_backlog", syncookies: "SYN cookies", unknown: "not known" };

/** Findings of one kind about one program or setting, on however many hosts: what one change would mend. */
function mends() {
  const found = new Map();
  for (let host = 0; host < DATA.hosts.length; host += 1) {
    if (silent(host)) continue;
    const row = DATA.hosts[host];
    for (const place of row[5]) {
      const finding = DATA.findings[place];
      if (finding[0] > 1) continue;
      const about = aboutOf(finding, row);
      const key = `${text(finding[1])} ${about}`;
      const known = found.get(key);
      if (!known) found.set(key, { severity: finding[0], id: text(finding[1]), about, finding: place, hosts: new Set([host]) });
      else {
        known.hosts.add(host);
        if (finding[0] < known.severity) Object.assign(known, { severity: finding[0], finding: place });
      }
    }
  }
  return [...found.values()].sort((one, other) => one.severity - other.severity || other.hosts.size - one.hosts.size || SORTED_NAMES.compare(one.id, other.id));
}

/** The program of the listener that a finding is about, or what else it is about. */
function aboutOf(finding, row) {
  const subject = text(finding[2]);
  const line = row[4].find((one) => subject === text(one[0]) || subject.startsWith(`${text(one[0]).split(" ")[0]} in `));
  return line ? text(line[1]) : subject;
}

function showMends(pick) {
  const found = mends();
  const box = byId("mends");
  if (!found.length) {
    box.replaceWith(el("p", { class: "note" }, "Nothing calls for a change."));
    return;
  }
  box.replaceChildren(...found.slice(0, MOST_MENDS).map((mend) => {
    const finding = findingOf(mend.finding);
    return el("li", null, el("button", { type: "button", class: `mend ${kindOfSeverity[finding.severity]}`, "aria-pressed": "false", on: { click: (event) => pick(mend, event.currentTarget) } },
      el("span", { class: "size" }, mend.hosts.size.toLocaleString("en"), el("small", null, mend.hosts.size === 1 ? "host" : "hosts")),
      el("span", null, el("span", { class: "what" }, `${mend.about}: ${mend.id.replaceAll("-", " ")}`), " ",
        el("span", { class: "how" }, (text(finding.lasting) || finding.summary).replaceAll("`", "")))));
  }));
  if (found.length > MOST_MENDS) box.append(el("li", { class: "note" }, `and ${plural(found.length - MOST_MENDS, "more kind")} of finding: see the groups below`));
}

function showShares(pickState, pickBound) {
  const states = STATES.map(() => 0);
  const bound = new Map();
  for (let host = 0; host < DATA.hosts.length; host += 1) {
    for (const line of rawLines(host)) {
      states[line[2]] += 1;
      bound.set(line[3], (bound.get(line[3]) || 0) + 1);
    }
  }
  byId("states").replaceChildren(...shares(states.map((count, state) => ({ key: STATES[state], label: STATES[state], count, colour: kindOfState(state) })), pickState));
  const colours = ["one", "two", "three", "four", "five"];
  const knobs = [...bound].map(([packed, count]) => ({ key: text(packed), count })).sort((one, other) => other.count - one.count);
  byId("bound").replaceChildren(...shares(knobs.map((knob, place) => ({ ...knob, label: BOUND_WORDS[knob.key] || knob.key, colour: colours[Math.min(place, 4)] })), pickBound));
}

function showCompared() {
  const told = DATA.compared;
  if (!told) return;
  byId("compared").hidden = false;
  const rows = ["worse", "better", "new", "gone"].flatMap((how) => told[how].map((row) => [how, row]));
  const kinds = { worse: "losing", better: "well", new: "unread", gone: "unread" };
  const items = (some) => el("ul", { class: "changes" }, some.map(([how, row]) => el("li", null, el("span", { class: `state ${kinds[how]}` }, how), el("span", null, text(row)))));
  const rest = rows.slice(CHANGES_AT_ONCE);
  byId("compared-title").textContent = text(told.summary);
  byId("changes").replaceChildren(items(rows.slice(0, CHANGES_AT_ONCE)));
  if (!rest.length) return;
  const more = el("details", null, el("summary", null, plural(rest.length, "more change")));
  more.addEventListener("toggle", () => { if (more.childElementCount === 1) more.append(items(rest)); });
  byId("changes").append(more);
}
