// Elements, and what a page does with them: copy, save, say.

let count = 0;
export const fresh = (stem) => `${stem}-${++count}`;

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") element.className = value;
    else if (key === "html") element.innerHTML = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const ICONS = {
  select: "M5 3l13 7.5-5.6 1.6L9.6 18z",
  node: "M12 5a7 7 0 100 14 7 7 0 000-14zM12 9v6M9 12h6",
  directed: "M4 12h15M13 6l6 6-6 6",
  bidirected: "M4 12h16M9 7l-5 5 5 5M15 7l5 5-5 5",
  undo: "M9 14L4 9l5-5M4 9h10a6 6 0 010 12h-3",
  redo: "M15 14l5-5-5-5M20 9H10a6 6 0 000 12h3",
  layout: "M4 6h5v4H4zM15 3h5v4h-5zM15 17h5v4h-5zM9 8h3v11h3M12 8V5h3",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  theme: "M20 14.5A8.5 8.5 0 119.5 4a7 7 0 0010.5 10.5z",
};

export const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
};

export function button(label, onclick, props = {}) {
  const { icon: glyph, bare, ...rest } = props;
  const attributes = { type: "button", ...rest, onclick };
  if (glyph && bare) Object.assign(attributes, { "aria-label": label, title: rest.title ?? label });
  return h("button", attributes, glyph ? icon(glyph) : null, glyph && bare ? null : label);
}

export function save(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "away", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function dialog(root, title, ...content) {
  const id = fresh("title");
  const close = button("Close", () => box.close(), { class: "quiet" });
  const box = h("dialog", { "aria-labelledby": id }, h("header", {}, h("h2", { id }, title), close), ...content);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => event.target === box && box.close());
  root.append(box);
  box.showModal();
  return box;
}

export function say(root, words) {
  const line = root.querySelector(".toast");
  line.textContent = words;
  line.classList.add("shown");
  clearTimeout(line.timer);
  line.timer = setTimeout(() => line.classList.remove("shown"), 3200);
}
