// Compile the sources of an archive by the very Python that will run them: node compile.mjs PYODIDE IN OUT.
// Importing bytecode saves the browser a good part of its start.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, from, to] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: folder });
pyodide.unpackArchive(new Uint8Array(readFileSync(from)), "zip", { extractDir: "/in" });
pyodide.runPython(`
import compileall, pathlib, py_compile, zipfile
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
assert compileall.compile_dir("/in", quiet=1, legacy=True, stripdir="/in", invalidation_mode=unchecked, optimize=2)
with zipfile.ZipFile("/out.zip", "w", zipfile.ZIP_DEFLATED) as out:
    for file in sorted(pathlib.Path("/in").rglob("*")):
        if file.is_file() and file.suffix != ".py" and "__pycache__" not in file.parts:
            info = zipfile.ZipInfo(file.relative_to("/in").as_posix(), (1980, 1, 1, 0, 0, 0))
            out.writestr(info, file.read_bytes(), zipfile.ZIP_DEFLATED)
`);
writeFileSync(to, pyodide.FS.readFile("/out.zip"));
