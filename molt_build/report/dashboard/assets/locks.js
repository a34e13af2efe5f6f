// Locks and shards: what waiting costs, in the cases that compare shards on and off, and in builds.

async function showLocks() {
  const run = Object.keys(facts.details).filter((name) => facts.details[name].cases && runNamed(name)?.is_of_record).sort().at(-1);
  const cases = run ? facts.details[run].cases : [];
  const compared = cases.filter((row) => row.shards);
  const waited = cases.filter((row) => row.waited !== null && row.clients > 1);
  return [
    h("h2", {}, "Locks and shards"),
    note("Shards give builds that run side by side slots of their own. Below 1 is better with shards on; a wait of 0 is a lock that was free."),
    h("h3", {}, "Shards on beside off"),
    compared.length ? [note(sourceWords(run)), shardChart(compared, run), table("Shards on beside off", SHARD_COLUMNS, compared, { name: "shardsort" })] : unmeasured("No recorded case compared shards on with shards off."),
    h("h3", {}, "Waiting in cases with several clients"),
    waited.length ? table("Waits for locks", WAIT_COLUMNS, waited, { name: "waitsort", order: "-waited" }) : unmeasured("No recorded case had several clients."),
    h("h3", {}, "Builds of this checkout"),
    buildsView(),
  ];
}

const CASE_NAMES = [
  { key: "case", title: "Case" }, { key: "toolchain", title: "Toolchain" }, { key: "workload", title: "Workload" },
  { key: "clients", title: "Clients", isNumber: true },
];
const SHARD_COLUMNS = [
  ...CASE_NAMES,
  { key: "wallratio", title: "Wall time, on / off", isNumber: true, order: (row) => row.shards.wall?.[0], show: (row) => row.shards.wall ? interval(...row.shards.wall, "times") : NONE },
  { key: "on", title: "Wait p95, on", isNumber: true, order: (row) => row.shards.on, show: (row) => seconds(row.shards.on) },
  { key: "off", title: "Wait p95, off", isNumber: true, order: (row) => row.shards.off, show: (row) => seconds(row.shards.off) },
  { key: "waits", title: "Waits, on / off", isNumber: true, order: (row) => row.shards.waits?.[0], show: (row) => row.shards.waits ? interval(...row.shards.waits, "times") : NONE },
];
const WAIT_COLUMNS = [
  ...CASE_NAMES,
  { key: "waited", title: "Wait p95", isNumber: true, show: (row) => seconds(row.waited) },
  { key: "wall", title: "Wall time", isNumber: true, order: (row) => row.wall?.[0], show: (row) => seconds(row.wall?.[0]) },
  { key: "retries", title: "Retries", isNumber: true },
  { key: "timeouts", title: "Timeouts", isNumber: true },
];

function shardChart(rows, run) {
  const values = rows.filter((row) => row.shards.wall).map((row) => ({ name: `${row.case}, ${row.toolchain}, ${row.workload}`, ratio: row.shards.wall[0], low: row.shards.wall[1], high: row.shards.wall[2], words: interval(...row.shards.wall, "times") }));
  if (!values.length) return null;
  return chart("Wall time with shards, over without", "Left of the line shards are better. Bars are 95 % intervals.", (paint, width) => ({
    data: { values },
    height: 26 * values.length,
    encoding: { y: { field: "name", type: "nominal", sort: null, axis: { title: null, labelLimit: Math.max(120, Math.min(320, width * 0.4)), domain: false, ticks: false } } },
    layer: [
      { mark: { type: "rule", color: paint.ink }, encoding: { x: { datum: 1 }, y: null } },
      { mark: { type: "rule", color: paint.accent, strokeWidth: 2 }, encoding: { x: { field: "low", ...logX(values.flatMap((row) => [row.low ?? row.ratio, row.high ?? row.ratio, 1]), width, "ratio (log scale)") }, x2: { field: "high" } } },
      { mark: { type: "point", filled: true, size: 64, color: paint.accent, opacity: 1 }, encoding: { x: { field: "ratio", type: "quantitative" }, tooltip: [{ field: "name" }, { field: "words" }] } },
    ],
  }), { source: sourceWords(run) });
}

function buildsView() {
  const { builds, usage } = facts;
  const rows = builds.started.map((started, i) => Object.fromEntries(Object.keys(builds).map((name) => [name, builds[name][i]]))).map((row, i) => ({ ...row, place: i }));
  if (!rows.length) return unmeasured("No build is recorded in this checkout's history.");
  const actions = rows.reduce((sum, row) => sum + row.executed + row.hits, 0);
  return [
    tiles(
      tile("Builds", rows.length.toLocaleString("en"), usage ? `and ${usage.nothing_done.toLocaleString("en")} that had nothing to do` : "that did something"),
      tile("Hits", actions ? figure(rows.reduce((sum, row) => sum + row.hits, 0) / actions, "share") : NONE, "of actions that were not up to date"),
      tile("Waited for locks", seconds(rows.reduce((sum, row) => sum + row.waited, 0)), `the longest: ${seconds(Math.max(...rows.map((row) => row.longest)))}`),
      tile("Executed for nothing", counted(rows.reduce((sum, row) => sum + row.wasted, 0), "action"), "a new key, and the same bytes"),
    ),
    chart("What builds took, and waited", "A dot for each recorded build, in the order of recording: its seconds, and of those the waits for locks.", (paint, width) => ({
      data: { values: rows.flatMap((row) => [{ place: row.place, value: Math.max(row.seconds, 0.001), what: "whole build", name: row.what, started: row.started }, ...(row.waited > 0 ? [{ place: row.place, value: Math.max(row.waited, 0.001), what: "waited for locks", name: row.what, started: row.started }] : [])]) },
      height: 240,
      mark: { type: "point", filled: true, opacity: 0.8, size: 36 },
      encoding: { x: { field: "place", type: "quantitative", axis: { title: "build", grid: false } }, y: { field: "value", type: "quantitative", scale: { type: "log" }, axis: { title: "seconds (log scale)", format: "~g" } }, color: { field: "what", type: "nominal", scale: { domain: ["whole build", "waited for locks"], range: [paint.accent, paint.bad] }, legend }, shape: { field: "what", type: "nominal", legend }, tooltip: [{ field: "name" }, { field: "started" }, { field: "value" }] },
    }), { source: "Of this checkout's history." }),
    table("Builds", [
      { key: "started", title: "When", show: (row) => row.started.slice(0, 16).replace("T", " ") },
      { key: "what", title: "Engine" },
      { key: "seconds", title: "Took", isNumber: true, show: (row) => seconds(row.seconds) },
      { key: "waited", title: "Waited", isNumber: true, show: (row) => seconds(row.waited) },
      { key: "executed", title: "Executed", isNumber: true }, { key: "hits", title: "Hits", isNumber: true },
      { key: "fresh", title: "Up to date", isNumber: true }, { key: "failed", title: "Failed", isNumber: true },
    ], rows, { name: "buildsort", order: "-started", first: 30 }),
  ];
}
