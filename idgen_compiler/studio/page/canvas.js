// The graph on a canvas of cytoscape's, and the gestures that change it. Vertices and edges are those of the store.

import cytoscape from "./vendor/cytoscape.esm.min.mjs";
import { h } from "./dom.js";
import { addPoint, connect, newName, rolesOf } from "./store.js";
import { bent, measure, stylesheet } from "./look.js";

const lineId = (line) => `${line.tail}${line.both ? "\u2194" : "\u2192"}${line.head}`;
const GHOST = "\u0000ghost";

export class Canvas {
  constructor(root, store, { onselect, onrename }) {
    this.store = store;
    this.onrename = onrename;
    this.mode = "select";
    this.query = null;
    this.host = h("div", { class: "cy" });
    this.root = root;
    root.append(this.host);
    this.cy = cytoscape({
      container: this.host,
      style: stylesheet(root),
      minZoom: 0.15,
      maxZoom: 4,
      boxSelectionEnabled: true,
      selectionType: "single",
      autounselectify: false,
    });
    this.cy.on("select unselect remove", () => onselect(this.selection()));
    this.cy.on("dragfree", "node", () => this.#moved());
    this.#gestures();
  }

  // ---- from the store ----------------------------------------------------------------------------------------------

  sync(state) {
    const { cy } = this;
    const [wanted, at] = [new Map(), new Map()];
    state.points.forEach((point, k) => {
      const place = { x: (point.x ?? 120 + 130 * (k % 6)) * state.unit, y: (point.y ?? 120 + 110 * Math.floor(k / 6)) * state.unit };
      at.set(point.name, { ...place, w: measure(point.name) });
      wanted.set(point.name, { group: "nodes", data: { id: point.name, w: at.get(point.name).w, latent: point.latent ? 1 : 0 }, position: place });
    });
    for (const line of state.lines) {
      if (!wanted.has(line.tail) || !wanted.has(line.head)) continue;
      const data = { id: lineId(line), source: line.tail, target: line.head, both: line.both ? 1 : 0, bend: bent(line, at) };
      wanted.set(data.id, { group: "edges", data });
    }
    cy.batch(() => {
      cy.elements().forEach((element) => {
        if (!wanted.has(element.id()) && element.id() !== GHOST) element.remove();
      });
      for (const [id, made] of wanted) {
        const there = cy.getElementById(id);
        if (there.empty()) cy.add(made);
        else {
          there.data(made.data);
          if (made.position && !there.grabbed()) there.position(made.position);
        }
      }
    });
    this.paintRoles();
  }

  paintRoles(query = this.query) {
    this.query = query;
    const roles = rolesOf(this.store.state, query);
    this.cy.batch(() => {
      this.cy.nodes().forEach((node) => {
        for (const role of Object.keys(roles)) node.toggleClass(role, roles[role].includes(node.id()));
      });
    });
  }

  // Show the part of the graph that a step of the derivation, a hedge or an implication is about.
  light(about) {
    this.cy.batch(() => {
      const all = this.cy.elements();
      all.removeClass("faded moved fixed outer inner");
      if (!about) return;
      const inside = about.vertices ? new Set([...about.vertices, ...(about.fixed ?? [])]) : null;
      this.cy.nodes().forEach((node) => {
        const id = node.id();
        if (inside && !inside.has(id)) node.addClass("faded");
        for (const part of ["moved", "fixed", "outer", "inner"]) if (about[part]?.includes(id)) node.addClass(part);
      });
      this.cy.edges().forEach((edge) => {
        const ends = [edge.source(), edge.target()];
        const into = edge.data("both") ? ends : [edge.target()];
        if (ends.some((n) => n.hasClass("faded")) || into.some((n) => n.hasClass("fixed"))) edge.addClass("faded");
        if (about.outer && ends.every((n) => n.hasClass("outer") || n.hasClass("inner"))) edge.addClass("outer");
      });
    });
  }

  restyle() {
    this.cy.style(stylesheet(this.root));
  }

  fit() {
    const { cy } = this;
    if (cy.nodes().empty()) return;
    cy.resize();
    const narrow = cy.width() < 560; // the tools stand above the graph, else to its left
    const [left, top, edge] = narrow ? [24, 72, 24] : [76, 40, 40];
    const [width, height] = [Math.max(80, cy.width() - left - edge), Math.max(80, cy.height() - top - edge)];
    const { x1, y1, w, h: tall } = cy.elements().boundingBox();
    const zoom = Math.min(1.25, width / w, height / tall);
    cy.viewport({ zoom, pan: { x: left + (width - w * zoom) / 2 - x1 * zoom, y: top + (height - tall * zoom) / 2 - y1 * zoom } });
  }

  // ---- to the store ------------------------------------------------------------------------------------------------

  selection() {
    const chosen = this.cy.elements(":selected").filter((e) => e.id() !== GHOST);
    const line = (edge) => ({ tail: edge.data("source"), head: edge.data("target"), ...(edge.data("both") ? { both: true } : {}) });
    return { names: chosen.nodes().map((node) => node.id()), lines: chosen.edges().map(line) };
  }

  select(names) {
    this.cy.elements().unselect();
    for (const name of names) this.cy.getElementById(name).select();
  }

  #moved() {
    const { state } = this.store;
    const near = (value) => Math.round(value * 1000) / 1000;
    const points = state.points.map((point) => {
      const node = this.cy.getElementById(point.name);
      if (node.empty()) return point;
      const { x, y } = node.position();
      const [nx, ny] = [near(x / state.unit), near(y / state.unit)];
      return Math.abs(nx - (point.x ?? NaN)) < 1e-6 && Math.abs(ny - (point.y ?? NaN)) < 1e-6 ? point : { ...point, x: nx, y: ny };
    });
    if (points.some((point, k) => point !== state.points[k])) this.store.change({ points });
  }

  add(position, latent = false) {
    const { state } = this.store;
    const name = newName(state);
    this.store.commit(addPoint(state, name, position.x / state.unit, position.y / state.unit, latent));
    this.select([name]);
    return name;
  }

  // A free place in what is seen, for a vertex that is added without the mouse.
  free() {
    const { x1, y1, w, h: height } = this.cy.extent();
    for (let k = 0; k < 60; k++) {
      const place = { x: x1 + w * (0.2 + 0.6 * ((k * 0.618) % 1)), y: y1 + height * (0.25 + 0.5 * ((k * 0.383) % 1)) };
      const near = this.cy.nodes().some((n) => Math.hypot(n.position("x") - place.x, n.position("y") - place.y) < 70);
      if (!near) return place;
    }
    return { x: x1 + w / 2, y: y1 + height / 2 };
  }

  setMode(mode) {
    this.mode = mode;
    const drawing = mode === "directed" || mode === "bidirected";
    this.cy.autoungrabify(drawing);
    this.cy.boxSelectionEnabled(mode === "select");
    this.host.dataset.mode = mode;
  }

  #gestures() {
    const { cy } = this;
    let start = null;
    let both = false;
    const drawn = (event) => {
      const { shiftKey, altKey } = event.originalEvent ?? {};
      if (this.mode === "bidirected" || (this.mode === "select" && altKey)) return "bidirected";
      if (this.mode === "directed" || (this.mode === "select" && shiftKey)) return "directed";
      return null;
    };
    cy.on("tapstart", "node", (event) => {
      const kind = drawn(event);
      if (!kind) return;
      start = event.target;
      both = kind === "bidirected";
      start.ungrabify();
      cy.userPanningEnabled(false);
      cy.boxSelectionEnabled(false);
      const { x, y } = start.position();
      cy.add({ group: "nodes", data: { id: GHOST, w: 1 }, position: { x, y }, classes: "ghost", selectable: false });
      cy.add({ group: "edges", data: { id: `${GHOST}e`, source: start.id(), target: GHOST, both: both ? 1 : 0, bend: 0 }, classes: "ghost" });
    });
    cy.on("tapdrag", (event) => {
      if (start) cy.getElementById(GHOST).position(event.position);
    });
    cy.on("tapend", (event) => {
      if (!start) return;
      const from = start;
      const at = event.position;
      start = null;
      cy.getElementById(GHOST).remove();
      from.grabify();
      cy.userPanningEnabled(true);
      this.setMode(this.mode);
      const over = cy.nodes().filter((n) => {
        const box = n.boundingBox({ includeLabels: false });
        return n !== from && at.x >= box.x1 - 6 && at.x <= box.x2 + 6 && at.y >= box.y1 - 6 && at.y <= box.y2 + 6;
      });
      if (over.nonempty()) this.store.commit(connect(this.store.state, from.id(), over[0].id(), both));
    });
    let taps = []; // the last two: cytoscape calls any two in short time a double one, wherever they are
    cy.on("tap", (event) => {
      taps = [...taps.slice(-1), { target: event.target, ...event.position }];
      if (event.target === cy && this.mode === "node") this.add(event.position);
    });
    cy.on("dbltap", (event) => {
      const [first, second] = taps;
      if (!second || first.target !== second.target || Math.hypot(first.x - second.x, first.y - second.y) > 20) return;
      if (event.target === cy && this.mode !== "node") this.onrename(this.add(event.position));
      else if (event.target !== cy && event.target.isNode()) this.onrename(event.target.id());
    });
  }

  // An input where a vertex stands.
  rename(name, done) {
    const node = this.cy.getElementById(name);
    if (node.empty()) return;
    const { x, y } = node.renderedPosition();
    const input = h("input", { class: "rename", "aria-label": `New name of ${name}`, value: name, spellcheck: "false" });
    Object.assign(input.style, { left: `${x}px`, top: `${y}px` });
    let over = false;
    const finish = (keep) => {
      if (over) return;
      over = true;
      const wanted = input.value.trim();
      input.remove();
      this.root.focus({ preventScroll: true });
      if (keep && wanted && wanted !== name) done(wanted);
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") finish(true);
      if (event.key === "Escape") finish(false);
    });
    input.addEventListener("blur", () => finish(true));
    this.root.append(input);
    input.focus();
    input.select();
  }
}
