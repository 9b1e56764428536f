// How vertices and edges look: the canvas and the pictures that are saved share these.

let context = null;

export const FONT = 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

// How wide a vertex is drawn that holds a name, in pixels.
export function measure(name) {
  context ??= document.createElement("canvas").getContext("2d");
  context.font = `500 15px ${FONT}`;
  return Math.max(40, Math.ceil(context.measureText(name).width) + 24);
}

// How far the control point of an edge lies from the line between its ends. A bidirected edge bows, the more the longer
// it is, so that it passes over what is between; a directed one only where it would run through another vertex.
// `at` is a map from a vertex to its middle and width.
export function bent(line, at) {
  const [a, b] = [at.get(line.tail), at.get(line.head)];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const far = Math.hypot(dx, dy);
  if (line.both) {
    const side = dx > 0 || (dx === 0 && dy > 0) ? -1 : 1;
    return side * Math.round(Math.min(150, Math.max(42, far * 0.3)));
  }
  let bend = 0;
  for (const [name, p] of at) {
    if (name === line.tail || name === line.head || !far) continue;
    const t = ((p.x - a.x) * dx + (p.y - a.y) * dy) / far ** 2;
    const off = ((p.y - a.y) * dx - (p.x - a.x) * dy) / far;
    const room = (p.w / 2) * Math.abs(dy / far) + (HEIGHT / 2) * Math.abs(dx / far) + 5; // half a vertex across the line
    if (t < 0.02 || t > 0.98 || Math.abs(off) > room) continue;
    const needed = (room + 8 - Math.abs(off)) / (2 * t * (1 - t));
    const wanted = (off > 1 ? -1 : 1) * Math.min(170, Math.round(needed));
    if (Math.abs(wanted) > Math.abs(bend)) bend = wanted;
  }
  return bend;
}

export const HEIGHT = 36;

// The colors of the style sheet by name, as the theme has them now.
export function colors(root) {
  const probe = document.createElement("span");
  root.append(probe);
  const of = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["ink", "muted", "surface", "canvas", "edge", "hidden", "treatment", "outcome", "condition", "on-role", "bad", "moved"];
  const found = Object.fromEntries(names.map((name) => [name, of(name)]));
  probe.remove();
  return found;
}

export function stylesheet(root) {
  const c = colors(root);
  return [
    {
      selector: "node",
      style: {
        shape: "round-rectangle", width: "data(w)", height: 36, label: "data(id)", "font-family": FONT, "font-size": 15,
        "font-weight": 500, "text-valign": "center", "text-halign": "center", color: c.ink, "background-color": c.surface,
        "border-width": 1.5, "border-color": c.muted, "overlay-opacity": 0, "transition-property": "opacity",
        "transition-duration": "120ms",
      },
    },
    { selector: "node[?latent]", style: { "border-style": "dashed", "font-style": "italic", color: c.muted, "background-color": c.canvas } },
    { selector: "node.treatments", style: { "background-color": c.treatment, "border-color": c.treatment, color: c["on-role"] } },
    { selector: "node.outcomes", style: { "background-color": c.outcome, "border-color": c.outcome, color: c["on-role"] } },
    { selector: "node.conditions", style: { "border-color": c.condition, "border-width": 5, "border-style": "double" } },
    { selector: "node.moved", style: { "border-color": c.moved, "border-width": 4 } },
    { selector: "node.fixed", style: { shape: "rectangle", "border-color": c.ink, "border-width": 3 } },
    { selector: "node.outer", style: { "border-color": c.bad, "border-width": 4 } },
    { selector: "node.inner", style: { "border-color": c.bad, "border-width": 8, "border-style": "double" } },
    {
      selector: "edge",
      style: {
        width: 1.75, "line-color": c.edge, "target-arrow-color": c.edge, "source-arrow-color": c.edge,
        "target-arrow-shape": "triangle", "arrow-scale": 1.1, "curve-style": "straight", "overlay-opacity": 0,
      },
    },
    {
      selector: "edge[?both]",
      style: {
        "curve-style": "unbundled-bezier", "control-point-distances": "data(bend)", "control-point-weights": 0.5,
        "line-style": "dashed", "line-dash-pattern": [6, 4], "source-arrow-shape": "triangle", "line-color": c.hidden,
        "source-arrow-color": c.hidden, "target-arrow-color": c.hidden,
      },
    },
    {
      selector: "edge[both = 0][bend != 0]",
      style: { "curve-style": "unbundled-bezier", "control-point-distances": "data(bend)", "control-point-weights": 0.5 },
    },
    { selector: "edge.outer", style: { "line-color": c.bad, "target-arrow-color": c.bad, "source-arrow-color": c.bad, width: 3 } },
    { selector: ".faded", style: { opacity: 0.16 } },
    { selector: "node:selected", style: { "outline-width": 3, "outline-color": c.treatment, "outline-offset": 3, "outline-opacity": 0.7 } },
    { selector: "edge:selected", style: { width: 4 } },
    { selector: "node.ghost", style: { width: 1, height: 1, opacity: 0, events: "no", label: "" } },
    { selector: "edge.ghost", style: { opacity: 0.6, events: "no", "curve-style": "straight" } },
  ];
}
