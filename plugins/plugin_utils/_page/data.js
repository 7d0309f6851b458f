/* Copyright (c) 2026, the linuxnet.tcp authors
   GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
// What data.py wrote, read in the same order. Rows are made of it when they are looked at, and not before.
const DATA = JSON.parse(document.getElementById("data").textContent);
const KINDS = DATA.kinds;
const STATES = DATA.states;
const KIND_WORDS = { losing: "losing connections", soon: "soon", silent: "no answer", unread: "not read in full", well: "well" };
const FINE = STATES.length - 1;

/** A packed text again: the place of a pattern, or that and its numbers. */
function text(packed) {
  if (packed === null || packed === undefined) return "";
  if (typeof packed === "number") return DATA.texts[packed];
  const numbers = packed[1].split(" ");
  return DATA.texts[packed[0]].split("\0").map((part, place) => (place ? numbers[place - 1] : "") + part).join("");
}

function lineOf(row, host) {
  return {
    host, name: text(row[0]), holder: text(row[1]), state: row[2], bound: text(row[3]),
    accept: { used: row[4], limit: row[5] }, syn: { used: row[6], limit: row[7] }, newPeers: row[8], drops: row[9],
    members: row[10], backlog: row[11], lasting: row[12], now: row[13], memory: row[14], since: row[15], halfOpen: row[16],
  };
}

const fill = (queue) => (queue.used && queue.limit ? queue.used / queue.limit : 0);
const silent = (place) => DATA.hosts[place].length === 3;
const hostName = (place) => text(DATA.hosts[place][0]);
const rawLines = (place) => (silent(place) ? [] : DATA.hosts[place][4]);

function findingOf(place) {
  const row = DATA.findings[place];
  return {
    severity: DATA.severities[row[0]], id: text(row[1]), subject: text(row[2]), summary: text(row[3]),
    lasting: row[4], now: row[5], evidence: row[6],
  };
}

/** Each host's group, and the group's kind. */
const GROUP_OF = new Int32Array(DATA.hosts.length);
DATA.groups.forEach((group, place) => { for (const host of group[2]) GROUP_OF[host] = place; });
const kindOfHost = (place) => DATA.groups[GROUP_OF[place]][0];

/** The state of a listener as a kind, which is what colours stand for. */
function kindOfState(state) {
  const word = STATES[state];
  if (word === "accept queue full" || word === "SYN queue full" || word === "has dropped") return "losing";
  if (word === "unknown") return "unread";
  return state === FINE ? "well" : "soon";
}

const kindOfSeverity = { critical: "losing", warning: "soon", info: "unread" };
const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const known = (value) => (value === null || value === undefined ? "?" : value.toLocaleString("en"));
