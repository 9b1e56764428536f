// The compiler in a browser: Python by Pyodide, and our sources from one archive. Nothing is fetched from elsewhere.

const here = (path) => new URL(path, import.meta.url).href;
const stage = (words) => postMessage({ stage: words });
const SNAPSHOT = new URL(import.meta.url).searchParams.get("snapshot");
const BROUGHT = { networkx: "networkx.zip" };

async function fetched(name) {
  const response = await fetch(here(name));
  if (!response.ok) throw new Error(`${name} is not beside this page`);
  return response.arrayBuffer();
}

const unpack = (pyodide, archive) => pyodide.unpackArchive(archive, "zip", { extractDir: "/lib/idgen" });

// The memory of a Python that has imported the compiler already. A server may have unpacked it on its way.
async function snapshot() {
  const bytes = await fetched(`./${SNAPSHOT}`);
  const [a, b] = new Uint8Array(bytes, 0, 2);
  if (a !== 0x1f || b !== 0x8b) return bytes;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function python() {
  const { loadPyodide } = await import("./pyodide/pyodide.mjs");
  const indexURL = here("./pyodide/");
  if (SNAPSHOT) {
    try {
      return await loadPyodide({ indexURL, _loadSnapshot: await snapshot() });
    } catch (error) {
      console.info(`Python starts afresh: ${error.message}`);
    }
  }
  return loadPyodide({ indexURL });
}

async function started() {
  stage("Starting Python");
  const compiler = fetched("./compiler.zip");
  compiler.catch(() => {}); // it is awaited below
  const pyodide = await python();
  unpack(pyodide, await compiler);
  stage("Loading the compiler");
  const answer = pyodide.runPython(`
import importlib, sys
if "/lib/idgen" not in sys.path:
    sys.path.insert(0, "/lib/idgen")
importlib.invalidate_caches()
from idgen_compiler.studio.answers import answer_text
answer_text
`);
  stage("Ready");
  return { pyodide, answer };
}

const ready = started().catch((error) => {
  const missing = /Failed to fetch|not beside/.test(error.message);
  postMessage({
    failed: missing
      ? "Python for the browser is not beside this page; build it with: idgen studio --build DIR"
      : `Python did not start: ${error.message}`,
  });
  throw error;
});

onmessage = async ({ data: { id, text } }) => {
  const { pyodide, answer } = await ready;
  let found;
  try {
    found = answer(text);
    for (const [library, archive] of Object.entries(BROUGHT)) {
      if (found.includes(`${library} is not installed`)) {
        unpack(pyodide, await fetched(archive));
        pyodide.runPython("import importlib; importlib.invalidate_caches()");
        found = answer(text);
      }
    }
  } catch (error) {
    const last = String(error.message).trim().split("\n").pop();
    found = JSON.stringify({ error: { kind: "fault", message: `a fault of idgen, not of your input: ${last}` } });
  }
  postMessage({ id, text: found });
};
