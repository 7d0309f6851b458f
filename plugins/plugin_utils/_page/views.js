/* Copyright (c) 2026, the linuxnet.tcp authors
   GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
// What the list shows: groups, hosts or listeners, those that match, in the order that was asked for.
const SORTED_NAMES = new Intl.Collator("en", { numeric: true });

/** The words in which the search looks, by host; made when somebody searches. */
const haystacks = [];
function haystack(place) {
  if (haystacks[place] === undefined) {
    const row = DATA.hosts[place];
    const words = silent(place) ? [text(row[0]), text(row[1])] : [
      text(row[0]), text(row[1]),
      ...row[4].map((line) => `${text(line[0])} ${text(line[1])} ${STATES[line[2]]} ${text(line[3])}`),
      ...row[5].map((finding) => text(DATA.findings[finding][1])),
    ];
    haystacks[place] = words.join("\n").toLowerCase();
  }
  return haystacks[place];
}

function matches(place, wanted) {
  if (wanted.kind !== null && KINDS[kindOfHost(place)] !== wanted.kind) return false;
  if (wanted.state !== null && !rawLines(place).some((line) => STATES[line[2]] === wanted.state)) return false;
  if (wanted.bound !== null && !rawLines(place).some((line) => text(line[3]) === wanted.bound)) return false;
  if (wanted.mend !== null && !wanted.mend.hosts.has(place)) return false;
  return wanted.words.every((word) => haystack(place).includes(word));
}

const worstState = (place) => rawLines(place).reduce((least, line) => Math.min(least, line[2]), STATES.length);
const fullest = (lines) => lines.reduce((most, line) => Math.max(most, line[4] && line[5] ? line[4] / line[5] : 0, line[6] && line[7] ? line[6] / line[7] : 0), 0);
const drops = (place) => rawLines(place).reduce((sum, line) => sum + (line[9] || 0), 0);

function chosen(wanted) {
  const hosts = [];
  for (let place = 0; place < DATA.hosts.length; place += 1) if (matches(place, wanted)) hosts.push(place);
  if (wanted.view === "groups") return groupsOf(hosts, wanted.sort);
  if (wanted.view === "listeners") return listenersOf(hosts, wanted);
  const orders = {
    worst: (place) => [kindOfHost(place), worstState(place), -fullest(rawLines(place))],
    size: (place) => [-rawLines(place).length],
    drops: (place) => [-drops(place)],
    name: () => [],
  };
  return ordered(hosts.map((place) => ({ host: place, key: orders[wanted.sort](place), name: hostName(place) })));
}

function ordered(rows) {
  return rows.sort((one, other) => {
    for (let place = 0; place < one.key.length; place += 1) if (one.key[place] !== other.key[place]) return one.key[place] - other.key[place];
    return SORTED_NAMES.compare(one.name, other.name);
  });
}

function groupsOf(hosts, sort) {
  const members = new Map();
  for (const place of hosts) {
    const group = GROUP_OF[place];
    if (!members.has(group)) members.set(group, []);
    members.get(group).push(place);
  }
  const rows = [...members].map(([group, found]) => {
    const example = found.includes(DATA.groups[group][1]) ? DATA.groups[group][1] : found[0];
    const key = { worst: [group], size: [-found.length], drops: [-found.reduce((sum, place) => sum + drops(place), 0)], name: [] }[sort];
    return { group, hosts: found, host: example, key, name: hostName(found[0]) };
  });
  return ordered(rows);
}

function listenersOf(hosts, wanted) {
  const rows = [];
  for (const host of hosts) {
    rawLines(host).forEach((line, place) => {
      if (wanted.state !== null && STATES[line[2]] !== wanted.state) return;
      if (wanted.bound !== null && text(line[3]) !== wanted.bound) return;
      const key = { worst: [line[2], -fullest([line]), -(line[9] || 0)], drops: [-(line[9] || 0)], size: [-(line[5] || 0)], name: [] }[wanted.sort];
      rows.push({ host, line: place, key, name: hostName(host) });
    });
  }
  return ordered(rows);
}

/** The inside of one row of the list. */
function rowOf(found) {
  if (found.line !== undefined) return listenerRow(found);
  const kind = KINDS[kindOfHost(found.host)];
  const many = found.hosts && found.hosts.length > 1;
  const name = many ? `${found.hosts.length.toLocaleString("en")} hosts alike` : hostName(found.host);
  const lines = rawLines(found.host);
  const about = silent(found.host) ? "no answer" : plural(lines.length, "listener");
  const names = many ? shortNames(found.hosts) : silent(found.host) ? about : `Linux ${text(DATA.hosts[found.host][1]).split(" ")[0]} · ${about}`;
  return el("button", { type: "button", class: `row ${kind}` }, dot(kind),
    el("span", { class: "who" }, el("b", null, el("span", { class: "hidden" }, `${KIND_WORDS[kind]}: `), name), el("span", null, names)),
    whose(found.host, lines), el("span", { class: "go", "aria-hidden": true }, "›"));
}

function shortNames(hosts) {
  const first = hosts.slice(0, 5).map(hostName).join(", ");
  return hosts.length > 5 ? `${first} and ${(hosts.length - 5).toLocaleString("en")} more` : first;
}

/** The worst there is to say of a host: why it is silent, its worst listener, or a finding about something else. */
function whose(host, lines) {
  const row = DATA.hosts[host];
  if (silent(host)) return el("span", { class: "whose" }, el("span", { class: "about" }, el("em", null, row[2] ? "unreachable" : "failed"), ` ${text(row[1])}`));
  const told = row[5].map((place) => DATA.findings[place]).find((finding) => finding[0] < 2);
  const line = lines.length ? lineOf(lines[0], host) : null;
  const troubled = line && line.state < FINE - 1;
  const words = troubled || !told
    ? (line ? [el("em", null, line.state === FINE ? "ok" : STATES[line.state]), ` ${line.name} ${line.holder}`] : ["no TCP listener"])
    : [el("em", null, text(told[1])), ` ${text(told[3])}`];
  return el("span", { class: "whose" }, el("span", { class: "about" }, words),
    line && el("span", { class: "queues" }, queue(line.accept, "accept"), queue(line.syn, "SYN")));
}

function listenerRow(found) {
  const line = lineOf(rawLines(found.host)[found.line], found.host);
  const kind = kindOfState(line.state);
  return el("button", { type: "button", class: `row ${kind}` }, dot(kind),
    el("span", { class: "who" }, el("b", null, line.name), el("span", null, DATA.hosts.length > 1 ? `${line.holder} on ${hostName(found.host)}` : line.holder)),
    el("span", { class: "whose" },
      el("span", { class: "about" }, el("em", null, STATES[line.state]), ` bound by ${line.bound}${line.drops ? ` · ${plural(line.drops, "drop")}` : ""}`),
      el("span", { class: "queues" }, queue(line.accept, "accept"), queue(line.syn, "SYN"))),
    el("span", { class: "go", "aria-hidden": true }, "›"));
}
