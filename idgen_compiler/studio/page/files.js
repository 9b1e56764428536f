// Graphs that come and go: the catalog, texts that are pasted or dropped, and every form in which a drawing is written.

import { button, copy, dialog, fresh, h, save, say } from "./dom.js";
import { png, svg } from "./picture.js";
import { code } from "./answers.js";

export async function openCatalog(app) {
  const { entries } = await app.engine.ask({ ask: "catalog" });
  const id = fresh("search");
  const search = h("input", { id, type: "search", placeholder: "front door, napkin, smoking …", spellcheck: "false", oninput: () => list() });
  const rows = h("ul", { class: "catalog" });
  const count = h("p", { class: "hint", role: "status" });
  const box = dialog(app.root, "Known graphs", h("label", { for: id, class: "away" }, "Search"), search, count, rows);
  const list = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (e) => [e.name, e.title, e.query, e.source, ...e.tags].join(" ").toLowerCase();
    const found = entries.filter((entry) => words.every((word) => text(entry).includes(word)));
    count.textContent = `${found.length} of ${entries.length}`;
    rows.replaceChildren(
      ...found.map((entry) =>
        h("li", {}, h("button", { type: "button", onclick: async () => { box.close(); await openEntry(app, entry.name); } },
          h("span", { class: "title" }, entry.title), h("code", {}, entry.query), h("span", { class: `tag ${entry.identifiable ? "good" : "bad"}` }, entry.identifiable ? "identifiable" : "not identifiable"), h("span", { class: "source" }, entry.source))),
      ),
    );
  };
  list();
  search.focus();
}

export async function openEntry(app, name) {
  const { drawing, lesson, error } = await app.engine.ask({ ask: "open", name });
  if (error) return say(app.root, error.message);
  await app.take(drawing);
  app.note(lesson);
}

export async function readText(app, text) {
  const { drawing, error } = await app.engine.ask({ ask: "read", text });
  if (error) return error.message;
  await app.take(drawing);
  return null;
}

export function openImport(app, text = "", wrong = "") {
  const id = fresh("import");
  const area = h("textarea", { id, rows: 12, spellcheck: "false", placeholder: 'dag { X -> Y }\ndigraph { X -> Y }\nX -> M -> Y; X <-> Y' });
  area.value = text;
  const said = h("pre", { class: "wrong", role: "alert" }, wrong);
  const file = h("input", { type: "file", "aria-label": "A file with a graph", onchange: async () => { area.value = await file.files[0].text(); await read(); } });
  const read = async () => {
    const message = await readText(app, area.value);
    if (message) said.textContent = message;
    else box.close();
  };
  const box = dialog(
    app.root,
    "Read a graph",
    h("label", { for: id }, "DAGitty, DOT, GML, GraphML, BIF, lavaan, Tetrad, bnlearn, CSV, y0, or X -> Y; the language is known by how it starts"),
    area,
    said,
    h("p", { class: "row" }, button("Read", read, { class: "primary" }), file),
  );
  area.focus();
}

const FORMS = {
  text: ["Text", "txt", "text/plain"],
  dagitty: ["DAGitty", "dagitty", "text/plain"],
  dot: ["DOT", "dot", "text/vnd.graphviz"],
  python: ["Python", "py", "text/x-python"],
  latex: ["LaTeX", "tex", "text/x-tex"],
  json: ["JSON", "json", "application/json"],
  gml: ["GML", "gml", "text/plain"],
  graphml: ["GraphML", "graphml", "application/xml"],
  mermaid: ["Mermaid", "mmd", "text/plain"],
  svg: ["SVG", "svg", "image/svg+xml"],
  png: ["PNG", "png", "image/png"],
};

export async function openExport(app, first = "text") {
  let form = first;
  let content = "";
  const preview = h("div", { class: "preview" });
  const pick = h("div", { class: "forms", role: "radiogroup", "aria-label": "Form" },
    Object.entries(FORMS).map(([key, [label]]) => h("label", {}, h("input", { type: "radio", name: "form", value: key, checked: key === form, onchange: () => show(key) }), h("span", {}, label))));
  const download = () => save(`graph.${FORMS[form][1]}`, content, FORMS[form][2]);
  const copied = button("Copy", async () => say(app.root, (await copy(content)) ? "Copied" : "The browser does not allow copying"));
  const show = async (key) => {
    form = key;
    copied.hidden = key === "png";
    const { state } = app.store;
    if (key === "svg" || key === "png") {
      content = key === "svg" ? svg(app.root, state, app.found?.query) : await png(app.root, state, app.found?.query);
      const shown = key === "svg" ? new Blob([content], { type: "image/svg+xml" }) : content;
      preview.replaceChildren(h("img", { alt: "The graph as a picture", src: URL.createObjectURL(shown) }));
      return;
    }
    const answer = await app.engine.ask({ ask: "write", drawing: state, form: key });
    if (key !== form) return;
    content = answer.text ?? "";
    preview.replaceChildren(answer.error ? h("pre", { class: "wrong" }, answer.error.message) : code(content));
  };
  dialog(app.root, "Export", pick, preview, h("p", { class: "row" }, button("Download", download, { class: "primary" }), copied));
  await show(form);
}

// Files that are dropped on the page and graphs that are pasted outside of any field are read.
export function listen(app) {
  const { root } = app;
  root.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("dropping"); });
  root.addEventListener("dragleave", () => root.classList.remove("dropping"));
  root.addEventListener("drop", async (event) => {
    event.preventDefault();
    root.classList.remove("dropping");
    const [file] = event.dataTransfer.files;
    const text = file ? await file.text() : event.dataTransfer.getData("text");
    const message = await readText(app, text);
    if (message) openImport(app, text, message);
  });
  document.addEventListener("paste", async (event) => {
    if (event.target.closest?.("input, textarea, dialog") || !(event.target === document.body || root.contains(event.target))) return;
    const text = event.clipboardData.getData("text");
    if (!text.trim()) return;
    event.preventDefault();
    const message = await readText(app, text);
    if (message) openImport(app, text, message);
  });
}
