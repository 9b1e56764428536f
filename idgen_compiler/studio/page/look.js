// How vertices and edges look: the canvas and the pictures that are saved share these.

let context = null;

export const FONT = 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

// How wide a vertex is drawn that holds a name, in pixels.
export function measure(name) {
  context ??= document.createElement("canvas").getContext("2d");
  context.font = `500 15px ${FONT}`;
  return Math.max(40, Math.ceil(context.measureText(name).width) + 24);
}

// How far a bidirected edge bows out: more where its ends lie far apart, so that it passes over what is between.
export function bent(line, a, b) {
  if (!line.both) return 0;
  const far = Math.hypot(a.x - b.x, a.y - b.y);
  const side = a.x < b.x || (a.x === b.x && a.y < b.y) ? -1 : 1;
  return side * Math.round(Math.min(150, Math.max(42, far * 0.3)));
}

export function colors(root) {
  const style = getComputedStyle(root);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["ink", "muted", "surface", "canvas", "edge", "hidden", "treatment", "outcome", "condition", "on-role", "bad", "moved"];
  return Object.fromEntries(names.map((name) => [name, of(name)]));
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
    { selector: "edge.outer", style: { "line-color": c.bad, "target-arrow-color": c.bad, "source-arrow-color": c.bad, width: 3 } },
    { selector: ".faded", style: { opacity: 0.16 } },
    { selector: "node:selected", style: { "outline-width": 3, "outline-color": c.treatment, "outline-offset": 3, "outline-opacity": 0.7 } },
    { selector: "edge:selected", style: { width: 4 } },
    { selector: "node.ghost", style: { width: 1, height: 1, opacity: 0, events: "no", label: "" } },
    { selector: "edge.ghost", style: { opacity: 0.6, events: "no", "curve-style": "straight" } },
  ];
}
