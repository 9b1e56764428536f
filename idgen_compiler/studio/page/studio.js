// The studio: the canvas at the left, the question and its answers at the right. `mount` puts it into an element.

import { answerPanel, beginning, derivationPanel, implicationsPanel, programPanel, proofPanel, verdict } from "./answers.js";
import { Canvas } from "./canvas.js";
import { button, copy, fresh, h, say } from "./dom.js";
import { fitPanel } from "./fit.js";
import { listen, openCatalog, openEntry, openExport, openImport } from "./files.js";
import { arranged, prepare } from "./layout.js";
import { Lists } from "./lists.js";
import { measure } from "./look.js";
import { QueryLine } from "./query.js";
import { meaning, removed, renamed, sameLine, Store, withPoint, withRole } from "./store.js";

const MODELS = 5; // so many random models prove an answer
const QUICK = 12; // of so many variables at most where Python runs in the browser
const SMALL = 8; // and of so many where an edit may have to wait for one
const FEW = 15; // vertices of a graph whose implications and hedges are soon found
const PAUSE = 300; // milliseconds without an edit, after which what takes longer begins

export class Studio {
  constructor(root, { engine, state, share = null, onchange = null, can = [] }) {
    this.root = root;
    this.engine = engine;
    this.share = share;
    this.store = new Store(state);
    this.found = { verdict: "empty" };
    this.proof = null;
    this.pinned = null;
    this.timings = [];
    root.classList.add("studio");
    this.#build(can);
    this.store.subscribe((now) => this.#changed(now));
    if (onchange) this.store.subscribe(onchange);
    this.#changed(this.store.state);
    listen(this);
    prepare();
  }

  // ---- what it is made of ------------------------------------------------------------------------------------------

  #build(can) {
    const { root, store } = this;
    this.stage = h("section", { class: "stage", "aria-label": "The graph", tabindex: "-1" });
    this.line = new QueryLine(store);
    this.verdictBox = h("div", { "aria-live": "polite", class: "says" });
    this.noteBox = h("p", { class: "note", hidden: true });
    this.tabs = this.#tabs(can);
    const panel = h("section", { class: "panel", "aria-label": "The query and its answers" }, this.line.element, this.verdictBox, this.noteBox, this.tabs.bar, this.tabs.body);
    root.append(this.#bar(), h("main", {}, this.stage, panel), h("div", { class: "toast", role: "status" }));
    this.canvas = new Canvas(this.stage, store, {
      onselect: (chosen) => this.#chosen(chosen),
      onrename: (name) => this.canvas.rename(name, (wanted) => this.rename(name, wanted)),
    });
    this.lists = new Lists(this);
    this.#tools();
    this.chosenBar = h("div", { class: "chosen", role: "toolbar", "aria-label": "What is selected", hidden: true });
    this.stage.append(this.chosenBar);
    root.addEventListener("keydown", (event) => this.#key(event));
    // What is clicked on the canvas hears the keys: cytoscape takes the focus from everything when the button goes down.
    this.stage.addEventListener("pointerup", (event) => {
      if (!event.target.closest("button, input")) this.stage.focus({ preventScroll: true });
    });
    new ResizeObserver(() => this.canvas.cy.resize()).observe(this.stage);
    this.#select("answer");
  }

  #bar() {
    this.undoButton = button("Undo", () => this.store.undo(), { icon: "undo", bare: true, title: "Undo (Ctrl+Z)" });
    this.redoButton = button("Redo", () => this.store.redo(), { icon: "redo", bare: true, title: "Redo (Ctrl+Shift+Z)" });
    this.engineNote = h("span", { class: "engine", role: "status" });
    return h(
      "header",
      { class: "bar" },
      h("h1", {}, "idgen", h("span", {}, " studio")),
      h("nav", { "aria-label": "Graphs" }, button("Open", () => openCatalog(this)), button("Import", () => openImport(this)), button("Export", () => openExport(this)), this.share ? button("Share", () => this.#shared()) : null),
      this.engineNote,
      h("div", { class: "group" }, this.undoButton, this.redoButton, button("Light or dark", () => this.#theme(), { icon: "theme", bare: true })),
    );
  }

  #tools() {
    const modes = { select: ["Select and move (V)", "select"], node: ["Add vertices (N)", "node"], directed: ["Draw causes (D)", "directed"], bidirected: ["Draw hidden common causes (B)", "bidirected"] };
    this.modeButtons = Object.fromEntries(
      Object.entries(modes).map(([mode, [label, glyph]]) => [mode, button(label, () => this.mode(mode), { icon: glyph, bare: true, "aria-pressed": String(mode === "select") })]),
    );
    const more = [button("Arrange (L)", () => this.arrange(), { icon: "layout", bare: true }), button("Fit into view (F)", () => this.canvas.fit(), { icon: "fit", bare: true })];
    this.stage.append(h("div", { class: "tools", role: "toolbar", "aria-label": "Drawing" }, Object.values(this.modeButtons), h("hr"), more));
  }

  #tabs(can) {
    const kinds = { answer: "Answer", derivation: "Derivation", program: "Program", implications: "Implications", proof: "Proof", graph: "Graph", ...(can.includes("fit") ? { fit: "Fit" } : {}) };
    const body = h("div", { class: "body", role: "tabpanel", tabindex: "0" });
    const id = fresh("panel");
    body.id = id;
    const buttons = Object.fromEntries(
      Object.entries(kinds).map(([kind, label]) => [kind, h("button", { type: "button", role: "tab", id: `${id}-${kind}`, "aria-controls": id, "aria-selected": "false", tabindex: "-1", onclick: () => this.#select(kind) }, label)]),
    );
    const step = (event) => {
      const order = Object.keys(kinds);
      const at = order.indexOf(this.tab);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: order.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.#select(order[(next + order.length) % order.length]);
      buttons[this.tab].focus();
    };
    return { bar: h("div", { class: "tabs", role: "tablist", "aria-label": "Answers", onkeydown: step }, Object.values(buttons)), body, buttons };
  }

  #select(kind) {
    this.tab = kind;
    for (const [name, one] of Object.entries(this.tabs.buttons)) {
      one.setAttribute("aria-selected", String(name === kind));
      one.tabIndex = name === kind ? 0 : -1;
    }
    this.tabs.body.setAttribute("aria-labelledby", this.tabs.buttons[kind].id);
    this.#render();
  }

  // ---- what changes ------------------------------------------------------------------------------------------------

  #changed(state) {
    this.canvas.sync(state);
    this.line.show(state.query);
    this.undoButton.disabled = !this.store.canUndo;
    this.redoButton.disabled = !this.store.canRedo;
    this.share?.remember(state);
    const key = meaning(state);
    this.lists.show(state, key === this.key ? this.found : null);
    if (key === this.key) return;
    this.key = key;
    this.root.classList.add("busy");
    if (!this.asking) this.#answer();
  }

  // One question at a time: what changed meanwhile is asked next, and stale answers are not shown.
  async #answer() {
    this.asking = true;
    let key = null;
    while (key !== this.key) {
      key = this.key;
      const begun = performance.now();
      let found;
      try {
        found = await this.engine.ask({ ask: "analyse", drawing: this.store.state });
      } catch (error) {
        found = { verdict: "none", error: { message: error.message } };
      }
      if (key !== this.key) continue;
      this.found = found;
      this.proof = null;
      this.pinned = null;
      this.canvas.light(null);
      this.canvas.paintRoles(found.query);
      this.verdictBox.replaceChildren(verdict(found));
      this.#render();
      this.lists.show(this.store.state, found);
      this.root.classList.remove("busy");
      this.timings.push(performance.now() - begun);
      this.root.dataset.answered = String(this.timings.length);
    }
    this.asking = false;
    await this.#imply(key);
    this.#prove(key);
  }

  async #imply(key) {
    if (["graph", "none", "empty"].includes(this.found.verdict)) return;
    const implied = await this.#later(key, { ask: "implied", drawing: this.store.state }).catch(() => null);
    if (key !== this.key || !implied || implied.error) return;
    this.found = { ...this.found, implications: implied };
    if (this.tab === "implications") this.#render();
  }

  // What may take long begins where nobody is editing; in a browser it is asked of another worker.
  async #later(key, request) {
    const { ask, aside } = this.engine;
    if (this.store.state.points.length <= FEW && request.most !== QUICK) return ask(request);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return key === this.key ? (aside ?? ask)(request) : null;
  }

  // Models are asked for one by one, so that an edit never waits for more than one.
  async #prove(key) {
    if (key !== this.key) return;
    if (this.found.verdict !== "identifiable" && this.found.verdict !== "not identifiable") return;
    const rows = [];
    let most = this.engine.aside ? (this.store.state.points.length > FEW ? QUICK : SMALL) : undefined;
    for (let model = 0; model < MODELS; model++) {
      const request = { ask: "prove", drawing: this.store.state, model };
      let found;
      try {
        found = await this.#later(key, most ? { ...request, most } : request);
        if (found?.large && most === SMALL) {
          most = QUICK;
          found = await this.#later(key, { ...request, most });
        }
      } catch (error) {
        found = { error: { message: error.message } };
      }
      if (key !== this.key) return;
      if (!found.error && !found.witness) rows.push(found);
      this.proof = { rows: [...rows], witness: found.witness, error: found.error?.message };
      if (["answer", "proof"].includes(this.tab)) this.#render();
      if (found.error || found.witness) return;
    }
  }

  #render() {
    const panels = { answer: answerPanel, derivation: derivationPanel, program: programPanel, implications: implicationsPanel, proof: proofPanel };
    const { body } = this.tabs;
    if (this.tab === "graph") {
      if (body.firstChild !== this.lists.element) body.replaceChildren(this.lists.element);
      return;
    }
    if (this.tab === "fit") {
      this.fitting ??= fitPanel(this);
      this.fitting.show(this.found);
      if (body.firstChild !== this.fitting.element) body.replaceChildren(this.fitting.element);
      return;
    }
    if (this.tab === "answer" && this.found.verdict === "empty") return body.replaceChildren(...beginning((name) => openEntry(this, name)));
    body.replaceChildren(...panels[this.tab](this.root, this.found, this.proof, (about) => this.#light(about)).filter(Boolean));
  }

  #light(about) {
    this.canvas.light(about);
  }

  // ---- what is done to it ------------------------------------------------------------------------------------------

  async take(drawing, key = null) {
    const known = new Map(this.store.state.points.map((p) => [p.name, p]));
    const typed = key === "text";
    let state = { ...drawing, query: drawing.query || (typed ? this.store.state.query : "") };
    if (typed) {
      const { unit } = this.store.state;
      const points = state.points.map((p) => (p.x === undefined && known.has(p.name) ? { ...p, x: known.get(p.name).x, y: known.get(p.name).y } : p));
      state = { ...state, points, unit };
    }
    if (state.points.some((p) => p.x === undefined || p.x === null)) state = await this.#placed(state, typed ? known : new Map());
    this.note("");
    this.store.commit(state, key);
    if (!typed) this.canvas.fit();
  }

  async #placed(state, known) {
    const lost = state.points.filter((p) => p.x === undefined || p.x === null);
    if (known.size && lost.length < state.points.length) {
      const free = lost.map((p, k) => ({ ...this.canvas.free(), name: p.name, k }));
      const at = new Map(free.map(({ name, x, y, k }) => [name, { x: (x + 30 * k) / state.unit, y: y / state.unit }]));
      return { ...state, points: state.points.map((p) => (at.has(p.name) ? { ...p, ...at.get(p.name) } : p)) };
    }
    const places = await arranged(state, measure);
    return { ...state, unit: 1, points: state.points.map((p) => ({ ...p, x: places[p.name][0], y: places[p.name][1] })) };
  }

  async arrange() {
    if (!this.store.state.points.length) return;
    const places = await arranged(this.store.state, measure);
    const points = this.store.state.points.map((p) => ({ ...p, x: places[p.name][0], y: places[p.name][1] }));
    this.store.change({ points, unit: 1 });
    this.canvas.fit();
  }

  async turn(ask) {
    const { drawing, error } = await this.engine.ask({ ask, drawing: this.store.state });
    if (error) return say(this.root, error.message);
    await this.take({ ...drawing, query: this.store.state.query });
  }

  rename(old, wanted) {
    const { state } = this.store;
    if (!wanted || wanted === old) return;
    if (state.points.some((point) => point.name === wanted)) return say(this.root, `There is a vertex ${wanted} already`);
    this.store.commit(renamed(state, old, wanted));
    this.canvas.select([wanted]);
  }

  mode(mode) {
    this.canvas.setMode(mode);
    for (const [name, one] of Object.entries(this.modeButtons)) one.setAttribute("aria-pressed", String(name === mode));
  }

  note(words) {
    this.noteBox.textContent = words;
    this.noteBox.hidden = !words;
  }

  says(words) {
    this.engineNote.textContent = words;
  }

  #theme() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = this.root.dataset.theme ?? (dark ? "dark" : "light");
    this.root.dataset.theme = now === "dark" ? "light" : "dark";
    this.ontheme?.(this.root.dataset.theme);
    this.canvas.restyle();
  }

  async #shared() {
    const url = await this.share.url(this.store.state);
    say(this.root, (await copy(url)) ? "The link is copied; it holds the whole drawing" : "The link stands in the address line");
  }

  // ---- what is selected --------------------------------------------------------------------------------------------

  #chosen({ names, lines }) {
    const { store } = this;
    const bar = this.chosenBar;
    bar.hidden = names.length + lines.length === 0;
    if (bar.hidden) return;
    const role = (label, part) => button(label, () => this.#role(names, part));
    const parts = [];
    const latent = names.length && names.every((name) => store.state.points.find((p) => p.name === name)?.latent);
    if (names.length && !lines.length) {
      parts.push(role("Treatment", "treatments"), role("Outcome", "outcomes"), role("Given", "conditions"));
      parts.push(button(latent ? "Observed" : "Latent", () => this.#latent(names, !latent)));
      if (names.length === 1) parts.push(button("Rename", () => this.canvas.rename(names[0], (wanted) => this.rename(names[0], wanted))));
    }
    if (lines.length === 1 && !names.length) {
      const [line] = lines;
      const swap = (made) => store.change({ lines: store.state.lines.map((other) => (sameLine(other, line) ? made : other)) });
      if (!line.both) parts.push(button("Reverse", () => swap({ tail: line.head, head: line.tail })));
      parts.push(button(line.both ? "Directed" : "Bidirected", () => swap(line.both ? { tail: line.tail, head: line.head } : { ...line, both: true })));
    }
    parts.push(button("Delete", () => this.#delete(), { icon: "trash", bare: true }));
    const what = names.length === 1 && !lines.length ? names[0] : lines.length === 1 && !names.length ? `${lines[0].tail} ${lines[0].both ? "\u2194" : "\u2192"} ${lines[0].head}` : `${names.length + lines.length} selected`;
    bar.replaceChildren(h("span", {}, what), ...parts);
  }

  #role(names, part) {
    this.store.commit(withRole(this.store.state, this.found.query, names, part));
  }

  #latent(names, latent) {
    this.store.commit(names.reduce((state, name) => withPoint(state, name, { latent }), this.store.state));
    this.#chosen(this.canvas.selection());
  }

  #delete() {
    const { names, lines } = this.canvas.selection();
    if (names.length + lines.length) this.store.commit(removed(this.store.state, names, lines));
  }

  #key(event) {
    const typing = event.target.closest("input, textarea, select, dialog, [contenteditable]");
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && event.key.toLowerCase() === "z" && !(typing && typing.matches("textarea"))) {
      event.preventDefault();
      return event.shiftKey ? this.store.redo() : this.store.undo();
    }
    if (ctrl && event.key.toLowerCase() === "y" && !typing) return event.preventDefault(), this.store.redo();
    if (typing || ctrl || event.altKey) return;
    const { names } = this.canvas.selection();
    const nudge = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] }[event.key];
    if (nudge && names.length && !event.target.closest("[role=tab], [role=tabpanel]")) {
      event.preventDefault();
      const { state } = this.store;
      const points = state.points.map((p) => (names.includes(p.name) ? { ...p, x: (p.x ?? 0) + nudge[0] / state.unit, y: (p.y ?? 0) + nudge[1] / state.unit } : p));
      return this.store.change({ points }, "nudge");
    }
    const role = { e: "treatments", o: "outcomes", a: "conditions" }[event.key.toLowerCase()];
    const act = {
      v: () => this.mode("select"), n: () => this.mode("node"), d: () => this.mode("directed"), b: () => this.mode("bidirected"),
      l: () => this.arrange(), f: () => this.canvas.fit(), Delete: () => this.#delete(), Backspace: () => this.#delete(),
      Escape: () => { this.mode("select"); this.canvas.select([]); this.#light(null); },
      r: () => names.length === 1 && this.canvas.rename(names[0], (wanted) => this.rename(names[0], wanted)),
      u: () => names.length && this.#latent(names, !names.every((name) => this.store.state.points.find((p) => p.name === name)?.latent)),
    };
    if (role && names.length) this.#role(names, role);
    else if (Object.hasOwn(act, event.key)) act[event.key]();
  }
}

export const mount = (root, options) => new Studio(root, options);
