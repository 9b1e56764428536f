// What the compiler says, one panel a part. Nothing is worked out here.

import { button, copy, fresh, h, say } from "./dom.js";

const names = (list) => list.join(", ");

// A formula, set smaller where it would not fit, and scrolled where it would become too small to read.
function math(mathml) {
  const box = h("div", { class: "math", tabindex: "0", role: "group", "aria-label": "The estimand", html: mathml });
  requestAnimationFrame(() => {
    for (let size = 19; size >= 14 && box.scrollWidth > box.clientWidth; size--) box.style.fontSize = `${size}px`;
  });
  return box;
}

function copier(root, label, text) {
  return button(label, async () => say(root, (await copy(text)) ? "Copied" : "The browser does not allow copying"), { class: "quiet small" });
}

export function code(text) {
  const marked = text
    .replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c])
    .replace(/(#.*$)|(%\w+)|(&quot;|"[^"\n]*")|\b(program|graph|observe|train|realize|regenerate|reweight|condition|sample|rows|by|or|import|as|print)\b/gm, (all, comment, value, string, word) =>
      comment ? `<i>${comment}</i>` : value ? `<b>${value}</b>` : string ? `<q>${string}</q>` : `<em>${word}</em>`,
    );
  return h("pre", { class: "code", tabindex: "0", html: marked });
}

// ---- the verdict ----------------------------------------------------------------------------------------------------

export function verdict(found) {
  const about = {
    empty: ["plain", "Draw a graph", "Double-click for a vertex, drag with Shift for a cause, with Alt for a hidden common cause. Or open an example, or paste a graph in any language."],
    graph: ["bad", "This is no causal graph", found.error?.message],
    "no query": ["plain", "Ask a query", "For instance P(Y | do(X)). Select a vertex to make it the treatment or the outcome."],
    query: ["warn", "The query cannot be read", found.error?.message],
    identifiable: ["good", "Identifiable", null],
    "not identifiable": ["bad", "Not identifiable", null],
  }[found.verdict] ?? ["warn", "No answer", found.error?.message];
  const [look, title, words] = about;
  let detail = words ? h(words.includes("\n") ? "pre" : "p", {}, words) : null;
  if (found.verdict === "identifiable") detail = h("p", {}, `${found.query.text} is a function of the observed law: ${summary(found)}.`);
  if (found.verdict === "not identifiable") detail = h("p", {}, `No formula in the observed law answers ${found.query.text}: two models agree on everything that can be seen, and differ in the answer.`);
  return h("div", { class: `verdict ${look}` }, h("strong", {}, title), detail);
}

function summary(found) {
  const cost = Object.fromEntries(found.program.cost.map((row) => [row.what, row.compiled]));
  const several = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const parts = [`derived in ${several(found.steps, "step")}`];
  parts.push(cost.models ? `${several(cost.models, "model")} to train` : "rows of the data are enough");
  const again = cost["regenerated data sets"];
  if (again) parts.push(`${several(again, "data set")} to regenerate or reweight`);
  return parts.join(", ");
}

// ---- panels ---------------------------------------------------------------------------------------------------------

const BEGINNINGS = { "back-door": "Back door", "front-door": "Front door", napkin: "Napkin", bow: "Bow", "instrument": "Instrument" };

// What there is before anything is drawn: examples to begin with, and how to draw.
export function beginning(open) {
  const keys = [
    ["Double-click", "a vertex; on a vertex, its name"],
    ["Shift + drag", "a cause, from vertex to vertex"],
    ["Alt + drag", "a hidden common cause"],
    ["E, O, A", "the selected vertex is treatment, outcome, given"],
    ["U, R, Del", "latent, rename, delete"],
    ["Ctrl + V", "a graph in any language, pasted or dropped"],
  ];
  return [
    h("h3", {}, "Begin with"),
    h("p", { class: "row" }, Object.entries(BEGINNINGS).map(([name, title]) => button(title, () => open(name), { class: "small" }))),
    h("h3", {}, "Drawing"),
    h("dl", {}, keys.map(([key, what]) => [h("dt", {}, key), h("dd", {}, what)])),
  ];
}

export function answerPanel(root, found, proof, show) {
  if (found.verdict === "not identifiable") return hedgePanel(root, found, proof, show);
  if (!found.estimand) return [hint("The formula stands here once a query has an answer.")];
  const { estimand, program } = found;
  const parts = [
    h("h3", {}, "Estimand"),
    math(estimand.mathml),
    h("p", { class: "row" }, copier(root, "Copy LaTeX", estimand.latex), copier(root, "Copy text", estimand.text)),
  ];
  if (found.query.treatments.length) {
    parts.push(h("h3", {}, "Adjustment sets"));
    parts.push(
      found.adjustment.length
        ? h("ul", { class: "sets" }, found.adjustment.map((set) => h("li", {}, set.length ? `{ ${names(set)} }` : "{ } — nothing needs adjusting")))
        : hint(found.query.conditions.length ? "Adjustment is looked for in queries without conditions." : "No set of covariates will do; the formula above goes another way."),
    );
  }
  parts.push(h("h3", {}, "Cost"), costTable(program), proofLine(proof));
  return parts;
}

function costTable(program) {
  return h(
    "table",
    {},
    h("caption", { class: "away" }, "What the literal and the compiled program cost"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, ""), h("th", { scope: "col" }, "literal"), h("th", { scope: "col" }, "compiled"))),
    h("tbody", {}, program.cost.map((row) => h("tr", {}, h("th", { scope: "row" }, row.what), h("td", {}, String(row.literal)), h("td", { class: row.compiled < row.literal ? "less" : "" }, String(row.compiled))))),
  );
}

function proofLine(proof) {
  if (!proof?.rows.length) return null;
  const good = proof.rows.filter((row) => row.ok).length;
  const well = good === proof.rows.length;
  return h("p", { class: well ? "proved" : "refuted" }, well ? `Equal to the truth in ${good} of ${good} random models, as exact fractions modulo four random primes.` : `Differs from the truth in ${proof.rows.length - good} of ${proof.rows.length} random models.`);
}

function hedgePanel(root, found, proof, show) {
  const { hedge } = found;
  const view = button("Show on the graph", () => show({ outer: hedge.outer, inner: hedge.inner, vertices: hedge.outer, pinned: true }), { class: "quiet small" });
  return [
    h("h3", {}, "Hedge"),
    h("dl", {}, h("dt", {}, "F"), h("dd", {}, names(hedge.outer)), h("dt", {}, "F\u2032, inside it"), h("dd", {}, names(hedge.inner))),
    h("p", { class: "row" }, view, copier(root, "Copy", hedge.message)),
    hint("Measure a common cause, cut one of the hedge's bidirected edges, or ask for an effect that avoids it."),
    ...witnessParts(proof),
  ];
}

function witnessParts(proof) {
  const witness = proof?.witness;
  if (!witness) return proof?.error ? [hint(proof.error)] : [hint("Two models that prove it are being made …")];
  const row = (law) =>
    h("tr", {}, h("th", { scope: "row" }, law.name), law.same ? h("td", { colSpan: 2 }, law.first) : [h("td", {}, law.first), h("td", { class: "differs" }, law.second)]);
  return [
    h("h3", {}, "Two models that prove it"),
    h("p", {}, `Hidden causes, each a fair coin: ${names(witness.coins) || "none"}. The observed law is the same in both, cell by cell; the answers differ by ${witness.difference}.`),
    h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "The two models" },
      h("table", { class: "laws" },
        h("caption", { class: "away" }, "How each model makes every vertex"),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "vertex"), h("th", { scope: "col" }, "model 1"), h("th", { scope: "col" }, "model 2"))),
        h("tbody", {}, witness.laws.map(row)))),
    h("details", {}, h("summary", {}, "In full"), code(witness.text)),
  ];
}

export function derivationPanel(root, found, proof, show) {
  if (!found.derivation) return [hint(found.verdict === "not identifiable" ? `The derivation ends in a hedge: ${found.hedge.step}` : "The derivation stands here once a query has an answer.")];
  let pinned = null;
  const step = (one, k) => {
    const about = { vertices: one.vertices, moved: one.moved, fixed: one.fixed };
    const number = /^\d$/.test(one.line) ? `line ${one.line}` : one.line;
    const press = (event) => {
      const box = event.currentTarget;
      const again = pinned === box;
      pinned?.setAttribute("aria-pressed", "false");
      pinned = again ? null : box;
      box.setAttribute("aria-pressed", String(!again));
      show(again ? null : { ...about, pinned: true });
    };
    return h(
      "li",
      { style: `--depth:${Math.min(one.depth, 8)}` },
      h(
        "button",
        { type: "button", class: "step", "aria-pressed": "false", onclick: press, onmouseenter: () => !pinned && show(about), onmouseleave: () => !pinned && show(null), onfocus: () => !pinned && show(about), onblur: () => !pinned && show(null) },
        h("span", { class: "line" }, number),
        h("span", { class: "what" }, h("span", { class: "problem" }, one.problem), h("span", { class: "title" }, one.text.split(": ").slice(2).join(": ") || one.title), h("span", { class: "why" }, one.why), h("span", { class: "law" }, `in ${one.law}`)),
      ),
    );
  };
  const rest = found.steps - found.derivation.length;
  return [
    h("p", { class: "hint" }, "The algorithm of Shpitser and Pearl, call by call. Point at a step to see its part of the graph."),
    h("ol", { class: "steps" }, found.derivation.map(step)),
    rest > 0 ? hint(`${rest} more steps.`) : null,
  ];
}

export function programPanel(root, found) {
  if (!found.program) return [hint("The program stands here once a query has an answer.")];
  const { program } = found;
  const shown = h("div", {}, code(program.text));
  const id = fresh("literal");
  const flip = h("input", { type: "checkbox", id, onchange: (event) => shown.replaceChildren(code(event.target.checked ? program.literal : program.text)) });
  return [
    program.posing ? h("p", { class: "hint" }, `Compiled as ${program.posing}.`) : null,
    h("p", { class: "row" }, h("label", { for: id, class: "check" }, flip, "as ID-GEN writes it, not optimized"), copier(root, "Copy", program.text)),
    shown,
    h("h3", {}, "Models, in training order"),
    program.models.length
      ? h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Models" },
          h("table", {},
            h("caption", { class: "away" }, "The models that are trained"),
            h("thead", {}, h("tr", {}, ["", "target | inputs", "rows of", "what it learns"].map((t) => h("th", { scope: "col" }, t)))),
            h("tbody", {}, program.models.map((m) => h("tr", {}, h("th", { scope: "row" }, m.name), h("td", {}, names(m.targets) + (m.inputs.length ? ` | ${names(m.inputs)}` : "")), h("td", {}, m.data), h("td", {}, m.law))))))
      : hint("None: rows of the data are enough."),
  ];
}

export function implicationsPanel(root, found, proof, show) {
  const implied = found.implications;
  if (!implied) return [hint("What the graph says about data stands here.")];
  if (!implied.count) return [hint("The graph says nothing that data could contradict: every pair of vertices is joined, or might as well be.")];
  const item = (one) =>
    h("li", {}, h("button", { type: "button", class: "step", onmouseenter: () => show({ vertices: [one.a, one.b, ...one.given], moved: [one.a, one.b] }), onmouseleave: () => show(null), onfocus: () => show({ vertices: [one.a, one.b, ...one.given], moved: [one.a, one.b] }), onblur: () => show(null) },
      h("span", { class: "what" }, h("span", { class: "problem" }, one.text), h("span", { class: "why" }, `${one.sentence}${one.functional ? " (a functional, or Verma, constraint)" : ""}.`))));
  const rest = implied.count - implied.listed.length;
  return [
    h("p", { class: "hint" }, `${implied.count} testable ${implied.count === 1 ? "implication" : "implications"}, one for each missing edge that has one.`),
    h("ul", { class: "steps plain" }, implied.listed.map(item)),
    rest > 0 ? hint(`${rest} more.`) : null,
  ];
}

export function proofPanel(root, found, proof) {
  if (found.verdict === "not identifiable") return witnessParts(proof);
  if (found.verdict !== "identifiable") return [hint("An answer is proved here on random models, in exact fractions.")];
  if (proof?.error) return [hint(proof.error)];
  const rows = proof?.rows ?? [];
  const kinds = rows.length ? Object.keys(rows[0].ours) : [];
  return [
    h("p", { class: "hint" }, "Random structural models with hidden causes on this graph. Truth, estimand and programs are compared as fractions, without tolerance."),
    proofLine(proof),
    rows.length
      ? h("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Random models" },
          h("table", {},
            h("caption", { class: "away" }, "Answers against the truth of random models"),
            h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "model"), kinds.map((kind) => h("th", { scope: "col" }, kind)))),
            h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, String(row.model)), kinds.map((kind) => h("td", { class: row.ours[kind].verdict === "agrees" ? "less" : "differs" }, row.ours[kind].verdict === "agrees" ? "equal" : row.ours[kind].detail || row.ours[kind].verdict)))))))
      : hint("The first model is being worked out …"),
  ];
}

export const hint = (words) => h("p", { class: "hint" }, words);
