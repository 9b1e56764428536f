// The drawing as a picture: SVG from the same sizes and colors as the canvas, and PNG from that.

import { bent, colors, FONT, HEIGHT, measure } from "./look.js";
import { rolesOf } from "./store.js";

const escaped = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

// Where a ray from the middle of a vertex leaves it.
function border(at, towards, width) {
  const [dx, dy] = [towards.x - at.x, towards.y - at.y];
  const scale = Math.min(Math.abs(dx) > 0 ? (width / 2 + 2) / Math.abs(dx) : Infinity, Math.abs(dy) > 0 ? (HEIGHT / 2 + 2) / Math.abs(dy) : Infinity);
  return Number.isFinite(scale) ? { x: at.x + dx * scale, y: at.y + dy * scale } : at;
}

export function svg(root, state, query) {
  const c = colors(root);
  const roles = rolesOf(state, query);
  const at = new Map(state.points.map((p) => [p.name, { x: (p.x ?? 0) * state.unit, y: (p.y ?? 0) * state.unit, w: measure(p.name) }]));
  const box = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
  const see = (x, y, rx = 0, ry = 0) => {
    box.x1 = Math.min(box.x1, x - rx);
    box.x2 = Math.max(box.x2, x + rx);
    box.y1 = Math.min(box.y1, y - ry);
    box.y2 = Math.max(box.y2, y + ry);
  };
  const edges = state.lines.map((line) => {
    const [a, b] = [at.get(line.tail), at.get(line.head)];
    const bend = bent(line, at);
    const far = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const middle = { x: (a.x + b.x) / 2 - ((b.y - a.y) / far) * bend, y: (a.y + b.y) / 2 + ((b.x - a.x) / far) * bend };
    const [from, to] = [border(a, bend ? middle : b, a.w), border(b, bend ? middle : a, b.w)];
    see(middle.x, middle.y);
    const path = bend ? `M${r(from)} Q${r(middle)} ${r(to)}` : `M${r(from)} L${r(to)}`;
    const look = line.both ? `stroke="${c.hidden}" stroke-dasharray="6 4" marker-start="url(#both)" marker-end="url(#both)"` : `stroke="${c.edge}" marker-end="url(#head)"`;
    return `<path d="${path}" fill="none" stroke-width="1.75" ${look}/>`;
  });
  const nodes = state.points.map((point) => {
    const { x, y, w } = at.get(point.name);
    see(x, y, w / 2, HEIGHT / 2);
    const role = Object.keys(roles).find((key) => roles[key].includes(point.name));
    const filled = role === "treatments" ? c.treatment : role === "outcomes" ? c.outcome : null;
    const stroke = filled ?? (role === "conditions" ? c.condition : c.muted);
    const text = filled ? c["on-role"] : point.latent ? c.muted : c.ink;
    const style = point.latent ? ' stroke-dasharray="4 3"' : "";
    return (
      `<rect x="${n(x - w / 2)}" y="${n(y - HEIGHT / 2)}" width="${w}" height="${HEIGHT}" rx="8" fill="${filled ?? c.surface}" stroke="${stroke}" stroke-width="${role === "conditions" ? 3 : 1.5}"${style}/>` +
      `<text x="${n(x)}" y="${n(y)}" fill="${text}"${point.latent ? ' font-style="italic"' : ""}>${escaped(point.name)}</text>`
    );
  });
  if (!state.points.length) see(0, 0, 20, 20);
  const [x, y, w, h] = [box.x1 - 24, box.y1 - 24, box.x2 - box.x1 + 48, box.y2 - box.y1 + 48];
  const head = (id, color, orient) => `<marker id="${id}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="${orient}"><path d="M0 0L10 5L0 10z" fill="${color}"/></marker>`;
  const said = state.query ? `${state.query}: ` : "";
  const title = escaped(`${said}a causal graph of ${state.points.length} vertices and ${state.lines.length} edges`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${[x, y, w, h].map(n).join(" ")}" width="${n(w)}" height="${n(h)}" role="img" aria-label="${title}"><title>${title}</title>` +
    `<defs>${head("head", c.edge, "auto")}${head("both", c.hidden, "auto-start-reverse")}</defs>` +
    `<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" fill="${c.canvas}"/>${edges.join("")}` +
    `<g font-family="${escaped(FONT)}" font-size="15" font-weight="500" text-anchor="middle" dominant-baseline="central">${nodes.join("")}</g></svg>`
  );
}

const n = (value) => String(Math.round(value * 10) / 10);
const r = ({ x, y }) => `${n(x)} ${n(y)}`;

export async function png(root, state, query, scale = 2) {
  const text = svg(root, state, query);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * scale;
  canvas.height = image.height * scale;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
