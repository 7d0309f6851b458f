/* Copyright (c) 2026, the linuxnet.tcp authors
   GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
// The state of the page, and what changes it.
const wanted = { view: DATA.hosts.length > 1 ? "groups" : silent(0) ? "hosts" : "listeners", kind: null, state: null, bound: null, mend: null, words: [], sort: "worst" };
let found = [];
const list = new VirtualList(byId("list"), (place) => rowOf(found[place]), (place) => openPanel(found[place]));
const buttons = (selector) => [...document.querySelectorAll(selector)];

function refresh() {
  found = chosen(wanted);
  list.show(found.length);
  byId("empty").hidden = found.length > 0;
  byId("found").textContent = described();
  byId("clear").hidden = wanted.kind === null && wanted.state === null && wanted.bound === null && wanted.mend === null && !wanted.words.length;
  for (const one of buttons("[data-view]")) one.setAttribute("aria-pressed", String(one.dataset.view === wanted.view));
  for (const one of buttons("[data-kind]")) one.setAttribute("aria-pressed", String(one.dataset.kind === wanted.kind));
  for (const one of buttons("#states [data-filter]")) one.setAttribute("aria-pressed", String(one.dataset.filter === wanted.state));
  for (const one of buttons("#bound [data-filter]")) one.setAttribute("aria-pressed", String(one.dataset.filter === wanted.bound));
}

function described() {
  if (wanted.view === "listeners") return plural(found.length, "listener");
  if (wanted.view === "hosts") return plural(found.length, "host");
  return `${plural(found.length, "group")} of ${plural(found.reduce((sum, one) => sum + one.hosts.length, 0), "host")}`;
}

const toggle = (name) => (value) => {
  wanted[name] = wanted[name] === value ? null : value;
  refresh();
};

function pickMend(mend, button) {
  wanted.mend = wanted.mend === mend ? null : mend;
  for (const one of buttons(".mend")) one.setAttribute("aria-pressed", String(wanted.mend !== null && one === button));
  refresh();
}

for (const one of buttons("[data-view]")) one.addEventListener("click", () => { wanted.view = one.dataset.view; refresh(); });
for (const one of buttons("[data-kind]")) one.addEventListener("click", () => toggle("kind")(one.dataset.kind));
byId("sort").addEventListener("change", (event) => { wanted.sort = event.target.value; refresh(); });
let typing = 0;
byId("search").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    wanted.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    refresh();
  }, 120);
});
byId("clear").addEventListener("click", () => {
  Object.assign(wanted, { kind: null, state: null, bound: null, mend: null, words: [] });
  byId("search").value = "";
  for (const one of buttons(".mend")) one.setAttribute("aria-pressed", "false");
  refresh();
  byId("search").focus();
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && !byId("panel").open && document.activeElement !== byId("search") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    byId("search").focus();
  }
});
byId("panel").addEventListener("close", () => { if (cameFrom && cameFrom.isConnected) cameFrom.focus(); });
byId("panel").addEventListener("click", (event) => { if (event.target === byId("panel")) byId("panel").close(); });
addEventListener("beforeprint", () => list.unfold(true));
addEventListener("afterprint", () => list.unfold(false));

const made = new Date(document.lastModified);
if (!Number.isNaN(made.getTime())) byId("made").textContent = `Made ${made.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })}`;
showCompared();
showMends(pickMend);
showShares(toggle("state"), toggle("bound"));
refresh();
document.documentElement.dataset.ready = "yes";
