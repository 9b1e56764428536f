// The page: it takes the drawing of its address, finds where Python runs, and mounts the studio.

import { httpEngine, workerEngine } from "./engines.js";
import { packed, unpacked } from "./share.js";
import { isDrawing } from "./store.js";
import { mount } from "./studio.js";

const root = document.getElementById("studio");

async function engineOf() {
  const { engine = "browser", can = [], state, snapshot } = await fetch("engine.json").then((r) => (r.ok ? r.json() : {})).catch(() => ({}));
  if (engine === "server") return { engine: httpEngine(document.baseURI), can, begun: state };
  const progress = ({ stage, failed }) => studio?.says(failed ? "" : stage === "Ready" ? "" : `${stage} …`);
  const worker = new URL("worker.js", import.meta.url);
  if (snapshot) worker.searchParams.set("snapshot", snapshot);
  return { engine: workerEngine(worker, progress), can };
}

const share = {
  async url(state) {
    const url = new URL(location.href);
    url.hash = await packed(state);
    history.replaceState(null, "", url);
    return url.href;
  },
  remember(state) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (state.points.length || location.hash) && this.url(state), 400);
  },
};

async function stateOf() {
  const text = location.hash.slice(1);
  if (!text) return undefined;
  const state = await unpacked(text).catch(() => undefined);
  return isDrawing(state) ? state : undefined; // an address that was cut is no drawing
}

let studio = null;
const [linked, { engine, can, begun }] = await Promise.all([stateOf(), engineOf()]);
root.replaceChildren();
try {
  const theme = localStorage.getItem("idgen-theme");
  if (theme) root.dataset.theme = theme;
} catch {
  // a browser that keeps nothing
}
studio = mount(root, { engine, can, state: linked ?? begun, share });
if (engine.where === "browser") studio.says("Starting Python …");
globalThis.idgenStudio = studio;
studio.ontheme = (theme) => {
  try {
    localStorage.setItem("idgen-theme", theme);
  } catch {
    // a browser that keeps nothing
  }
};
if (studio.store.state.points.some((point) => point.x === undefined || point.x === null)) studio.arrange();
else studio.canvas.fit();
addEventListener("hashchange", async () => {
  const now = await stateOf();
  if (now && JSON.stringify(now) !== JSON.stringify(studio.store.state)) {
    studio.store.commit(now);
    studio.canvas.fit();
  }
});
