/* Copyright (c) 2026, the linuxnet.tcp authors
   GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
// What to do, with commands to be copied. Where a command wants the host's name, it gets it if the shell takes it as it is.
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9:._@-]*$/;

function forHost(words, host) {
  if (!PLAIN_NAME.test(host)) return words;
  return words.replaceAll("`ansible HOST ", `\`ansible ${host} `).replaceAll("mitigate_hosts=HOST`", `mitigate_hosts=${host}\``);
}

/** Text in which what stands between backticks is code. */
function withCode(words) {
  return words.split("`").map((part, place) => (place % 2 ? el("code", null, part) : part));
}

function remedy(words) {
  if (!words) return null;
  const commands = words.split("`").filter((part, place) => place % 2 && part.includes(" "));
  const copied = commands.length ? commands.join("\n") : words;
  const button = el("button", { type: "button", class: "copy", "aria-label": commands.length ? "Copy the commands" : "Copy what to do" }, "Copy");
  button.addEventListener("click", async () => {
    button.textContent = (await copy(copied)) ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return el("div", { class: "remedy" }, el("p", null, withCode(words)), button);
}

async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    const field = el("textarea", { class: "hidden", readonly: true, "aria-hidden": true, tabindex: -1 });
    field.value = words;
    (byId("panel").open ? byId("panel") : document.body).append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
