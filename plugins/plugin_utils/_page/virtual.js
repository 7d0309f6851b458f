/* Copyright (c) 2026, the linuxnet.tcp authors
   GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
// A list of any length: only rows near the window are there. One of them is in the tab order; arrow keys move from row to row.
class VirtualList {
  constructor(box, make, open) {
    Object.assign(this, { box, make, open, count: 0, at: 0, made: new Map(), whole: false });
    this.draw = this.draw.bind(this);
    let waiting = false;
    const later = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.draw(); });
    };
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", () => { this.measure(); later(); });
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("focusin", (event) => {
      const item = event.target.closest(".item");
      if (item) this.mark(Number(item.getAttribute("aria-posinset")) - 1);
    });
    this.measure();
  }

  measure() {
    const height = matchMedia("(max-width: 44rem)").matches ? 136 : 72;
    if (height === this.height) return;
    this.height = height;
    this.box.style.setProperty("--row", `${height}px`);
    this.size();
    this.clear();
  }

  size() { this.box.style.setProperty("height", this.count ? `${this.count * this.height + 1}px` : "auto"); }

  clear() {
    for (const item of this.made.values()) item.remove();
    this.made.clear();
  }

  show(count) {
    this.clear();
    this.count = count;
    this.at = 0;
    this.size();
    this.draw();
  }

  draw() {
    const box = this.box.getBoundingClientRect();
    const around = 6;
    const first = this.whole ? 0 : Math.max(0, Math.floor(-box.top / this.height) - around);
    const last = this.whole ? Math.min(this.count, 1000) - 1 : Math.min(this.count - 1, Math.ceil((innerHeight - box.top) / this.height) + around);
    for (const [place, item] of this.made) {
      if ((place < first || place > last) && !item.contains(document.activeElement)) {
        item.remove();
        this.made.delete(place);
      }
    }
    for (let place = first; place <= last; place += 1) if (!this.made.has(place)) this.put(place);
    if (!this.made.has(this.at) && this.count) this.mark(Math.min(Math.max(first, 0), this.count - 1));
  }

  put(place) {
    const item = el("div", { class: "item", role: "listitem", "aria-posinset": place + 1, "aria-setsize": this.count }, this.make(place));
    item.style.setProperty("transform", `translateY(${place * this.height}px)`);
    item.firstChild.tabIndex = place === this.at ? 0 : -1;
    item.firstChild.addEventListener("click", () => this.open(place));
    const after = [...this.made.keys()].filter((other) => other > place).reduce((least, other) => Math.min(least, other), Infinity);
    this.box.insertBefore(item, after === Infinity ? null : this.made.get(after));
    this.made.set(place, item);
  }

  mark(place) {
    const before = this.made.get(this.at);
    if (before) before.firstChild.tabIndex = -1;
    this.at = place;
    const now = this.made.get(place);
    if (now) now.firstChild.tabIndex = 0;
  }

  focus(place) {
    const goal = Math.min(Math.max(place, 0), this.count - 1);
    const top = this.box.getBoundingClientRect().top + goal * this.height;
    if (top < 80) scrollBy(0, top - 80);
    else if (top + this.height > innerHeight) scrollBy(0, top + this.height - innerHeight + 8);
    if (!this.made.has(goal)) this.put(goal);
    this.mark(goal);
    this.made.get(goal).firstChild.focus({ preventScroll: true });
    this.draw();
  }

  key(event) {
    const page = Math.max(1, Math.floor(innerHeight / this.height) - 2);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.count, End: this.count }[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.focus(this.at + step);
  }

  /** All rows at once, for paper; the first thousand of them. */
  unfold(whole) {
    this.whole = whole;
    this.draw();
  }
}
