// Train the program's models on a table and sample: only where Python runs behind the page.

import { hint } from "./answers.js";
import { bars } from "./charts.js";
import { button, fresh, h } from "./dom.js";
import { meaning } from "./store.js";

const CHANGED = "The drawing has changed since this fit: what stands below answers the earlier query. Fit again.";

// What a fit can be told: option, label, and what it may be; the first is what is done where nobody says.
const MISSING = [["", "refuse the table"], ["drop", "drop the row"], ["category", "a category of their own"], ["text", "words such as NA are labels"]];
const EFFORT = [["quick", "quick"], ["", "default"], ["best", "best"]];
const DECIMAL = [["", "found"], [".", "."], [",", ","]];

const options = (pairs) => pairs.map(([value, label]) => h("option", { value, selected: value === "" }, label));
const field = (name, label, made) => h("label", {}, label, Object.assign(made, { name }));

export function fitPanel(app) {
  const { engine } = app;
  let table = null;
  let fitted = null;
  let key = null;
  let verdict = "";
  const said = h("p", { class: "told", role: "status" });
  const warned = h("ul", { class: "warned" });
  const columns = h("p", { class: "hint" });
  const out = h("div", {});
  const file = h("input", { type: "file", accept: ".csv,.tsv,text/csv", id: fresh("csv"), onchange: () => upload(file.files[0]) });
  const values = h("form", { class: "values", onsubmit: (event) => { event.preventDefault(); sample(); } });
  const fit = button("Fit", () => train(), { class: "primary", disabled: true });
  const how = h(
    "div", { class: "values" },
    field("missing", "Missing values", h("select", {}, options(MISSING))),
    field("effort", "Effort", h("select", {}, options(EFFORT))),
    field("decimal", "Decimal mark", h("select", {}, options(DECIMAL))),
    field("missing_marks", "Words for missing", h("input", { placeholder: "-999, unknown", spellcheck: "false" })),
    field("types", "Types of columns", h("input", { placeholder: "X=integer, Y=categorical", spellcheck: "false" })),
  );
  const element = h("div", {}, h("h3", {}, "Data"), h("p", { class: "row" }, h("label", { for: file.id }, "A table"), file), columns, how, h("p", { class: "row" }, fit), said, warned, values, out);

  // Only what went wrong looks like it.
  const tell = (words, look = "") => {
    said.textContent = words;
    said.className = `told ${look}`;
  };
  const forget = () => {
    fitted = null;
    warned.replaceChildren();
    values.replaceChildren();
    out.replaceChildren();
  };

  const attempt = async (button, work) => {
    button.disabled = true;
    try {
      const answer = await work();
      if (answer?.error) tell(answer.error.message, "wrong");
      return answer?.error ? null : answer;
    } catch (error) {
      tell(error.message, "wrong");
      return null;
    } finally {
      button.disabled = false;
    }
  };

  async function upload(chosen) {
    if (!chosen) return;
    forget();
    tell("");
    table = await attempt(fit, async () => engine.upload(chosen.name, await chosen.text()));
    columns.textContent = table ? `${table.rows.toLocaleString()} rows of ${table.columns.join(", ")}` : "";
    fit.disabled = !table;
  }

  const chosen = () => Object.fromEntries([...how.querySelectorAll("select, input")].map(({ name, value }) => [name, value]));

  async function train() {
    forget();
    tell("Training …");
    const asked = app.store.state;
    fitted = await attempt(fit, async () => {
      const begun = await engine.ask({ ask: "fit", drawing: asked, table: table.table, options: chosen() });
      if (begun.error) return begun;
      for (;;) {
        const now = await engine.ask({ ask: "fitted", job: begun.job });
        if (now.error || now.done) return now;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    });
    if (!fitted) return;
    key = meaning(asked);
    tell(`Fitted in ${fitted.seconds.toFixed(1)} s.`, "good");
    warned.replaceChildren(...fitted.warnings.map((words) => h("li", {}, words)));
    values.replaceChildren(
      ...fitted.inputs.map(({ name, part, example }) => h("label", {}, `${part} ${name}`, h("input", { name, "data-part": part, value: example, spellcheck: "false" }))),
      h("button", { type: "submit", class: "primary" }, "Sample and estimate"),
    );
    if (fitted.inputs.some(({ part }) => part === "do")) values.insertBefore(hint("Several values of a treatment, split by commas, stand side by side."), values.firstChild);
    compared();
  }

  async function sample() {
    const parts = { do: {}, given: {} };
    for (const input of values.querySelectorAll("input")) parts[input.dataset.part][input.name] = input.value;
    const go = values.querySelector("button");
    tell("Sampling …");
    out.replaceChildren();
    const answer = await attempt(go, () => engine.ask({ ask: "sample", job: fitted.job, ...parts }));
    if (!answer) return;
    tell("");
    compared();
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

  // A fit answers the drawing that it was begun with.
  function compared() {
    const words = said.textContent;
    if (fitted && key !== meaning(app.store.state)) return tell(CHANGED, "careful");
    if (words === CHANGED) tell("");
    if (fitted) return;
    if (verdict !== "identifiable") {
      if (!words) tell("Fitting needs a query that is identifiable.", "careful");
    } else if (words.startsWith("Fitting needs")) tell("");
  }

  return {
    element,
    show(found) {
      verdict = found.verdict;
      compared();
    },
  };
}
