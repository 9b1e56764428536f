// Keep Python as it is once the compiler has answered: node snapshot.mjs PYODIDE ARCHIVE OUT.
// A browser goes on from there, and neither starts Python nor imports anything.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const [folder, archive, to] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: folder, _makeSnapshot: true });
const memory = () => pyodide._module.HEAPU8.length;
const begun = memory();
pyodide.unpackArchive(new Uint8Array(readFileSync(archive)), "zip", { extractDir: "/lib/idgen" });
pyodide.runPython(`
import gc, json, sys
sys.path.insert(0, "/lib/idgen")
from idgen_compiler.studio.answers import answer_text

def ask(**request):
    found = json.loads(answer_text(json.dumps(request)))
    assert "error" not in found, found
    gc.collect()
    return found

drawing = ask(ask="open", name="napkin")["drawing"]
ask(ask="analyse", drawing=drawing)
del ask, drawing
gc.collect()
`);
// What is larger than the memory that Pyodide begins with cannot be put there.
if (memory() > begun) throw new Error(`the compiler needs ${memory()} bytes of ${begun}`);
writeFileSync(to, gzipSync(pyodide.makeMemorySnapshot()));
