// The page: it takes the drawing of its address, finds where Python runs, and mounts the studio.

import { httpEngine, workerEngine } from "./engines.js";
import { packed, unpacked } from "./share.js";
import { mount } from "./studio.js";

const root = document.getElementById("studio");

async function engineOf() {
  const { engine = "browser", can = [], state } = await fetch("engine.json").then((r) => (r.ok ? r.json() : {})).catch(() => ({}));
  if (engine === "server") return { engine: httpEngine(document.baseURI), can, begun: state };
  const progress = ({ stage, failed }) => studio?.says(failed ? "" : stage === "Ready" ? "" : `${stage} …`);
  return { engine: workerEngine(new URL("worker.js", import.meta.url), progress), can };
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
  return unpacked(text).catch(() => undefined);
}

let studio = null;
const [linked, { engine, can, begun }] = await Promise.all([stateOf(), engineOf()]);
root.replaceChildren();
studio = mount(root, { engine, can, state: linked ?? begun, share });
if (engine.where === "browser") studio.says("Starting Python …");
globalThis.idgenStudio = studio;
if (studio.store.state.points.some((point) => point.x === undefined || point.x === null)) studio.arrange();
else studio.canvas.fit();
addEventListener("hashchange", async () => {
  const now = await stateOf();
  if (now && JSON.stringify(now) !== JSON.stringify(studio.store.state)) {
    studio.store.commit(now);
    studio.canvas.fit();
  }
});
