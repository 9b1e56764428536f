// The drawing as a value, and its past: every change makes a new one, so that undoing is going back.

export const EMPTY = { points: [], lines: [], query: "", unit: 1, frame: "" };

const WORD = /^[\p{L}_][\p{L}\p{N}_]*$/u;
export const spelled = (name) => (WORD.test(name) ? name : JSON.stringify(name));

export class Store {
  #past = [];
  #future = [];
  #listeners = new Set();
  #key = null;

  constructor(state = EMPTY) {
    this.state = { ...EMPTY, ...state };
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // Changes of one `key` in a row, such as letters typed into a query, are undone together.
  commit(state, key = null) {
    if (key === null || key !== this.#key) this.#past.push(this.state);
    this.#key = key;
    if (this.#past.length > 500) this.#past.shift();
    this.#future = [];
    this.#set({ ...EMPTY, ...state });
  }

  change(parts, key = null) {
    this.commit({ ...this.state, ...parts }, key);
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.state);
    this.#key = null;
    this.#set(this.#past.pop());
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.state);
    this.#key = null;
    this.#set(this.#future.pop());
  }

  #set(state) {
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

// Whether what came from outside is a drawing as far as the page needs it; the compiler looks closer.
export function isDrawing(state) {
  const texts = (...values) => values.every((value) => typeof value === "string");
  return (
    Array.isArray(state?.points) && state.points.every((p) => texts(p?.name)) &&
    Array.isArray(state.lines ?? []) && (state.lines ?? []).every((l) => texts(l?.tail, l?.head)) && texts(state.query ?? "")
  );
}

// ---- changes: from a drawing to another -----------------------------------------------------------------------------

export function newName(state) {
  const taken = new Set(state.points.map((point) => point.name));
  for (const letter of ["X", "Y", "Z", "W", "M", "A", "B", "C", "D"]) if (!taken.has(letter)) return letter;
  for (let k = 1; ; k++) if (!taken.has(`V${k}`)) return `V${k}`;
}

export const addPoint = (state, name, x, y, latent = false) => ({
  ...state,
  points: [...state.points, { name, x, y, ...(latent ? { latent } : {}) }],
});

export function connect(state, tail, head, both) {
  if (tail === head) return state;
  const same = (line) =>
    both === !!line.both && ((line.tail === tail && line.head === head) || (both && line.tail === head && line.head === tail));
  if (state.lines.some(same)) return state;
  // Drawing an edge against one that is there turns it round.
  const opposed = (line) => !both && !line.both && line.tail === head && line.head === tail;
  return { ...state, lines: [...state.lines.filter((l) => !opposed(l)), { tail, head, ...(both ? { both } : {}) }] };
}

export const sameLine = (a, b) => a.tail === b.tail && a.head === b.head && !!a.both === !!b.both;

export const removed = (state, names, lines = []) => ({
  ...state,
  points: state.points.filter((point) => !names.includes(point.name)),
  lines: state.lines.filter(
    (l) => !names.includes(l.tail) && !names.includes(l.head) && !lines.some((gone) => sameLine(gone, l)),
  ),
});

export function renamed(state, old, name) {
  const pattern = WORD.test(old)
    ? new RegExp(`(?<![\\p{L}\\p{N}_"])${old}(?![\\p{L}\\p{N}_"])`, "gu")
    : new RegExp(JSON.stringify(old).replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gu");
  const [, head, rest] = /^(\s*[PE]\s*(?=[(\[]))?(.*)$/su.exec(state.query);
  return {
    ...state,
    points: state.points.map((point) => (point.name === old ? { ...point, name } : point)),
    lines: state.lines.map((line) => ({
      ...line,
      tail: line.tail === old ? name : line.tail,
      head: line.head === old ? name : line.head,
    })),
    query: (head ?? "") + rest.replace(pattern, () => spelled(name)),
  };
}

export const withPoint = (state, name, parts) => ({
  ...state,
  points: state.points.map((point) => (point.name === name ? { ...point, ...parts } : point)),
});

export const MARKS = { treatments: "exposure", outcomes: "outcome", conditions: "adjusted" };

// Who plays which part, by the query where it has been read, and by the marks that wait for one.
export function rolesOf(state, query) {
  const roles = { treatments: [], outcomes: [], conditions: [] };
  for (const role of Object.keys(roles)) roles[role].push(...(query?.[role] ?? []));
  for (const point of state.points) {
    for (const [role, mark] of Object.entries(MARKS)) {
      if (role === "conditions" || Object.values(roles).flat().includes(point.name)) continue;
      if (point.marks?.includes(mark)) roles[role].push(point.name);
    }
  }
  return roles;
}

export function withRole(state, query, names, role) {
  const roles = rolesOf(state, query);
  const had = names.every((name) => roles[role].includes(name));
  for (const part of Object.keys(roles)) roles[part] = roles[part].filter((name) => !names.includes(name));
  if (!had) roles[role].push(...names);
  const marked = (point) => {
    const kept = (point.marks ?? []).filter((mark) => mark !== "exposure" && mark !== "outcome");
    if (roles.outcomes.length === 0 && roles.treatments.includes(point.name)) kept.push("exposure");
    const { marks, ...bare } = point;
    return kept.length ? { ...bare, marks: kept } : bare;
  };
  return { ...state, points: state.points.map(marked), query: queryOf(roles) };
}

export function queryOf({ outcomes, treatments, conditions }) {
  if (outcomes.length === 0) return "";
  const list = (names) => names.map(spelled).join(", ");
  const right = [...(treatments.length ? [`do(${list(treatments)})`] : []), ...conditions.map(spelled)].join(", ");
  return `P(${list(outcomes)}${right ? ` | ${right}` : ""})`;
}

// What the answers depend on: all but places.
export const meaning = (state) =>
  JSON.stringify([state.points.map((p) => [p.name, !!p.latent]), state.lines, state.query]);
