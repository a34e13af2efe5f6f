// Runs: all that are recorded; of one its machine, its toolchains and its raw samples.

const RUN_COLUMNS = [
  { key: "id", title: "Run", show: (run) => link(run.id, viewLink("runs", { run: run.id })) },
  { key: "kind", title: "Kind" },
  { key: "started", title: "Began (UTC)", show: (run) => run.started.slice(0, 16).replace("T", " ") },
  { key: "git_commit", title: "Commit", show: (run) => commitWords(run) },
  { key: "machine_class", title: "Machine" },
  { key: "marks", title: "Counts in trends", order: (run) => run.is_of_record, show: (run) => run.problem || (run.is_of_record ? "yes" : ["no", run.is_quick && "quick", run.is_interrupted && "interrupted"].filter(Boolean).join(", ")) },
  { key: "samples", title: "In this page", order: (run) => facts.samples.includes(run.id), show: (run) => facts.samples.includes(run.id) ? "raw samples" : facts.details[run.id] ? "environment" : "rows" },
];

async function showRuns() {
  const name = asked("run");
  if (name && runNamed(name)) return showRun(runNamed(name));
  const rows = [...allRuns().values()].reverse();
  const jobs = ["all jobs", ...new Set(rows.map((run) => run.job))];
  const job = chosen("job", jobs);
  return [
    h("h2", {}, "Runs"),
    name ? unmeasured(`There is no run ${name} in this page.`) : null,
    note(`${counted(rows.length, "run")} of ${counted(jobs.length - 1, "job")}. Raw samples of ${counted(facts.samples.length, "run")} are in this page, the latest that had room; all others lie in bench/results/JOB/TIMESTAMP of the machine that measured them.`),
    rows.length ? choices(choice("job", "Job", jobs, job)) : unmeasured("No run is recorded: molt-build bench makes one."),
    table("Recorded runs", RUN_COLUMNS, rows.filter((run) => job === "all jobs" || run.job === job), { order: "-started", first: 50 }),
  ];
}

const ENVIRONMENT_TITLES = {
  machine_class: "Machine class", system: "System", kernel: "Kernel", architecture: "Architecture", cpu_model: "Processor", cores: "Processors",
  allowed_cores: "Processors allowed", governor: "Frequency governor", turbo: "Turbo", virtualization: "Virtualization", load_average: "Load (1, 5, 15 min)",
  memory_total_bytes: "Memory", memory_available_bytes: "Memory free", cgroup_cpu_limit: "Processors by cgroup", cgroup_memory_limit_bytes: "Memory by cgroup",
  python: "Python of molt_build", host_python: "Python of toolchains", git_commit: "Commit", git_is_dirty: "With changes", aslr: "Addresses", booted: "Booted",
};

async function showRun(run) {
  const details = facts.details[run.id];
  const environment = details?.environment || (await unpack("environments"))[run.id];
  const parts = details?.parts || Object.values(details?.lanes || {}).flatMap((lane) => lane.parts);
  const facets = { lane: "lanes", suites: "friends", cases: "latency", signals: "signals" }[run.kind];
  return [
    h("h2", {}, `Run ${run.id}`),
    h("p", {}, link("All runs", viewLink("runs")), facets ? [" · ", link("What it measured", viewLink(facets, { job: run.kind === "lane" ? run.job : "", run: run.id }))] : null),
    run.problem ? unmeasured(run.problem) : null,
    note(sourceWords(run.id)),
    details?.command ? h("p", {}, h("code", {}, details.command)) : null,
    h("h3", {}, "Environment"),
    environment ? table(`Environment of ${run.id}`, [{ key: "title", title: "What" }, { key: "value", title: "Value" }], Object.entries(environment).map(([key, value]) => ({ title: ENVIRONMENT_TITLES[key] || key, value: environmentValue(key, value) })), { name: "" }) : note("Its result is not there any more: of its environment the machine class and the commit are known from the history."),
    details ? [
      details.engines ? table("Engines", [{ key: "name", title: "Engine" }, { key: "versions", title: "Versions" }, { key: "identity", title: "Identity" }, { key: "profile", title: "Profile" }, { key: "target", title: "Target" }], Object.entries(details.engines).map(([name, one]) => ({ name, ...one })), { name: "" }) : null,
      parts.length ? table("When it ran, and how steady the machine was", [
        { key: "started", title: "Began" }, { key: "seconds", title: "Took", isNumber: true, show: (row) => seconds(row.seconds) }, { key: "blocks", title: "Blocks", isNumber: true },
        { key: "before", title: "Spread before", isNumber: true, show: (row) => row.before === null ? NONE : `${(100 * row.before).toFixed(1)} %` }, { key: "after", title: "Spread after", isNumber: true, show: (row) => row.after === null ? NONE : `${(100 * row.after).toFixed(1)} %` },
        { key: "others", title: "Others kept busy", isNumber: true, show: (row) => figure(row.others, "share") }, { key: "warnings", title: "Warnings", show: (row) => row.warnings.join("; ") || NONE },
      ], parts, { name: "" }) : null,
    ] : null,
    h("h3", {}, "Raw samples"),
    facts.samples.includes(run.id) ? await samplesView(run.id) : unmeasured("Its raw samples are not in this page."),
  ];
}

function environmentValue(key, value) {
  if (key.endsWith("_bytes")) return `${(value / 2 ** 30).toFixed(1)} GiB`;
  if (Array.isArray(value)) return value.map((one) => one.toFixed(2)).join(", ");
  if (value === true || value === false) return value ? "yes" : "no";
  return String(value);
}

async function samplesView(run) {
  const part = await unpack(`samples:${run}`);
  if (part.cases) return caseSamples(run, part.cases);
  const lanes = Object.keys(part.lanes);
  if (!lanes.length) return unmeasured("Nothing was timed.");
  const suite = chosen("suite", lanes);
  const rows = part.lanes[suite];
  const programs = [...new Set(rows.map((row) => row.p))];
  const program = chosen("program", programs);
  const ofProgram = rows.filter((row) => row.p === program);
  const metrics = [...new Set(ofProgram.map((row) => row.m))];
  const metric = chosen("metric", metrics);
  const shown = ofProgram.filter((row) => row.m === metric);
  const unit = metric.endsWith("_bytes") ? "KiB" : metric === "instructions" ? "instructions" : "s";
  const points = shown.flatMap((row) => row.x.map((value, i) => ({ engine: row.e, block: i + 1, value })));
  const blocks = Math.max(...shown.map((row) => row.x.length));
  const byBlock = Array.from({ length: blocks }, (_, i) => Object.assign({ block: i + 1 }, ...shown.map((row) => ({ [row.e]: row.x[i] ?? null }))));
  return [
    choices(lanes.length > 1 ? choice("suite", "Suite", lanes, suite) : null, choice("program", "Program", programs, program), choice("metric", "Metric", metrics, metric, METRIC_TITLES)),
    chart(`${program}: ${metricTitle(metric)} of every block`, `A dot for each run, in the order of its blocks. Engines of a block ran right after one another.`, (paint, width) => ({
      data: { values: points },
      height: width < 500 ? 260 : 320,
      mark: { type: "point", filled: true, size: 34, opacity: 0.85 },
      encoding: { x: { field: "block", type: "quantitative", axis: { title: "block", grid: false, tickMinStep: 1 } }, y: { field: "value", type: "quantitative", scale: { zero: false }, axis: { title: unit } }, color: { field: "engine", type: "nominal", legend: { title: null, columns: Math.max(1, Math.floor(width / 140)) } }, shape: { field: "engine", type: "nominal", legend: { title: null } }, tooltip: [{ field: "engine" }, { field: "block" }, { field: "value", title: unit }] },
    }), { source: sourceWords(run) }),
    table(`${program}: ${metricTitle(metric)}, ${unit}, by block`, [{ key: "block", title: "Block", isNumber: true }, ...shown.map((row) => ({ key: row.e, title: row.e, isNumber: true, show: (one) => one[row.e] ?? NONE }))], byBlock, { name: "blocksort", order: "block", first: 60 }),
  ];
}

function caseSamples(run, rows) {
  const names = rows.map((row) => `${row.c} ${row.t} ${row.w}`);
  const name = chosen("cell", names);
  const row = rows[names.indexOf(name)];
  const points = row.x.map((value, i) => ({ sample: i + 1, value, waited: row.waited[i], shards: row.on[i] === "1" ? "on" : "off" }));
  return [
    choices(choice("cell", "Case", names, name)),
    chart(`${name}: wall time of every sample`, `A dot for each of ${counted(points.length, "sample")}, in their order.`, (paint) => ({
      data: { values: points },
      height: 260,
      mark: { type: "point", filled: true, size: 46, opacity: 0.9 },
      encoding: { x: { field: "sample", type: "quantitative", axis: { title: "sample", grid: false, tickMinStep: 1 } }, y: { field: "value", type: "quantitative", scale: { zero: false }, axis: { title: "s" } }, color: { field: "shards", type: "nominal", scale: { domain: ["on", "off"], range: [paint.accent, paint.bad] }, legend: { title: "shards" } }, shape: { field: "shards", type: "nominal", legend: { title: "shards" } }, tooltip: [{ field: "sample" }, { field: "value", title: "s" }] },
    }), { source: sourceWords(run) }),
    table(`${name}: samples`, [{ key: "sample", title: "Sample", isNumber: true }, { key: "value", title: "Wall time", isNumber: true, show: (one) => seconds(one.value) }, { key: "waited", title: "Waited for locks", isNumber: true, show: (one) => seconds(one.waited) }, { key: "shards", title: "Shards" }], points, { name: "samplesort", order: "sample" }),
  ];
}
