"use strict";
// Charts that answer: the library is unpacked when somebody first asks for it, and the picture stays for paper.
(() => {
  const held = (id) => document.getElementById(id).textContent;
  const told = document.getElementById("told");
  const say = (words) => { told.textContent = words; };
  const paint = Object.entries(JSON.parse(held("chart-paint")));
  const live = new Map();

  const unpacked = async () => {
    const bytes = Uint8Array.from(atob(held("chart-library")), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.type = "module"; // its names are its own
    script.textContent = await new Response(stream).text();
    return new Promise((resolve, reject) => {
      globalThis.idgenCharts = resolve;
      addEventListener("securitypolicyviolation", () => reject(new Error("the browser refuses the chart library")), { once: true });
      document.head.append(script);
    });
  };
  let library = null;
  const embedding = () => {
    library ??= unpacked().catch((error) => { library = null; throw error; });
    return library;
  };

  // A variable of the style sheet as a color: one that depends on the theme is settled where it is used.
  const color = (variable) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${variable})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };

  // The specification in the page's colors; what data say is not touched.
  const WORDS = new Set(["datasets", "domain", "sort", "title", "field"]);
  const painted = (spec) => {
    const colors = new Map(paint.map(([from, variable]) => [from, color(variable)]));
    const walk = (value) => {
      if (Array.isArray(value)) return value.map(walk);
      if (value && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, WORDS.has(key) ? inside : walk(inside)]));
      }
      return colors.get(value) ?? value;
    };
    return walk(spec);
  };

  const nameOf = (figure) => figure.querySelector("svg.chart").getAttribute("aria-label");
  const specOf = (figure) => JSON.parse(figure.querySelector("script.vega-lite").textContent);

  async function drawn(figure, into) {
    const { embed } = await embedding();
    const options = { actions: false, ast: true, defaultStyle: false, renderer: "svg", tooltip: { disableDefaultStyle: true } };
    const { view } = await embed(into, { ...painted(specOf(figure)), description: nameOf(figure) }, options);
    return view;
  }

  // ---- live ----

  const parameter = (figure, name) => specOf(figure).params?.some((each) => each.name === name);

  async function show(figure) {
    const box = document.createElement("div");
    box.className = "live";
    const stage = document.createElement("div");
    box.append(stage);
    figure.querySelector(".scroll").append(box);
    let view;
    try {
      view = await drawn(figure, stage);
    } catch (error) {
      box.remove();
      throw error;
    }
    live.set(figure, { box, view });
    if (parameter(figure, "zoom")) zooms(figure, box, view);
    if (parameter(figure, "highlight")) highlights(figure, box, view);
    figure.classList.add("is-live");
  }

  function hide(figure) {
    const { box, view } = live.get(figure);
    live.delete(figure);
    view.finalize();
    box.remove();
    figure.classList.remove("is-live");
  }

  const sized = (low, high, about, by) => [about + (low - about) * by, about + (high - about) * by];

  function zooms(figure, box, view) {
    const part = view.scale("x").domain().map(Number);
    const spec = specOf(figure);
    const first = spec.vconcat?.[0] ?? spec;
    const signal = `zoom_${(first.layer?.[0] ?? first).encoding.x.field}`;
    const set = (domain) => view.signal(signal, domain).runAsync();
    const step = (by, move) => {
      const [low, high] = view.scale("x").domain().map(Number);
      const shift = (high - low) * move;
      set(sized(low + shift, high + shift, (low + high) / 2 + shift, by));
    };
    const act = { "Zoom in": () => step(0.7, 0), "Zoom out": () => step(1 / 0.7, 0), "Left": () => step(1, -0.2),
      "Right": () => step(1, 0.2), "All": () => set(part) };
    const bar = tools(figure, Object.entries(act));
    const hint = document.createElement("span");
    hint.textContent = "or drag, and Ctrl with the wheel";
    bar.append(hint);
    box.append(bar);
  }

  function tools(figure, acts) {
    const bar = document.createElement("p");
    bar.className = "chart-tools";
    for (const [name, act] of acts) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.setAttribute("aria-label", `${name}: ${nameOf(figure)}`);
      button.addEventListener("click", act);
      bar.append(button);
    }
    return bar;
  }

  function highlights(figure, box, view) {
    const fields = view.signal("highlight_tuple_fields") ?? [];
    const spec = specOf(figure);
    const names = (spec.layer ?? [spec]).map((unit) => unit.encoding?.color?.scale?.domain).find((found) => found?.length > 1);
    const select = document.createElement("select");
    for (const name of ["", ...names]) {
      const option = document.createElement("option");
      option.value = name;
      option.textContent = name || "all";
      select.append(option);
    }
    select.addEventListener("change", () => {
      const store = select.value ? [{ unit: "view_0", fields, values: [select.value] }] : [];
      view.data("highlight_store", store).runAsync();
    });
    const label = document.createElement("label");
    label.className = "chart-tools";
    label.append("Bring out ", select);
    box.append(label);
  }

  // ---- what is pressed ----

  async function save(figure, kind) {
    const shown = live.get(figure)?.view;
    const view = shown ?? (await drawn(figure, document.createElement("div")));
    const before = view.background();
    await view.background(color("--paper")).runAsync();
    const stem = nameOf(figure).replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60).replace(/^-+|-+$/g, "") || "chart";
    const link = document.createElement("a");
    link.download = `${stem}.${kind}`;
    link.href = kind === "png" ? await view.toImageURL("png", 2)
      : URL.createObjectURL(new Blob([await view.toSVG()], { type: "image/svg+xml" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    await view.background(before).runAsync();
    if (!shown) view.finalize();
    say(`Saved ${link.download}`);
  }

  async function turn(figure, button) {
    const on = !live.has(figure);
    if (on) await show(figure);
    else hide(figure);
    button.setAttribute("aria-pressed", String(on));
    say(on ? "The chart is interactive" : "The picture is back");
  }

  const pressed = { live: turn, svg: (figure) => save(figure, "svg"), png: (figure) => save(figure, "png") };
  for (const button of document.querySelectorAll("button[data-chart]")) {
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-busy") === "true") return;
      button.setAttribute("aria-busy", "true");
      try {
        await pressed[button.dataset.chart](button.closest("figure"), button);
      } catch (error) {
        say(`That did not work: ${error.message}`);
        button.title = error.message;
      } finally {
        button.removeAttribute("aria-busy");
      }
    });
  }

  const again = async () => {
    for (const figure of [...live.keys()]) {
      hide(figure);
      await show(figure);
    }
  };
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();
