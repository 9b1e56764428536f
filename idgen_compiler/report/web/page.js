"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (kind) => [...document.querySelectorAll(kind)];
  const told = document.getElementById("told");

  const themes = ["auto", "light", "dark"];
  const theme = document.getElementById("theme");
  let chosen = 0;
  theme.addEventListener("click", () => {
    chosen = (chosen + 1) % themes.length;
    if (chosen) root.dataset.theme = themes[chosen];
    else delete root.dataset.theme;
    theme.textContent = `Theme: ${themes[chosen]}`;
  });

  const open = document.getElementById("open");
  const set = (state) => all("details").forEach((each) => { each.open = state; });
  open.addEventListener("click", () => {
    const state = all("details").some((each) => !each.open);
    set(state);
    open.textContent = state ? "Close all" : "Open all";
  });

  const arrive = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    if (target.tagName === "DETAILS") target.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", arrive);
  arrive();

  let before = [];
  addEventListener("beforeprint", () => { before = all("details").filter((each) => !each.open); set(true); });
  addEventListener("afterprint", () => { before.forEach((each) => { each.open = false; }); });

  const copy = async (button, text) => {
    const name = button.textContent;
    let done = true;
    try { await navigator.clipboard.writeText(text); } catch { done = false; }
    button.textContent = done ? "Copied" : "Select the text and copy it";
    told.textContent = button.textContent;
    setTimeout(() => { button.textContent = name; }, 1600);
  };
  all(".copy").forEach((button) => button.addEventListener("click", () => {
    copy(button, button.parentElement.querySelector("pre").textContent);
  }));
  all(".copy-spec").forEach((button) => button.addEventListener("click", () => {
    copy(button, button.closest("figure").querySelector("script").textContent);
  }));
})();
