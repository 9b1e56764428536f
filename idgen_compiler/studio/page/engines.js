// Where Python runs: in a worker of this page, behind the server that served it, or in a notebook's kernel.

export function httpEngine(base) {
  const post = async (path, body, type = "application/json") => {
    const response = await fetch(new URL(path, base), { method: "POST", headers: { "Content-Type": type }, body });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return response.json();
  };
  return {
    where: "server",
    ask: (request) => post("api", JSON.stringify(request)),
    upload: (name, text) => post(`data?name=${encodeURIComponent(name)}`, text, "text/csv"),
  };
}

// One worker with its own Python: requests are answered one after the other.
function channel(url, progress) {
  const worker = new Worker(url, { type: "module" });
  const waiting = new Map();
  let next = 0;
  const fail = (message) => {
    progress({ failed: message });
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
    worker.failed = message;
  };
  worker.onmessage = ({ data }) => {
    if (data.stage || data.failed) return data.failed ? fail(data.failed) : progress(data);
    const { resolve } = waiting.get(data.id) ?? {};
    waiting.delete(data.id);
    resolve?.(JSON.parse(data.text));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail("Python for the browser is not beside this page; build it with: idgen studio --build DIR");
  };
  return (request) =>
    new Promise((resolve, reject) => {
      if (worker.failed) return reject(new Error(worker.failed));
      waiting.set(++next, { resolve, reject });
      worker.postMessage({ id: next, text: JSON.stringify(request) });
    });
}

// What may take long is asked `aside`, of a second worker that is started when it is first needed: no edit waits for it.
export function workerEngine(url, progress = () => {}) {
  let second = null;
  const ask = channel(url, progress);
  return { where: "browser", ask, aside: (request) => (second ??= channel(url, () => {}))(request) };
}

export function modelEngine(model) {
  const waiting = new Map();
  let next = 0;
  model.on("msg:custom", ({ id, answer }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return {
    where: "notebook",
    ask: (request) =>
      new Promise((resolve) => {
        waiting.set(++next, resolve);
        model.send({ id: next, request });
      }),
  };
}
