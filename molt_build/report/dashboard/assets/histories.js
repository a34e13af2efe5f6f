// Histories: a figure over its runs, seen against its own past, with what is known to have changed.

async function showHistories() {
  const head = [h("h2", {}, "Histories"), note("A figure in every recorded run. The bands are what its own past allows: inner and outer fences of the changes from run to run, around the median of the last ten runs, from the ninth run on.")];
  const kpis = Object.keys(facts.points).filter((name) => facts.points[name].rows.length);
  const jobs = jobsOf("lane", "suites", "cases", "signals").filter((job) => facts.kept[job]);
  if (!jobs.length && !kpis.length) return [head, unmeasured("No run is recorded.")];
  const of = asked("of") || (asked("job") || !kpis.length || jobs.length ? "" : kpis[0]);
  const kinds = [...jobs, ...(kpis.length ? ["KPIs of the board"] : [])];
  const kind = of ? "KPIs of the board" : chosen("job", jobs, jobs.find((job) => facts.lanes[job]));
  const select = h("select", { id: "choice-kind", onchange: (event) => { location.hash = event.target.value === "KPIs of the board" ? viewLink("histories", { of: kpis[0] }) : viewLink("histories", { job: event.target.value }); } }, kinds.map((one) => h("option", { value: one, selected: one === kind }, one)));
  const first = h("div", { class: "choice" }, h("label", { for: "choice-kind" }, "Of"), select);
  return [head, of ? kpiHistory(chosen("of", kpis), kpis, first) : await jobHistory(kind, first)];
}

function kpiHistory(name, kpis, first) {
  const of = facts.points[name];
  const kpi = facts.board.tracks.flatMap((track) => track.kpis.map((one) => ({ ...one, full: `${track.name} ${one.name}` }))).find((one) => one.full === name);
  const points = of.rows.map(([run, value, low, high, what]) => ({ run, value, low, high, what }));
  return [
    choices(first, choice("of", "KPI", kpis, name)),
    note(`${kpi.description} Of ${facts.board.engine}; of several members the one that does worst.`),
    history(name, points, { unit: of.unit, isLowerBetter: kpi.is_maximum, limit: kpi.limit, job: "" }),
  ];
}

async function jobHistory(job, first) {
  const part = await seriesOf(job);
  if (job === "compile_progress") return [choices(first), note(link("Compile latency has the histories of its KPIs.", viewLink("latency")))];
  const suites = runsOf(job)[0]?.kind === "suites" ? [...new Set(part.decoded.map((one) => one.workload))] : null;
  const suite = suites ? chosen("suite", suites) : "";
  const isSignal = runsOf(job)[0]?.kind === "signals";
  const there = part.decoded.filter((one) => (!suite || one.workload === suite) && one.points.some((point) => (isSignal ? point.median : point.ratio) !== null));
  if (!there.length) return [choices(first), unmeasured(`No run of ${job} has a figure that can be followed.`)];
  const metrics = [...new Set(there.map((one) => one.metric))].sort((a, b) => (b === "wall_s") - (a === "wall_s"));
  const metric = chosen("metric", metrics);
  const engines = [...new Set(there.filter((one) => one.metric === metric).map((one) => one.engine))];
  const subject = detailsFor(`${job}/`)?.lanes?.[suite || job]?.subject;
  const engine = chosen("engine", engines, engines.includes(subject) ? subject : engines.find((name) => !name.endsWith("~again")));
  const series = there.filter((one) => one.metric === metric && one.engine === engine);
  const all = "all programs";
  const names = [...(isSignal ? [] : [all]), ...series.map((one) => one.program || "all together")];
  const program = chosen("program", names);
  const machines = [...new Set(part.runs.map((run) => runNamed(run).machine_class))].reverse();
  const machine = chosen("machine", machines, latestRun(job)?.machine_class);
  const isRecord = (run) => runNamed(run).is_of_record && (isSignal || runNamed(run).machine_class === machine);
  const points = program === all ? meanPoints(series, isRecord) : series.find((one) => (one.program || "all together") === program).points
    .filter((point) => isRecord(point.run))
    .map((point) => isSignal ? { run: point.run, value: point.median, low: null, high: null, status: point.status } : { run: point.run, value: point.ratio, low: point.low, high: point.high, status: point.status });
  const signal = Object.values(facts.details).map((one) => one.signals?.facts?.[metric]).find(Boolean);
  const title = `${program} under ${engine || "the project"}: ${metricTitle(metric)}`;
  return [
    choices(first, suites ? choice("suite", "Suite", suites, suite) : null, engines.length > 1 ? choice("engine", "Engine", engines, engine) : null, choice("metric", isSignal ? "Signal" : "Metric", metrics, metric, METRIC_TITLES), choice("program", "Program", names, program), machines.length > 1 && !isSignal ? choice("machine", "Machine", machines, machine) : null),
    note(isSignal ? signal?.what || "" : `How many times as good as ${runNamed(part.runs.at(-1)).reference || "the reference"} it was, in each run of record on ${machine}.${program === all ? " The interval is as wide as if all programs erred together; that of a run's own mean, among the lanes, is narrower." : ""}`),
    history(title, points, { unit: isSignal ? signal?.unit || "" : "times", isLowerBetter: isSignal ? signal?.better === "lower" : false, job, engine, part, limit: null }),
    program === all || isSignal ? null : changedTable(series, isRecord, { job, engine, metric, suite }),
    program === all ? changedTable(series, isRecord, { job, engine, metric, suite }) : null,
  ];
}

// The geometric mean over the programs that are in every run of the series; its ends are those of
// the programs' own intervals, which is too wide rather than too narrow (governance/figures.py).
function meanPoints(series, isRecord) {
  const byRun = new Map();
  for (const one of series) {
    for (const point of one.points) {
      if (point.ratio === null || !isRecord(point.run)) continue;
      if (!byRun.has(point.run)) byRun.set(point.run, new Map());
      byRun.get(point.run).set(one.program, point);
    }
  }
  const common = series.map((one) => one.program).filter((name) => [...byRun.values()].every((points) => points.has(name)));
  const mean = (points, key) => {
    const values = common.map((name) => points.get(name)[key]);
    return values.every((value) => value > 0) ? Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length) : null;
  };
  if (!common.length) return [];
  return [...byRun].sort((a, b) => a[0].localeCompare(b[0])).map(([run, points]) => ({ run, value: mean(points, "ratio"), low: mean(points, "low"), high: mean(points, "high"), what: counted(common.length, "program") }));
}

// Which programs came to another level, over all of an engine's.
function changedTable(series, isRecord, { job, engine, metric, suite }) {
  const rows = series.flatMap((one) => {
    const points = withBands(one.points.filter((point) => isRecord(point.run) && point.ratio !== null).map((point) => ({ ...point, value: point.ratio })), isAnnotatedFor(job));
    return changePoints(points, false).map((point) => ({ program: one.program, ...point, started: runNamed(point.run).started }));
  });
  if (!rows.length) return note(`No program of ${engine} came to another level that its past does not explain, as far as ${MIN_PAST} earlier runs are recorded.`);
  return table("Programs that came to another level", [
    { key: "program", title: "Program", show: (row) => link(row.program, viewLink("histories", { job, engine, metric, suite, program: row.program })) },
    { key: "verdict", title: "Change", show: (row) => [verdict(row.verdict), ` ${number(row.times)}×`] },
    { key: "kind", title: "Since then", show: (row) => row.kind },
    { key: "started", title: "Run", show: (row) => evidence(row.run) },
  ], rows, { name: "changesort", order: "-started" });
}

const annotationsOf = (job) => facts.annotations.filter((one) => one.job === job);
const isAnnotatedFor = (job) => (point) => annotationsOf(job).some((one) => one.since <= day(runNamed(point.run).started) && day(runNamed(point.run).started) <= one.until);

function history(title, given, { unit, isLowerBetter, limit = null, job = "", engine = "", part = null }) {
  const known = given.filter((point) => point.value !== null && runNamed(point.run));
  if (!known.length) return unmeasured("No run of record has this figure.");
  const points = withBands(known, isAnnotatedFor(job || known[0].run.split("/")[0]));
  const changes = changePoints(points, isLowerBetter);
  const jobName = job || known[0].run.split("/")[0];
  const notes = annotationsOf(jobName);
  const tools = part ? toolChanges(part, engine, points.map((point) => point.run)) : [];
  const latest = points.at(-1);
  const rows = points.map((point) => ({ ...point, started: runNamed(point.run).started, change: changes.find((one) => one.run === point.run), tool: tools.find((one) => one.run === point.run) }));
  return [
    tiles(
      tile("Latest", interval(latest.value, latest.low, latest.high, unit), `${day(runNamed(latest.run).started)}, ${commitWords(runNamed(latest.run))}`),
      tile("Beside its past", latest.band ? `${number(latest.value / latest.band.middle)}×` : "too short a past", latest.band ? `of the median of the last ten before it; usual is ${number(latest.band.innerLow / latest.band.middle)} to ${number(latest.band.innerHigh / latest.band.middle)}` : `${counted(points.length - 1, "earlier run")}; a past begins with ${MIN_PAST}`),
      tile("Changes of level", String(changes.length), changes.length ? `the last on ${day(runNamed(changes.at(-1).run).started)}: ${changes.at(-1).verdict}` : "none that its past does not explain"),
    ),
    historyChart(title, rows, { unit, isLowerBetter, limit, notes, tools, changes }),
    notes.length ? table("Annotated days: no part of a past", [{ key: "since", title: "From", isShort: true }, { key: "until", title: "To", isShort: true }, { key: "reason", title: "Why" }, { key: "gate", title: "Gate" }], notes, { name: "" }) : null,
    table(title, [
      { key: "started", title: "Day", isShort: true, show: (row) => day(row.started) },
      { key: "value", title: "Value", isNumber: true, show: (row) => interval(row.value, row.low, row.high, unit) },
      { key: "band", title: "Usual", isNumber: true, order: (row) => row.band?.middle, show: (row) => row.band ? `${figure(row.band.innerLow, unit)} to ${figure(row.band.innerHigh, unit)}` : NONE },
      { key: "change", title: "Change", order: (row) => row.change?.times, show: (row) => [row.change ? [verdict(row.change.verdict), ` ${number(row.change.times)}×, ${row.change.kind}${row.tool ? "; " : ""}`] : "", row.tool ? row.tool.words : ""].flat() },
      { key: "what", title: "Of", show: (row) => row.what || NONE },
      { key: "run", title: "Run", show: (row) => evidence(row.run) },
    ], rows, { order: "-started", first: 30 }),
  ];
}

// Runs from which on the engine, or the reference, was another thing.
function toolChanges(part, engine, runs) {
  const reference = runNamed(runs.at(-1)).reference;
  const found = new Map();
  for (const name of new Set([engine, reference].filter(Boolean))) {
    for (const [place] of (part.identities[name] || []).slice(1)) {
      const run = runs.find((one) => one >= part.runs[place]);
      if (run) found.set(run, [...(found.get(run) || []), name]);
    }
  }
  return [...found].map(([run, names]) => ({ run, words: `${names.join(" and ")}: another toolchain` }));
}

function historyChart(title, rows, { unit, isLowerBetter, limit, notes, tools, changes }) {
  const at = (run) => runNamed(run).started;
  const values = rows.map((row) => ({ at: at(row.run), value: row.value, low: row.low, high: row.high, ...(row.band || {}), run: row.run, words: interval(row.value, row.low, row.high, unit), commit: commitWords(runNamed(row.run)), pick: true }));
  const banded = values.filter((row) => row.middle);
  const marks = changes.map((one) => ({ at: at(one.run), value: one.value, verdict: one.verdict, words: `${one.verdict} ${number(one.times)}×, ${one.kind}`, run: one.run, pick: true }));
  const [first, last] = [values[0].at, values.at(-1).at];
  const days = notes.map((one) => ({ since: `${one.since}T00:00:00Z`, until: `${one.until}T23:59:59Z`, reason: one.reason })).filter((one) => one.until >= first && one.since <= last);
  const span = (Date.parse(last) - Date.parse(first)) / 864e5;
  const format = span > 120 ? "%b %Y" : span > 2 ? "%d %b" : "%d %b %H:%M";
  const y = (field, more = {}) => ({ field, type: "quantitative", ...more });
  const hasLimit = limit !== null && limit !== undefined;
  const far = hasLimit && !(limit > Math.min(...values.map((row) => row.value)) / 3 && limit < Math.max(...values.map((row) => row.value)) * 3);
  const axis = { title: unit === "times" ? "ratio" : unit || "value", format: unit === "share" ? ".0%" : "~g", tickCount: 6 };
  const words = `${counted(rows.length, "run")} from ${day(first)} to ${day(last)}; ${isLowerBetter ? "lower" : "higher"} is better. ${banded.length ? "Bands: inner and outer fences of its past." : `No band yet: a past begins with ${MIN_PAST} runs.`}${hasLimit ? ` ${far ? "Far off the chart" : "Dashed"}: the target, ${figure(limit, unit)}.` : ""} ${changes.length ? "Triangles: changes of level." : ""} ${tools.length ? "Dotted lines: another toolchain." : ""}`;
  return chart(title, words, (paint, width) => ({
    data: { values },
    height: width < 500 ? 240 : 320,
    encoding: { x: { field: "at", type: "temporal", scale: { type: "utc", padding: 12 }, axis: { title: null, format, labelOverlap: true, tickCount: Math.max(2, Math.floor(width / 120)), grid: false } } },
    layer: [
      ...(days.length ? [{ data: { values: days }, mark: { type: "rect", color: paint.unsure, opacity: 0.18 }, encoding: { x: { field: "since", type: "temporal" }, x2: { field: "until" }, tooltip: { field: "reason" } } }] : []),
      ...(banded.length ? [
        { data: { values: banded }, mark: { type: "area", color: paint.band, opacity: 0.35 }, encoding: { y: y("outerLow", { scale: { zero: false, nice: true }, axis }), y2: { field: "outerHigh" } } },
        { data: { values: banded }, mark: { type: "area", color: paint.band, opacity: 0.45 }, encoding: { y: y("innerLow"), y2: { field: "innerHigh" } } },
        { data: { values: banded }, mark: { type: "line", color: paint.faint, strokeWidth: 1.5 }, encoding: { y: y("middle") } },
      ] : []),
      ...(hasLimit && !far ? [{ data: { values: [{ limit }] }, mark: { type: "rule", color: paint.bad, strokeDash: [6, 4] }, encoding: { x: null, y: y("limit") } }] : []),
      ...(tools.length ? [{ data: { values: tools.map((one) => ({ at: at(one.run), words: one.words })) }, mark: { type: "rule", color: paint.ink, strokeDash: [1, 3] }, encoding: { tooltip: { field: "words" } } }] : []),
      ...(values.some((row) => row.low !== null) ? [{ mark: { type: "rule", color: paint.accent, opacity: rows.length > 120 ? 0.45 : 0.8 }, encoding: { y: y("low", { scale: { zero: false }, axis }), y2: { field: "high" } } }] : []),
      { mark: { type: "point", filled: true, color: paint.accent, size: rows.length > 120 ? 16 : 46, opacity: 1, cursor: "pointer" }, encoding: { y: y("value", { scale: { zero: false }, axis }), tooltip: [{ field: "run", title: "run" }, { field: "words", title: "value" }, { field: "commit", title: "commit" }] } },
      ...(marks.length ? [{ data: { values: marks }, mark: { type: "point", filled: true, size: 150, opacity: 1, stroke: paint.paper, strokeWidth: 1.5, cursor: "pointer" }, encoding: { y: y("value"), color: { field: "verdict", type: "nominal", scale: verdictScale(paint, ["better", "worse"]), legend }, shape: { field: "verdict", type: "nominal", scale: shapeScale(["better", "worse"]), legend }, tooltip: [{ field: "run" }, { field: "words" }] } }] : []),
    ],
  }), { source: sourceWords(rows.at(-1).run), onpick: (datum) => { location.hash = viewLink("runs", { run: datum.run }); } });
}
