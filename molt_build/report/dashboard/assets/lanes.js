// Lanes, and friends' suites, which are lanes too: a dot for each program, its interval, thresholds.

// What a ratio with its interval says (results/verdicts.py).
function verdictOf(point, effect) {
  if (point.low === null || point.high === null) return "none";
  const least = 1 + effect;
  if (point.low > 1 && point.ratio >= least) return "faster";
  if (point.high < 1 && point.ratio <= 1 / least) return "slower";
  return point.low >= 1 / least && point.high <= least ? "equal" : "unclear";
}

const BETTER_WORDS = (metric) => (metric.endsWith("_s") ? ["faster", "slower"] : ["smaller", "larger"]);

function inWords(word, metric) {
  const [better, worse] = BETTER_WORDS(metric);
  return { faster: better, slower: worse }[word] || word;
}

// How sure a difference is: how many half widths of its interval it is away from 1, on a log scale.
function sureness(point) {
  if (point.low === null || point.high === null || !(point.low > 0)) return null;
  const half = Math.log(point.high / point.low) / 2;
  return half > 0 ? Math.abs(Math.log(point.ratio)) / half : Infinity;
}

const laneRows = (part, run, wanted) => part.decoded
  .filter((one) => one.engine === wanted.engine && one.metric === wanted.metric && (!wanted.suite || one.workload === wanted.suite))
  .flatMap((one) => one.points.filter((point) => point.run === run).map((point) => ({ ...one, ...point })));

function laneColumns(metric, reference, job) {
  return [
    { key: "program", title: "Program", show: (row) => link(row.program, viewLink("histories", { job, program: row.program, engine: row.engine, metric, suite: asked("suite") }), { title: row.what }) },
    { key: "family", title: "Family" },
    { key: "ratio", title: "Ratio", isNumber: true, show: (row) => row.ratio === null ? NONE : interval(row.ratio, row.low, row.high, "times") },
    { key: "size", title: "Size", isNumber: true, order: (row) => row.ratio === null ? null : Math.abs(Math.log(row.ratio)), show: (row) => row.ratio === null ? NONE : `${row.ratio >= 1 ? "+" : "−"}${number(100 * Math.abs(row.ratio - 1))} %` },
    { key: "sure", title: "Sureness", isNumber: true, show: (row) => row.sure === null ? NONE : row.sure === Infinity ? "exact" : `${row.sure.toFixed(1)} half widths` },
    { key: "verdict", title: "Verdict", show: (row) => row.status === "ok" ? verdict(row.verdict) : h("span", { title: row.why }, STATUS_WORDS[row.status] || row.status, row.why ? `: ${row.why}` : "") },
    { key: "median", title: "Median", isNumber: true, show: (row) => metricValue(row.median, metric) },
    { key: "samples", title: "Samples", show: (row) => facts.samples.includes(row.run) ? link("samples", viewLink("runs", { run: row.run, program: row.program, engine: row.engine, metric, suite: asked("suite") }), { "aria-label": `Samples of ${row.program}` }) : NONE },
  ];
}

async function showLanes() {
  const jobs = jobsOf("lane");
  const never = Object.keys(facts.lanes).filter((name) => !jobs.includes(name));
  const head = [h("h2", {}, "Lanes"), note("Programs under an engine beside the reference, which ran in the same blocks: above 1 the engine is better. The dashed lines are the least effect that counts.")];
  if (!jobs.length) return [head, unmeasured("No run of a lane is recorded: molt-build bench makes one.")];
  const job = chosen("job", jobs, Object.keys(facts.lanes).find((name) => jobs.includes(name)));
  return [head, await laneView(job, { jobs }), never.length ? unmeasured(`No run of ${never.join(", ")} is recorded.`) : null];
}

async function showFriends() {
  const head = [h("h2", {}, "Friends"), note("Suites of friend projects, as they measure themselves: our engines beside theirs and the reference.")];
  const jobs = jobsOf("suites");
  if (!jobs.length) return [head, unmeasured(`No run of friend suites is recorded: molt-build friends makes one. Suites that manifests declare: ${Object.keys(facts.suites).join(", ") || "none"}.`)];
  const run = runNamed(asked("run")) || latestRun(jobs[0]);
  const details = detailsFor(run.id);
  const suites = suiteRows(details, run.id);
  const names = suites.filter((row) => row.isMeasured).map((row) => row.name);
  const missing = Object.keys(facts.suites).filter((name) => !names.includes(name));
  return [
    head,
    table("Suites", SUITE_COLUMNS, suites, { name: "suitesort" }),
    note(sourceWords(run.id)),
    missing.length ? unmeasured(`This run did not measure ${missing.join(", ")}.`) : null,
    names.length ? await laneView(jobs[0], { suites: names }) : null,
  ];
}

const SUITE_COLUMNS = [
  { key: "name", title: "Suite", show: (row) => row.isMeasured ? link(row.name, viewLink("friends", { suite: row.name })) : row.name },
  { key: "friend", title: "Friend" },
  { key: "status", title: "Status", show: (row) => row.reason ? `${row.status}: ${row.reason}` : row.status },
  { key: "scored", title: "Scored", isNumber: true, show: (row) => `${row.scored} of ${row.of}` },
  { key: "means", title: "Geometric means", show: (row) => row.means.length ? h("ul", {}, row.means.map((one) => h("li", {}, one))) : NONE },
  { key: "licence", title: "Licence" },
];

function suiteRows(details) {
  return Object.entries(details?.lanes || {}).map(([name, lane]) => ({
    name,
    friend: lane.suite?.friend || lane.reference,
    status: lane.status,
    reason: lane.reason,
    scored: lane.suite?.scored ?? 0,
    of: lane.suite?.of ?? 0,
    licence: lane.suite?.licence || NONE,
    isMeasured: Object.keys(lane.means).length > 0,
    means: Object.entries(lane.means).flatMap(([metric, means]) => Object.entries(means).map(([engine, [ratio, low, high]]) => `${engine}, ${metricTitle(metric)}: ${interval(ratio, low, high, "times")}`)),
  }));
}

async function laneView(job, { jobs = null, suites = null }) {
  const part = await seriesOf(job);
  const suite = suites ? chosen("suite", suites) : "";
  const of = part.decoded.filter((one) => !suite || one.workload === suite);
  const runs = part.runs.filter((name) => of.some((one) => one.points.some((point) => point.run === name)));
  const run = chosen("run", [...runs].reverse(), runs.includes(latestRun(job)?.id) ? latestRun(job).id : runs.at(-1));
  const inRun = of.filter((one) => one.points.some((point) => point.run === run));
  const lane = detailsFor(run)?.lanes?.[suite || job];
  const isOwn = Boolean(facts.details[run]);
  const compared = [...new Set(inRun.filter((one) => one.points.some((point) => point.run === run && (point.ratio !== null || point.status !== "ok"))).map((one) => one.engine))].filter((name) => name !== lane?.reference);
  if (!compared.length) return unmeasured(`${run} compared no engine with a reference.`);
  const engine = chosen("engine", compared, compared.includes(lane?.subject) ? lane.subject : compared.find((name) => !name.endsWith("~again")));
  const there = [...new Set(inRun.filter((one) => one.engine === engine).map((one) => one.metric))];
  const metrics = [...new Set([...(lane?.columns || []), ...there])].filter((name) => there.includes(name));
  const metric = chosen("metric", metrics);
  const effect = lane?.effects?.[metric] ?? 0.02;
  const reference = runNamed(run)?.reference || lane?.reference || "the reference";
  const rows = laneRows(part, run, { engine, metric, suite }).map((row) => ({
    ...row,
    family: lane?.programs?.[row.program]?.family || "",
    what: lane?.programs?.[row.program]?.what || "",
    why: isOwn ? lane?.why?.[`${row.program} ${engine}`] || "" : "",
    sure: row.ratio === null ? null : sureness(row),
    verdict: inWords(verdictOf(row, effect), metric),
    isShown: row.program === asked("program"),
  }));
  const columns = laneColumns(metric, reference, job);
  const order = asked("sort", "-ratio");
  const shown = sorted(rows, columns, order).filter((row) => row.ratio !== null);
  const mean = isOwn ? lane?.means?.[metric]?.[engine] : null;
  const words = BETTER_WORDS(metric);
  const scored = rows.filter((row) => row.ratio !== null);
  const plain = scored.length ? Math.exp(scored.reduce((sum, row) => sum + Math.log(row.ratio), 0) / scored.length) : null;
  const recorded = facts.kept[job];
  return [
    choices(
      jobs && jobs.length > 1 ? choice("job", "Lane", jobs, job) : null,
      suites ? choice("suite", "Suite", suites, suite) : null,
      choice("engine", "Engine", compared, engine),
      choice("metric", "Metric", metrics, metric, METRIC_TITLES),
      choice("sort", "Order", ["-ratio", "ratio", "-size", "-sure", "sure", "program", "family"], order, { "-ratio": "best first", ratio: "worst first", "-size": "largest difference first", "-sure": "surest first", sure: "least sure first", program: "program", family: "family" }),
      choice("run", "Run", [...runs].reverse(), run, Object.fromEntries(runs.map((name) => [name, `${name.split("/")[1]}${runNamed(name)?.is_of_record ? "" : " (not of record)"}`]))),
    ),
    facts.lanes[job] || facts.suites[suite] ? note(facts.lanes[job] || facts.suites[suite]) : null,
    tiles(
      tile(`Geometric mean beside ${reference}`, mean ? interval(mean[0], mean[1], mean[2], "times") : figure(plain, "times"), mean ? `over the ${mean[3]} programs that all engines scored` : `over ${counted(scored.length, "program")}; its interval is not in this page`),
      tile("Programs", `${scored.length} of ${rows.length} scored`, [words[0], words[1], "equal", "unclear"].map((word) => `${scored.filter((row) => row.verdict === word).length} ${word}`).join(", ")),
      tile("Least effect", `${+(100 * effect).toPrecision(2)} %`, "closer to 1 counts as equal"),
    ),
    isOwn && lane.warnings.length ? note(`Warnings: ${lane.warnings.join("; ")}`) : null,
    shown.length ? laneChart(shown, { metric, effect, reference, engine, run }) : unmeasured("No program was scored."),
    table(`${metricTitle(metric)} of ${engine} beside ${reference}, ${run}`, columns, rows, { order: "-ratio", first: 200 }),
    isOwn ? laneFacts(lane, facts.details[run]) : note(`The result of ${run} was not read for this page: reasons of what was not scored, and the machine, are in it.`),
    recorded && recorded.runs < recorded.of ? note(`Of ${recorded.of} recorded runs of ${job} the latest ${recorded.runs} are in this page.`) : null,
  ];
}

function laneFacts(lane, details) {
  const skipped = Object.entries(lane.skipped);
  return [
    skipped.length ? unmeasured(skipped.map(([engine, why]) => `${engine}: ${why}`).join("; ")) : null,
    details.engines ? h("details", {}, h("summary", {}, "What the engines were"), h("ul", {}, lane.engines.filter((name) => details.engines[name]).map((name) => h("li", {}, h("b", {}, name), `: ${details.engines[name].versions} (identity ${details.engines[name].identity})`)))) : null,
  ];
}

function laneChart(rows, { metric, effect, reference, engine, run }) {
  const [better, worse] = BETTER_WORDS(metric);
  const names = [better, worse, "equal", "unclear", "none"].filter((word) => rows.some((row) => row.verdict === word));
  const short = shortNames(rows.map((row) => row.program));
  const values = rows.map((row, i) => ({ ...row, short: short[i], points: undefined, words: interval(row.ratio, row.low, row.high, "times"), pick: true }));
  const title = `${engine}, ${metricTitle(metric)}: times as ${metric.endsWith("_s") ? "fast" : "small"} as ${reference}`;
  return chart(title, `A dot for each of ${counted(rows.length, "program")} with its 95 % interval; dashed: the least effect of ${+(100 * effect).toPrecision(2)} %. A click leads to the program's history.`, (paint, width) => ({
    data: { values },
    height: 19 * rows.length,
    encoding: { y: { field: "short", type: "nominal", sort: null, axis: { title: null, labelLimit: labelRoom(width), domain: false, ticks: false, grid: true } } },
    layer: [
      { mark: { type: "rule", color: paint.ink }, encoding: { x: { datum: 1 }, y: null } },
      ...[1 + effect, 1 / (1 + effect)].map((at) => ({ mark: { type: "rule", color: paint.ink, strokeDash: [3, 3] }, encoding: { x: { datum: at }, y: null } })),
      { mark: { type: "rule", strokeWidth: 2 }, encoding: { x: { field: "low", ...logX(rows.flatMap((row) => [row.low ?? row.ratio, row.high ?? row.ratio, 1]), width, "ratio (log scale)") }, x2: { field: "high" }, color: { field: "verdict", type: "nominal", scale: verdictScale(paint, names), legend } } },
      { mark: { type: "point", filled: true, size: 64, opacity: 1, cursor: "pointer" }, encoding: { x: { field: "ratio", type: "quantitative" }, color: { field: "verdict", type: "nominal", scale: verdictScale(paint, names), legend }, shape: { field: "verdict", type: "nominal", scale: shapeScale(names), legend }, tooltip: [{ field: "program", title: "program" }, { field: "words", title: "ratio" }, { field: "verdict", title: "verdict" }] } },
    ],
  }), { source: sourceWords(run), onpick: (datum) => { location.hash = viewLink("histories", { job: run.split("/")[0], program: datum.program, engine, metric, suite: asked("suite") }); } });
}
