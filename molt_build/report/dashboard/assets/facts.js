// The facts of the page: parts are unpacked when they are first asked for, series decoded likewise.

let facts; // the part "main", there before any view is shown
const unpacked = new Map();

function unpack(name) {
  if (!unpacked.has(name)) unpacked.set(name, unpackNow(name));
  return unpacked.get(name);
}

async function unpackNow(name) {
  const text = await textOf(name);
  return text === null ? null : JSON.parse(text);
}

async function textOf(name) {
  const holder = document.querySelector(`script[data-part="${CSS.escape(name)}"]`);
  if (!holder) return null;
  const letters = atob(holder.textContent);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// Steps of the logarithm, each from the one before (packing.py), as numbers.
function fromSteps(steps, k) {
  let at = 0;
  return steps.map((step) => (step === null ? null : Math.exp((at += step) / 10 ** k)));
}

function beside(values, steps, k) {
  return values.map((value, i) =>
    value === null || steps[i] === null ? null : value * Math.exp(steps[i] / 10 ** k));
}

// The series of a job, its numbers as they were; each point knows its run.
async function seriesOf(job) {
  const part = await unpack(`series:${job}`);
  if (!part) return null;
  if (!part.decoded) {
    part.decoded = part.series.map((one) => decoded(one, part.runs));
    part.judged = part.kpis.map((one) => ({
      caseName: one.c, toolchain: one.t, workload: one.w, kpi: one.n, limit: one.limit, isMaximum: one.max,
      points: places(one, part.runs, one.x.length).map((run, i) => ({ run, value: one.x[i], isGreen: one.g[i] === "1" })),
    }));
  }
  return part;
}

function places(one, runs, count) {
  if (!one.at) return runs.slice(0, count);
  let at = 0;
  return one.at.map((step) => runs[(at += step)]);
}

function decoded(one, runs) {
  const statuses = Array.isArray(one.s) ? one.s : null;
  const count = one.r ? one.r.length : one.x ? one.x.length : one.at ? one.at.length : runs.length;
  const ratios = one.r ? fromSteps(one.r, one.k) : [];
  const lows = one.r ? beside(ratios, one.l, one.k) : [];
  const highs = one.r ? beside(ratios, one.h, one.k) : [];
  const medians = one.v ? fromSteps(one.v, 3) : one.x || [];
  const points = places(one, runs, count).map((run, i) => ({
    run,
    status: statuses ? statuses[i] : one.s || "ok",
    ratio: ratios[i] ?? null,
    low: lows[i] ?? null,
    high: highs[i] ?? null,
    median: medians[i] ?? null,
  }));
  return { caseName: one.c || "", workload: one.w, program: one.p, engine: one.e, metric: one.m, points };
}

// Rows of runs by their names; the page keeps them in columns.
let runRows;

function allRuns() {
  if (!runRows) {
    const names = Object.keys(facts.runs);
    runRows = new Map(facts.runs.id.map((id, i) =>
      [id, Object.fromEntries(names.map((name) => [name, facts.runs[name][i]]))]));
  }
  return runRows;
}

const runNamed = (name) => allRuns().get(name);
const runsOf = (job) => [...allRuns().values()].filter((run) => run.job === job && !run.problem);
const jobsOf = (...kinds) => [...new Set([...allRuns().values()].filter((run) => kinds.includes(run.kind)).map((run) => run.job))];

function latestRun(job) {
  const runs = runsOf(job);
  return runs.filter((run) => run.is_of_record).at(-1) || runs.at(-1);
}

// The details of a run, or of the latest run of its job that has some.
function detailsFor(run) {
  if (facts.details[run]) return facts.details[run];
  const job = run.split("/")[0];
  const known = Object.keys(facts.details).filter((name) => name.startsWith(`${job}/`)).sort();
  return facts.details[known.at(-1)];
}

// Where a figure comes from: its run, its day and its commit.
function sourceWords(name) {
  const run = runNamed(name);
  if (!run) return name;
  const commit = run.git_commit ? `commit ${run.git_commit.slice(0, 12)}${run.git_is_dirty ? " with changes" : ""}` : "commit unknown";
  const marks = [run.is_quick && "quick", run.is_interrupted && "interrupted", !run.is_of_record && "not of record"].filter(Boolean);
  return [`${run.id} (${run.started.slice(0, 16).replace("T", " ")} UTC)`, commit, run.machine_class, ...marks].join(" · ");
}

// Numbers as the terminal writes them (formatting.py).
const NONE = "–";

function number(value) {
  if (value === null || value === undefined) return NONE;
  const size = Math.abs(value);
  if (size >= 1e6) return value.toLocaleString("en", { maximumFractionDigits: 0 });
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.995 ? 2 : 3;
  return size >= 0.0995 || size === 0 ? String(+value.toFixed(digits) === 0 ? 0 : value.toFixed(digits)) : value.toPrecision(3);
}

function seconds(value) {
  if (value === null || value === undefined) return NONE;
  return value < 0.9995 ? `${number(value * 1000)} ms` : `${number(value)} s`;
}

function figure(value, unit) {
  if (value === null || value === undefined) return NONE;
  if (unit === "s") return seconds(value);
  if (unit === "times") return `${number(value)}×`;
  if (unit === "share") return `${Math.round(value * 100)} %`;
  const words = Number.isInteger(value) ? value.toLocaleString("en") : number(value);
  return `${words}${unit.trim() ? ` ${unit}` : ""}`;
}

function metricValue(value, metric) {
  if (value === null || value === undefined) return NONE;
  if (metric.endsWith("_bytes")) return `${(value / 2 ** 20).toFixed(1)} MiB`;
  if (metric === "instructions") return `${number(value / 1e6)} M`;
  return metric.endsWith("_s") ? seconds(value) : number(value);
}

function interval(value, low, high, unit = "") {
  if (value === null || value === undefined) return NONE;
  const write = (one) => (unit ? figure(one, unit) : number(one));
  if (low === null || low === undefined || high === null || high === undefined || low === high) return write(value);
  const end = (one) => (unit === "times" ? number(one) : write(one));
  if (end(low) !== end(high)) return `${write(value)} [${end(low)}, ${end(high)}]`;
  const close = (one) => one.toPrecision(5); // an interval that is too short for three digits
  return `${close(value)}${unit === "times" ? "×" : ""} [${close(low)}, ${close(high)}]`;
}

const METRIC_TITLES = {
  wall_s: "wall time", cpu_s: "processor time", peak_memory_bytes: "peak memory",
  steady_s: "steady state", instructions: "instructions",
};
const metricTitle = (metric) => METRIC_TITLES[metric] || metric;
const STATUS_WORDS = {
  ok: "scored", "build-failed": "not built", unsupported: "not taken", absent: "not there yet",
  differs: "other output", failed: "failed", timeout: "timeout", unchecked: "unchecked",
  c_accelerated: "works in C", "left-out": "left out", diverges: "diverges",
};
const day = (started) => (started || "").slice(0, 10);
const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
