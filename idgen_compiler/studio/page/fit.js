// Train the program's models on a table and sample: only where Python runs behind the page.

import { hint } from "./answers.js";
import { bars } from "./charts.js";
import { button, fresh, h } from "./dom.js";

export function fitPanel(app) {
  const { engine } = app;
  let table = null;
  let fitted = null;
  const said = h("p", { class: "wrong", role: "status" });
  const columns = h("p", { class: "hint" });
  const out = h("div", {});
  const file = h("input", { type: "file", accept: ".csv,.tsv,text/csv", id: fresh("csv"), onchange: () => upload(file.files[0]) });
  const values = h("form", { class: "values", onsubmit: (event) => { event.preventDefault(); sample(); } });
  const fit = button("Fit", () => train(), { class: "primary", disabled: true });
  const element = h("div", {}, h("h3", {}, "Data"), h("p", { class: "row" }, h("label", { for: file.id }, "A table"), file), columns, h("p", { class: "row" }, fit), said, values, out);

  const attempt = async (button, work) => {
    said.textContent = "";
    button.disabled = true;
    try {
      const answer = await work();
      if (answer?.error) said.textContent = answer.error.message;
      return answer?.error ? null : answer;
    } catch (error) {
      said.textContent = error.message;
      return null;
    } finally {
      button.disabled = false;
    }
  };

  async function upload(chosen) {
    if (!chosen) return;
    table = await attempt(fit, async () => engine.upload(chosen.name, await chosen.text()));
    columns.textContent = table ? `${table.rows.toLocaleString()} rows of ${table.columns.join(", ")}` : "";
    fit.disabled = !table;
  }

  async function train() {
    said.textContent = "Training …";
    out.replaceChildren();
    fitted = await attempt(fit, async () => {
      said.textContent = "Training …";
      const begun = await engine.ask({ ask: "fit", drawing: app.store.state, table: table.table });
      if (begun.error) return begun;
      for (;;) {
        const now = await engine.ask({ ask: "fitted", job: begun.job });
        if (now.error || now.done) return now;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    });
    if (!fitted) return values.replaceChildren();
    said.textContent = [`Fitted in ${fitted.seconds.toFixed(1)} s.`, ...fitted.warnings].join(" ");
    values.replaceChildren(
      ...fitted.inputs.map(({ name, part, example }) => h("label", {}, `${part} ${name}`, h("input", { name, "data-part": part, value: example, spellcheck: "false" }))),
      h("button", { type: "submit", class: "primary" }, "Sample and estimate"),
    );
    if (!fitted.inputs.some(({ part }) => part === "do")) return;
    values.insertBefore(hint("Several values of a treatment, split by commas, stand side by side."), values.firstChild);
  }

  async function sample() {
    const parts = { do: {}, given: {} };
    for (const input of values.querySelectorAll("input")) parts[input.dataset.part][input.name] = input.value;
    const go = values.querySelector("button");
    const answer = await attempt(go, () => engine.ask({ ask: "sample", job: fitted.job, ...parts }));
    if (!answer) return;
    const parted = [
      ...answer.charts.flatMap((chart) => [
        h("h3", {}, chart.title),
        bars(chart),
        h("div", { class: "legend" }, chart.series.map((one, k) => h("span", { class: `s${k % 4}` }, one.name))),
      ]),
      answer.estimates.length
        ? h("table", {}, h("caption", { class: "away" }, "Estimates"), h("thead", {}, h("tr", {}, ["", "estimate", "95 % interval"].map((t) => h("th", { scope: "col" }, t)))), h("tbody", {}, answer.estimates.map((e) => h("tr", {}, h("th", { scope: "row" }, e.what), h("td", {}, e.value), h("td", {}, e.interval)))))
        : null,
      ...answer.notes.map(hint),
    ];
    out.replaceChildren(...parted.filter(Boolean));
  }

  return {
    element,
    show(found) {
      if (found.verdict !== "identifiable") said.textContent = "Fitting needs a query that is identifiable.";
      else if (said.textContent.startsWith("Fitting needs")) said.textContent = "";
    },
  };
}
