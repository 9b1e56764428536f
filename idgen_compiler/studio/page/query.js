// The line in which a query is typed, with completion: a combobox by the pattern of ARIA.

import { fresh, h } from "./dom.js";
import { spelled } from "./store.js";

const WORD_BEFORE = /(?:"[^"]*|[\p{L}_][\p{L}\p{N}_]*)$/u;

// What may stand where the caret is: [what is shown, what is written, whether it replaces the whole line].
export function suggestions(text, caret, names) {
  const before = text.slice(0, caret);
  if (!text.trim()) return templates(names);
  const typed = WORD_BEFORE.exec(before)?.[0] ?? "";
  const start = before.slice(0, before.length - typed.length);
  if (!/^\s*[PE]\s*[([]/.test(before)) return [];
  const used = new Set(text.match(/"[^"]*"|[\p{L}_][\p{L}\p{N}_]*/gu) ?? []);
  const wanted = typed.replace(/^"/, "").toLowerCase();
  const free = names.filter((name) => !used.has(spelled(name)) || spelled(name) === typed);
  const fitting = free.filter((name) => name.toLowerCase().startsWith(wanted) && spelled(name) !== typed);
  const found = fitting.map((name) => [name, spelled(name)]);
  const afterBar = /\|\s*$/.test(start) || /\|[^()]*,\s*$/.test(start);
  if (afterBar && !/do\(/.test(text) && "do(".startsWith(wanted)) found.unshift(["do(…)", "do("]);
  return found.slice(0, 9);
}

function templates(names) {
  if (names.length < 2) return names.map((name) => [`P(${spelled(name)})`, `P(${spelled(name)})`, true]);
  const has = (name) => names.find((other) => other.toLowerCase() === name);
  const y = has("y") ?? names[names.length - 1];
  const x = has("x") ?? names.find((name) => name !== y);
  const z = names.find((name) => name !== x && name !== y);
  const [X, Y] = [spelled(x), spelled(y)];
  const found = [`P(${Y} | do(${X}))`];
  if (z) found.push(`P(${Y} | do(${X}), ${spelled(z)})`);
  found.push(`P(${Y} | do(${X} ~ pi(${X})))`, `P(${Y} | ${X})`);
  return found.map((text) => [text, text, true]);
}

export class QueryLine {
  constructor(store) {
    this.store = store;
    this.shown = [];
    this.at = -1;
    const [id, list] = [fresh("query"), fresh("list")];
    this.input = h("input", {
      id, class: "query", type: "text", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list,
      autocomplete: "off", spellcheck: "false", autocapitalize: "off", placeholder: "P(Y | do(X))", "aria-describedby": `${id}-hint`,
      oninput: () => this.#typed(), onkeydown: (event) => this.#key(event), onfocus: () => this.#offer(), onclick: () => this.#offer(),
      onblur: () => this.#hide(),
    });
    this.list = h("ul", { id: list, role: "listbox", class: "completions", hidden: true, "aria-label": "Completions" });
    this.element = h(
      "div",
      { class: "ask" },
      h("label", { for: id }, "Query"),
      h("div", { class: "field" }, this.input, this.list),
      h("p", { id: `${id}-hint`, class: "away" }, "For instance P(Y | do(X)), P(Y | do(X), Z) or P(Y | do(X ~ pi(X | Z)))."),
    );
  }

  show(text) {
    if (this.input.value !== text) this.input.value = text;
  }

  #typed() {
    this.store.change({ query: this.input.value }, "query");
    this.#offer();
  }

  #offer() {
    const names = this.store.state.points.filter((point) => !point.latent).map((point) => point.name);
    this.shown = suggestions(this.input.value, this.input.selectionStart ?? 0, names);
    this.at = -1;
    this.list.replaceChildren(
      ...this.shown.map(([label], k) =>
        h("li", { id: `${this.list.id}-${k}`, role: "option", "aria-selected": "false", onpointerdown: (event) => { event.preventDefault(); this.#take(k); } }, label),
      ),
    );
    this.#open(this.shown.length > 0);
  }

  #open(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    if (!open) this.input.removeAttribute("aria-activedescendant");
  }

  #hide() {
    this.#open(false);
  }

  #key(event) {
    if (this.list.hidden && event.key === "ArrowDown") return this.#offer();
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#mark((this.at + step + this.shown.length) % this.shown.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && this.at >= 0) {
      event.preventDefault();
      this.#take(this.at);
    } else if (event.key === "Escape") this.#hide();
  }

  #mark(k) {
    this.list.children[this.at]?.setAttribute("aria-selected", "false");
    this.at = k;
    this.list.children[k].setAttribute("aria-selected", "true");
    this.list.children[k].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", this.list.children[k].id);
  }

  #take(k) {
    const [, written, whole] = this.shown[k];
    const caret = this.input.selectionStart ?? this.input.value.length;
    const before = whole ? "" : this.input.value.slice(0, caret).replace(WORD_BEFORE, "");
    const after = whole ? "" : this.input.value.slice(caret);
    this.input.value = before + written + after;
    this.input.focus();
    this.input.setSelectionRange((before + written).length, (before + written).length);
    this.store.change({ query: this.input.value }, "query");
    if (written === "do(") this.#offer();
    else this.#hide();
  }
}
