/* Copyright (c) 2026, the linuxnet.tcp authors
   GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
// All of one host, or of a group by the host that is shown for it.
const NAMES_AT_ONCE = 42;
let cameFrom = null;

function openPanel(found) {
  const panel = byId("panel");
  const many = found.hosts && found.hosts.length > 1;
  const host = found.host;
  if (!panel.open) cameFrom = document.activeElement;
  panel.replaceChildren(
    el("div", { class: "head" },
      el("div", null, el("h2", { id: "panel-title", tabindex: -1 }, many ? `${plural(found.hosts.length, "host")} alike` : hostName(host)),
        el("p", null, many ? `Shown below is ${hostName(host)}, the fullest of them: numbers and process ids are its own.` : aboutHost(host))),
      el("button", { type: "button", class: "close", on: { click: () => panel.close() } }, "Close")),
    el("div", { class: "body" }, many && namesOf(found.hosts), silent(host) ? failure(host) : sectionsOf(host, found.line)));
  if (!panel.open) panel.showModal();
  panel.scrollTop = 0;
  byId("panel-title").focus();
}

function aboutHost(host) {
  const row = DATA.hosts[host];
  if (silent(host)) return row[2] ? "No connection" : "It was asked, and gave no answer";
  const alike = DATA.groups[GROUP_OF[host]][2].length - 1;
  return `Linux ${text(row[1])}, SYN queue rule ${text(row[2])}${alike ? `; ${plural(alike, "other")} alike` : ""}`;
}

const failure = (host) => el("section", null, el("h3", null, "Why there is no answer"), el("div", { class: "finding silent" }, el("p", null, text(DATA.hosts[host][1]))));

function namesOf(hosts) {
  const box = el("div", { class: "names" });
  let shown = 0;
  const more = () => {
    const part = hosts.slice(shown, shown + NAMES_AT_ONCE);
    shown += part.length;
    box.append(...part.map((place) => el("button", { type: "button", on: { click: () => openPanel({ host: place }) } }, hostName(place))));
    if (shown < hosts.length) {
      const button = el("button", { type: "button" }, `${(hosts.length - shown).toLocaleString("en")} more …`);
      button.addEventListener("click", () => {
        button.remove();
        const at = box.childElementCount;
        more();
        box.children[at].focus();
      });
      box.append(button);
    }
  };
  more();
  return el("section", null, el("h3", null, "Hosts"), box);
}

function sectionsOf(host, shownLine) {
  const row = DATA.hosts[host];
  const findings = row[5].map(findingOf);
  const lines = row[4].map((line) => lineOf(line, host));
  if (shownLine) lines.unshift(...lines.splice(shownLine, 1));
  return [
    findings.length > 0 && el("section", null, el("h3", null, "What was found"), findings.map((finding) => findingCard(finding, host))),
    el("section", null, el("h3", null, plural(lines.length, "listener")), lines.slice(0, 200).map((line) => listenerCard(line, host)),
      lines.length > 200 && el("p", { class: "note" }, `and ${lines.length - 200} more, in report.json`)),
    el("section", null, el("h3", null, "Settings"), settingsTable(DATA.settings[row[3]])),
    row[7].length > 0 && el("section", null, el("h3", null, "What the kernel counted"), countersTable(row[7])),
    row[8].length > 0 && el("section", null, el("h3", null, "What the kernel logged"), logTable(row[8])),
    row[6].length > 0 && el("section", null, el("h3", null, "What could not be read"), el("ul", { class: "notes" }, row[6].map((note) => el("li", null, text(note))))),
  ];
}

function findingCard(finding, host) {
  return el("article", { class: `finding ${kindOfSeverity[finding.severity]}` },
    el("h4", null, el("span", { class: "state" }, finding.severity), finding.subject, el("span", { class: "note" }, finding.id)),
    el("p", null, withCode(finding.summary)),
    remedy(forHost(text(finding.lasting), hostName(host))), remedy(forHost(text(finding.now), hostName(host))),
    finding.evidence !== null && evidenceOf(finding.evidence));
}

function evidenceOf(packed) {
  const box = el("details", null, el("summary", null, "Evidence"));
  box.addEventListener("toggle", () => { if (box.open && box.childElementCount === 1) box.append(evidenceList(JSON.parse(text(packed)))); });
  return box;
}

function evidenceList(value) {
  const rows = [];
  const walk = (inner, path) => {
    if (rows.length > 300) return;
    if (inner !== null && typeof inner === "object" && Object.keys(inner).length) {
      for (const [name, one] of Object.entries(inner)) walk(one, path ? `${path}.${name}` : name);
    } else rows.push(el("dt", null, path.replaceAll("_", " ")), el("dd", null, inner === null ? "not known" : typeof inner === "object" ? "none" : String(inner)));
  };
  walk(value, "");
  return el("dl", { class: "facts" }, rows);
}

function listenerCard(line, host) {
  const kind = kindOfState(line.state);
  const lasting = forHost(text(line.lasting), hostName(host));
  const now = forHost(text(line.now), hostName(host));
  const advice = [remedy(lasting), remedy(now)];
  const troubled = line.state < FINE - 1;
  const numbers = [
    ["bound by", line.bound],
    ["backlog that listen() left", known(line.backlog)],
    line.newPeers !== null && ["new peers, SYN cookies off", known(line.newPeers)],
    ["dropped since listen()", known(line.drops)],
    line.memory && ["memory when both are full", `${(line.memory / 1048576).toFixed(1)} MiB`],
    line.since !== null && ["opened at the earliest", text(line.since)],
  ];
  return el("article", { class: `listener ${kind}` },
    el("h4", null, line.name, el("span", null, line.holder), el("span", { class: "state" }, STATES[line.state])),
    el("div", { class: "big" },
      el("span", null, "accept queue"), gauge(line.accept, "accept queue"), el("span", { class: "n" }, `${known(line.accept.used)} / ${known(line.accept.limit)}`),
      el("span", null, "SYN queue"), gauge(line.syn, "SYN queue"), el("span", { class: "n" }, `${known(line.syn.used)} / ${known(line.syn.limit)}`)),
    line.halfOpen && halfOpenCharts(line.halfOpen),
    troubled && advice,
    el("details", null, el("summary", null, troubled || !lasting ? "Numbers" : "Numbers, and how to admit more"),
      el("dl", { class: "facts" }, numbers.filter(Boolean).map(([name, value]) => [el("dt", null, name), el("dd", null, value)])),
      !troubled && advice));
}

const table = (headings, rows) => el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": headings[0] },
  el("table", null, el("thead", null, el("tr", null, headings.map((heading) => el("th", { scope: "col" }, heading)))), el("tbody", null, rows)));

function settingsTable(settings) {
  return table(["Setting", "Now", "After a reboot", "File and line"], settings.map((row) => el("tr", null,
    el("th", { scope: "row" }, text(row[0])), el("td", null, known(row[1])),
    el("td", { class: row[4] ? "drift" : null }, row[2] === null ? "not known" : `${known(row[2])}${row[5] === 0 ? ", or what else sets it" : ""}`, row[4] ? el("span", { class: "hidden" }, " differs") : null),
    el("td", null, text(row[3]) || "not known",
      row[6].map((one) => el("span", { class: "more" }, `without effect: ${text(one[1])} in ${text(one[0])}`)),
      row[7].map((one) => el("span", { class: "more" }, `${text(one[0])} sets ${text(one[2])} in ${text(one[1])}`)),
      row[8].map((one) => el("span", { class: "more" }, `${text(one[0])} sets nothing: ${text(one[1])}; meant is ${text(one[2])}`))))));
}

function countersTable(counters) {
  return el("dl", { class: "facts" }, counters.map((row) => [el("dt", null, text(row[0])),
    el("dd", null, `${known(row[1])}${row[2] ? `, ${known(row[2])} of them while we looked` : ""}`)]));
}

function logTable(events) {
  return table(["When", "What", "Where", "How often"], events.map((row) => el("tr", null,
    el("td", null, text(row[0])), el("td", null, `${text(row[1]).replaceAll("_", " ")}, ${text(row[3])}`), el("td", null, text(row[2])), el("td", null, known(row[4])))));
}
