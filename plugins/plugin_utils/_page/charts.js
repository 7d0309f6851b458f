/* Copyright (c) 2026, the linuxnet.tcp authors
   GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
// Bars: a queue against its limit, parts of a whole, sources of a flood, ages of half-open connections.
const fillKind = (share) => (share >= 1 ? "losing" : share >= 0.8 ? "soon" : "fill");

function gauge(queue, label) {
  const share = Math.min(fill(queue), 1);
  const words = `${label} ${known(queue.used)} of ${known(queue.limit)}`;
  return svg("svg", { class: "gauge", viewBox: "0 0 100 8", preserveAspectRatio: "none", role: "img", "aria-label": words },
    svg("rect", { class: "track", width: 100, height: 8 }),
    share > 0 && svg("rect", { class: fillKind(share), width: Math.max(share * 100, 1.5), height: 8 }));
}

function queue(of, label) {
  return el("span", { class: "queue" }, el("span", { class: "name" }, label), gauge(of, label),
    el("span", null, `${known(of.used)}/${known(of.limit)}`));
}

/** The shape says what the colour says, for who cannot tell colours apart. */
function dot(kind) {
  const shape = { losing: "M0 5 5 0 10 5 5 10Z", soon: "M5 0 10 10H0Z", silent: "M0 0H10V10H0Z", unread: "M0 3.5H10V6.5H0Z" }[kind];
  return svg("svg", { class: "dot", viewBox: "0 0 10 10", "aria-hidden": true },
    shape ? svg("path", { class: kind, d: shape }) : svg("circle", { class: kind, cx: 5, cy: 5, r: 4 }));
}

/** Parts of a whole as one bar, and a legend in which each part is a filter. */
function shares(parts, pick) {
  const whole = parts.reduce((sum, part) => sum + part.count, 0) || 1;
  let at = 0;
  const rects = parts.filter((part) => part.count).map((part) => {
    const width = Math.max(part.count / whole * 100, 0.4);
    const rect = svg("rect", { class: part.colour, x: at, width: Math.max(width - 0.25, 0.3), height: 8 });
    at += width;
    return rect;
  });
  return [
    svg("svg", { class: "share", viewBox: `0 0 ${Math.max(at, 100)} 8`, preserveAspectRatio: "none", "aria-hidden": true },
      svg("rect", { class: "track", width: Math.max(at, 100), height: 8 }), rects),
    el("div", { class: "legend" }, parts.filter((part) => part.count).map((part) =>
      el("button", { type: "button", "aria-pressed": "false", "data-filter": part.key, on: { click: () => pick(part.key) } },
        svg("svg", { viewBox: "0 0 10 10", "aria-hidden": true }, svg("rect", { class: part.colour, width: 10, height: 10, rx: 2 })),
        part.label, el("b", null, part.count.toLocaleString("en"))))),
  ];
}

/** Counts of a few things beneath each other, each against the largest. */
function bars(title, rows, whole) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  return el("div", { class: "chart" }, el("h5", null, title),
    el("div", { class: "bars" }, rows.map((row) => [
      el("span", null, row.label),
      svg("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": true },
        svg("rect", { class: row.colour || "fill", width: Math.max(row.count / most * 100, row.count ? 1 : 0), height: 8 })),
      el("span", null, `${row.count.toLocaleString("en")}${whole ? ` (${Math.round(row.count / whole * 100)} %)` : ""}`),
    ])));
}

function halfOpenCharts([total, young, ages, sources]) {
  const told = sources.reduce((sum, source) => sum + (source[1] || 0), 0);
  const rows = sources.map((source) => ({ label: text(source[0]), count: source[1] || 0, colour: "soon" }));
  if (total > told && rows.length) rows.push({ label: "others", count: total - told });
  return [
    rows.length > 0 && bars(`Where ${plural(total, "half-open connection")} ${total === 1 ? "is" : "are"} from`, rows, total),
    ages.some((count) => count) && bars("How often the SYN-ACK was sent again: the more often, the longer unanswered",
      ages.map((count, times) => ({ label: times ? `${times}${times === 12 ? " or more" : ""} time${times === 1 ? "" : "s"}` : `never (${known(young)} new)`, count })), total),
  ];
}
