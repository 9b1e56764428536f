// Charts of samples as plain SVG: bars of categories, histograms of numbers; several do-values side by side.

const NS = "http://www.w3.org/2000/svg";
const W = 460;
const H = 190;
const PAD = { left: 44, right: 10, top: 10, bottom: 34 };

function element(tag, attributes, text) {
  const made = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// One outcome: `labels` along the axis and, for each series, the share of each label.
export function bars({ title, labels, series }) {
  const top = Math.max(...series.flatMap((s) => s.shares), 0.01);
  const svg = element("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", class: "chart", "aria-label": described(title, labels, series) });
  const width = (W - PAD.left - PAD.right) / labels.length;
  const y = (share) => H - PAD.bottom - (share / top) * (H - PAD.top - PAD.bottom);
  for (const share of [0, top / 2, top]) {
    svg.append(element("line", { x1: PAD.left, x2: W - PAD.right, y1: y(share), y2: y(share), class: "grid" }));
    svg.append(element("text", { x: PAD.left - 6, y: y(share) + 4, "text-anchor": "end" }, share.toFixed(2)));
  }
  labels.forEach((label, k) => {
    const left = PAD.left + k * width;
    const bar = (width * 0.8) / series.length;
    series.forEach((one, s) => {
      const made = element("rect", { x: left + width * 0.1 + s * bar, y: y(one.shares[k]), width: Math.max(1, bar - 1), height: H - PAD.bottom - y(one.shares[k]), class: `series s${s % 4}` });
      made.append(element("title", {}, `${one.name}: ${label} ${one.shares[k].toFixed(3)}`));
      svg.append(made);
    });
    if (labels.length <= 12 || k % Math.ceil(labels.length / 8) === 0) svg.append(element("text", { x: left + width / 2, y: H - PAD.bottom + 16, "text-anchor": "middle" }, label));
  });
  return svg;
}

const described = (title, labels, series) =>
  `${title}. ${series.map((s) => `${s.name}: ${labels.map((label, k) => `${label} ${s.shares[k].toFixed(2)}`).slice(0, 12).join(", ")}`).join(". ")}`;
