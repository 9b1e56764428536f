// The compiler in a browser: Python by Pyodide, and our sources from one archive. Nothing is fetched from elsewhere.

const here = (path) => new URL(path, import.meta.url).href;
const stage = (words) => postMessage({ stage: words });
const BROUGHT = { networkx: "networkx.zip" };

async function fetched(name) {
  const response = await fetch(here(name));
  if (!response.ok) throw new Error(`${name} is not beside this page`);
  return response.arrayBuffer();
}

const unpack = (pyodide, archive) => pyodide.unpackArchive(archive, "zip", { extractDir: "/lib/idgen" });

async function started() {
  stage("Starting Python");
  const compiler = fetched("./compiler.zip");
  compiler.catch(() => {}); // it is awaited below
  const { loadPyodide } = await import("./pyodide/pyodide.mjs");
  const pyodide = await loadPyodide({ indexURL: here("./pyodide/") });
  unpack(pyodide, await compiler);
  stage("Loading the compiler");
  const answer = pyodide.runPython(`
import sys
sys.path.insert(0, "/lib/idgen")
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
