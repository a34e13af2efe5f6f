// Compile latency: the cases of the latest run, their KPIs, and for how many runs each was green.

const CASE_COLUMNS = [
  { key: "case", title: "Case", show: (row) => h("span", { title: facts.cases[row.case] }, row.case) },
  { key: "toolchain", title: "Toolchain" },
  { key: "workload", title: "Workload" },
  { key: "store", title: "Store" },
  { key: "clients", title: "Clients", isNumber: true },
  { key: "status", title: "Status", show: (row) => row.reason ? h("span", { class: "long" }, `${row.status}: ${row.reason}`) : row.status },
  { key: "wall", title: "Wall time", isNumber: true, order: (row) => row.wall?.[0], show: (row) => seconds(row.wall?.[0]) },
  { key: "p95", title: "p95 or longest", isNumber: true, order: (row) => row.wall?.[2], show: (row) => seconds(row.wall?.[2]) },
  { key: "n", title: "Samples", isNumber: true },
  { key: "ratio", title: "Times the interpreter's start", isNumber: true, order: (row) => row.ratio?.[0], show: (row) => row.ratio ? interval(...row.ratio, "times") : NONE },
  { key: "hits", title: "Hits", isNumber: true, show: (row) => figure(row.hits, "share") },
  { key: "executed", title: "Executed", isNumber: true, show: (row) => number(row.executed) },
  { key: "red", title: "KPIs", order: (row) => row.kpis.filter((kpi) => kpi.green === false).length, show: (row) => kpiWords(row.kpis) },
];

// How many KPIs are green; those that are not by their names.
function kpiWords(kpis) {
  if (!kpis.length) return NONE;
  const red = kpis.filter((kpi) => kpi.green === false).map((kpi) => kpi.name);
  const missing = kpis.filter((kpi) => kpi.green === null).length;
  const green = kpis.length - red.length - missing;
  return [green ? [`${green} `, verdict("green"), " "] : [], red.length ? [verdict("red"), `: ${red.join(", ")} `] : [], missing ? [`${missing} `, verdict("unmeasured")] : []].flat();
}

async function showLatency() {
  const head = [h("h2", {}, "Compile latency and streaks"), note("How long builds take, case by case, and for how many runs in a row each KPI was green.")];
  const job = "compile_progress";
  const runs = runsOf(job).filter((one) => facts.details[one.id]?.cases);
  if (!runs.length) return [head, unmeasured("No run of the cases is recorded: molt-build compile_progress makes one.")];
  const names = runs.map((run) => run.id).reverse();
  const run = chosen("run", names, runs.filter((one) => one.is_of_record).at(-1)?.id);
  const { cases } = facts.details[run];
  const kpis = await kpiRows(job, cases, runNamed(run).machine_class);
  const measured = cases.filter((row) => row.wall);
  const timed = kpis.find((row) => row.metric === "median_s" && row.op === "max");
  const key = chosen("kpi", kpis.map((row) => row.key), timed?.key);
  const shown = kpis.find((row) => row.key === key);
  return [
    head,
    names.length > 1 ? choices(choice("run", "Run", names, run)) : null,
    tiles(
      tile("Cells", `${measured.length} of ${cases.length} measured`, countWords(cases, "status", ["measured", "skipped", "failed"])),
      tile("KPIs green", `${kpis.filter((row) => row.green).length} of ${kpis.filter((row) => row.green !== null).length}`, "in this run"),
      tile("Longest green streak", counted(Math.max(0, ...kpis.map((row) => row.streak)), "run"), "of record, on this class of machine"),
    ),
    caseChart(measured, run),
    table("Cases", CASE_COLUMNS, cases, { name: "casesort" }),
    h("h3", {}, "KPIs and streaks"),
    kpis.length ? table("KPIs of the cases", KPI_ROW_COLUMNS, kpis, { order: "-streak", first: 100 }) : unmeasured("No KPI was judged."),
    shown ? [
      h("h3", {}, "History of a KPI"),
      choices(choice("kpi", "KPI", kpis.map((row) => row.key), key)),
      history(shown.key, shown.points, { unit: unitOf(shown.metric), isLowerBetter: shown.op === "max", limit: shown.limit, job }),
    ] : null,
  ];
}

const unitOf = (metric) => (metric.endsWith("_s") ? "s" : metric === "hit_ratio" ? "share" : ["executed_actions", "timeouts", "retries"].includes(metric) ? "" : "times");

const KPI_ROW_COLUMNS = [
  { key: "key", title: "KPI", show: (row) => link(row.key, linkTo({ kpi: row.key })) },
  { key: "source", title: "Whose", show: (row) => row.source === "program" ? "the program's" : "our own" },
  { key: "value", title: "Value", isNumber: true, show: (row) => figure(row.value, unitOf(row.metric)) },
  { key: "limit", title: "Limit", isNumber: true, show: (row) => `${row.op === "max" ? "≤" : "≥"} ${figure(row.limit, unitOf(row.metric))}` },
  { key: "green", title: "Now", order: (row) => Number(row.green), show: (row) => row.green === null ? verdict("unmeasured") : verdict(row.green ? "green" : "red") },
  { key: "streak", title: "Green in a row", isNumber: true },
  { key: "runs", title: "Runs of record", isNumber: true },
  { key: "last", title: "Last red", show: (row) => evidence(row.last) },
];

async function kpiRows(job, cases, machine) {
  const part = await seriesOf(job);
  return cases.flatMap((cell) => cell.kpis.map((kpi) => {
    const series = part?.judged.find((one) => one.caseName === cell.case && one.toolchain === cell.toolchain && one.workload === cell.workload && one.kpi === kpi.name);
    const points = (series?.points || []).filter((point) => runNamed(point.run).machine_class === machine);
    const reds = points.filter((point) => !point.isGreen);
    const streak = reds.length ? points.length - 1 - points.indexOf(reds.at(-1)) : points.length;
    return { ...kpi, key: `${kpi.name}: ${cell.case}, ${cell.toolchain}, ${cell.workload}`, streak, runs: points.length, last: reds.at(-1)?.run || null, points: points.map((point) => ({ ...point, low: null, high: null, what: point.isGreen ? "green" : "red" })) };
  }));
}

function caseChart(cells, run) {
  if (!cells.length) return unmeasured("No case was measured.");
  const values = cells.map((row) => {
    const limit = row.kpis.find((kpi) => kpi.metric === "median_s" && kpi.op === "max")?.limit ?? null;
    return { name: `${row.case}, ${row.toolchain}, ${row.workload}`, median: row.wall[0], low: row.wall[1], high: row.wall[2], limit, state: row.kpis.some((kpi) => kpi.green === false) ? "a KPI red" : row.kpis.length ? "KPIs green" : "no KPI", words: `${seconds(row.wall[0])}, ${seconds(row.wall[1])} to ${seconds(row.wall[2])} in ${counted(row.n, "sample")}` };
  }).sort((a, b) => a.median - b.median);
  const names = ["KPIs green", "a KPI red", "no KPI"];
  return chart("Wall time of each case", "Dots are medians; bars reach from the shortest sample to the 95th percentile (below 20 samples: the longest). Ticks are the limits of KPIs.", (paint, width) => ({
    data: { values },
    height: 19 * values.length,
    encoding: { y: { field: "name", type: "nominal", sort: null, axis: { title: null, labelLimit: Math.max(120, Math.min(320, width * 0.4)), domain: false, ticks: false, grid: true } } },
    layer: [
      { mark: { type: "rule", color: paint.accent, strokeWidth: 2 }, encoding: { x: { field: "low", ...logX(values.flatMap((row) => [row.low, row.high, row.limit]), width, "seconds (log scale)") }, x2: { field: "high" } } },
      ...(values.some((row) => row.limit !== null) ? [{ mark: { type: "tick", color: paint.bad, thickness: 2, size: 14 }, transform: [{ filter: "datum.limit !== null" }], encoding: { x: { field: "limit", type: "quantitative" }, tooltip: { field: "limit", title: "limit (s)" } } }] : []),
      { mark: { type: "point", filled: true, size: 64, opacity: 1 }, encoding: { x: { field: "median", type: "quantitative" }, color: { field: "state", type: "nominal", scale: { domain: names, range: [paint.good, paint.bad, paint.none] }, legend }, shape: { field: "state", type: "nominal", scale: { domain: names, range: ["circle", "cross", "square"] }, legend }, tooltip: [{ field: "name", title: "case" }, { field: "words", title: "wall time" }] } },
    ],
  }), { source: sourceWords(run) });
}
