// The graph as lists and as text: what the canvas shows, for the keyboard and for screen readers, and as fast to type.

import { button, fresh, h } from "./dom.js";
import { addPoint, connect, newName, removed, sameLine, withPoint } from "./store.js";

export class Lists {
  constructor(app) {
    this.app = app;
    this.store = app.store;
    const id = fresh("text");
    this.text = h("textarea", { id, class: "text", rows: 7, spellcheck: "false", autocapitalize: "off", oninput: () => this.#typed() });
    this.wrong = h("p", { class: "wrong", role: "status" });
    this.points = h("ul", { class: "rows", "aria-label": "Vertices" });
    this.lines = h("ul", { class: "rows", "aria-label": "Edges" });
    this.joiner = h("form", { class: "row", onsubmit: (event) => this.#join(event) });
    this.element = h(
      "div",
      {},
      h("label", { for: id, class: "heading" }, "As text"),
      this.text,
      this.wrong,
      h("h3", {}, "Vertices"),
      this.points,
      h("p", { class: "row" }, button("Add a vertex", () => this.#add(), { class: "small" })),
      h("h3", {}, "Edges"),
      this.lines,
      this.joiner,
      h("h3", {}, "Hidden causes"),
      h(
        "p",
        { class: "row" },
        button("Latent vertices to \u2194", () => app.turn("project"), { class: "small", title: "Project latent vertices out: what they confound is joined by bidirected edges" }),
        button("\u2194 to latent vertices", () => app.turn("expand"), { class: "small", title: "A latent vertex in the place of every bidirected edge" }),
      ),
    );
  }

  show(state, found) {
    const inside = this.element.contains(document.activeElement) ? document.activeElement : null;
    if (inside !== this.text && found?.graph) {
      this.text.value = found.graph.text;
      this.wrong.textContent = "";
    }
    const key = JSON.stringify([state.points.map((p) => [p.name, !!p.latent]), state.lines]);
    if (key === this.key) return;
    this.key = key;
    const focus = inside?.dataset.focus;
    this.points.replaceChildren(...state.points.map((point) => this.#point(point)));
    this.lines.replaceChildren(...state.lines.map((line) => this.#line(line)));
    this.#offer(state);
    if (focus) this.element.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
  }

  #point({ name, latent }) {
    const rename = (event) => this.app.rename(name, event.target.value.trim());
    return h(
      "li",
      {},
      h("input", { value: name, "aria-label": `Name of ${name}`, spellcheck: "false", "data-focus": `name ${name}`, onchange: rename }),
      h("label", { class: "check" }, h("input", { type: "checkbox", checked: !!latent, "data-focus": `latent ${name}`, "aria-label": `${name} is latent`, onchange: (event) => this.store.commit(withPoint(this.store.state, name, { latent: event.target.checked })) }), "latent"),
      button("Delete", () => this.store.commit(removed(this.store.state, [name])), { class: "quiet small", "aria-label": `Delete ${name}` }),
    );
  }

  #line(line) {
    const said = `${line.tail} ${line.both ? "\u2194" : "\u2192"} ${line.head}`;
    const swap = (made) => {
      const lines = this.store.state.lines.map((other) => (sameLine(other, line) ? made : other));
      this.store.change({ lines });
    };
    return h(
      "li",
      {},
      h("span", { class: "edge" }, said),
      line.both ? null : button("Reverse", () => swap({ tail: line.head, head: line.tail }), { class: "quiet small", "aria-label": `Reverse ${said}` }),
      button(line.both ? "Make \u2192" : "Make \u2194", () => swap(line.both ? { tail: line.tail, head: line.head } : { ...line, both: true }), { class: "quiet small", "aria-label": line.both ? `Make ${said} directed` : `Make ${said} bidirected` }),
      button("Delete", () => this.store.commit(removed(this.store.state, [], [line])), { class: "quiet small", "aria-label": `Delete ${said}` }),
    );
  }

  #offer(state) {
    const options = () => state.points.map(({ name }) => h("option", { value: name }, name));
    const [from, to] = [h("select", { "aria-label": "From", name: "from" }, options()), h("select", { "aria-label": "To", name: "to" }, options())];
    if (state.points.length > 1) to.selectedIndex = 1;
    const kind = h("select", { "aria-label": "Kind of edge", name: "kind" }, h("option", { value: "directed" }, "\u2192"), h("option", { value: "bidirected" }, "\u2194"));
    this.joiner.replaceChildren(from, kind, to, h("button", { type: "submit", class: "small", disabled: state.points.length < 2 }, "Add the edge"));
  }

  #join(event) {
    event.preventDefault();
    const { from, kind, to } = event.target.elements;
    this.store.commit(connect(this.store.state, from.value, to.value, kind.value === "bidirected"));
  }

  #add() {
    const { state } = this.store;
    const place = this.app.canvas.free();
    const name = newName(state);
    this.store.commit(addPoint(state, name, place.x / state.unit, place.y / state.unit));
    this.element.querySelector(`[data-focus="${CSS.escape(`name ${name}`)}"]`)?.select();
  }

  #typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const text = this.text.value;
      if (!text.trim()) return;
      const { drawing, error } = await this.app.engine.ask({ ask: "read", text });
      if (text !== this.text.value) return;
      this.wrong.textContent = error ? error.message.split("\n")[0] : "";
      if (drawing) this.app.take(drawing, "text");
    }, 250);
  }
}

