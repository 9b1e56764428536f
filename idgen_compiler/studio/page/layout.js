// Places by ELK's layered layout, causes to the left of their effects.

let elk = null;

async function engine() {
  if (!elk) {
    await import("./vendor/elk.bundled.js"); // a script that leaves its class on the page
    elk = new globalThis.ELK();
  }
  return elk;
}

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.spacing.nodeNode": "56",
  "elk.layered.spacing.nodeNodeBetweenLayers": "80",
  "elk.layered.spacing.edgeNodeBetweenLayers": "36",
  "elk.spacing.edgeNode": "36",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.separateConnectedComponents": "false",
};

// The library is large: it is read while nobody waits for it.
export const prepare = () => (globalThis.requestIdleCallback ?? setTimeout)(() => engine());

// Vertex -> [x, y] in pixels; `width` says how wide a vertex is drawn.
export async function arranged(state, width) {
  const graph = {
    id: "root",
    layoutOptions: OPTIONS,
    children: state.points.map(({ name }) => ({ id: `v:${name}`, width: width(name), height: 36 })),
    edges: state.lines
      .filter((line) => !line.both)
      .map(({ tail, head }, k) => ({ id: `e${k}`, sources: [`v:${tail}`], targets: [`v:${head}`] })),
  };
  const found = await (await engine()).layout(graph);
  return Object.fromEntries(found.children.map((n) => [n.id.slice(2), [n.x + n.width / 2, n.y + n.height / 2]]));
}
