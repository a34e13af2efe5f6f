// The board: tracks and their KPIs, the gates' latest verdicts, regressions, the costliest losses.

const KPI_COLUMNS = [
  { key: "track", title: "Track", isShort: true },
  { key: "name", title: "KPI", show: (kpi) => link(kpi.name, viewLink("histories", { of: `${kpi.track} ${kpi.name}` }), { title: kpi.description }) },
  { key: "verdict", title: "Verdict", show: (kpi) => verdict(kpi.verdict) },
  { key: "value", title: "Value", isNumber: true, show: (kpi) => interval(kpi.value, kpi.low, kpi.high, kpi.unit || " ") },
  { key: "limit", title: "Target", isNumber: true, show: (kpi) => targetWords(kpi) },
  { key: "of", title: "Of", show: (kpi) => kpi.reason ? [kpi.of, kpi.of ? ": " : "", kpi.reason] : kpi.members > 1 ? `${kpi.of}, the worst of ${kpi.members}` : kpi.of },
  { key: "streak", title: "Streak", isNumber: true, order: (kpi) => kpi.streak, show: (kpi) => `${counted(kpi.streak, "run")}, ${kpi.streak_wanted} asked for` },
  { key: "started", title: "Run", show: (kpi) => evidence(kpi.run) },
];

function targetWords(kpi) {
  if (kpi.limit === null) return "no worse than before";
  return `${kpi.is_maximum ? "≤" : "≥"} ${figure(kpi.limit, kpi.unit)}`;
}

const TRACK_COLUMNS = [
  { key: "name", title: "Track", show: (track) => `${track.name} ${track.title}` },
  { key: "priority", title: "Priority" },
  { key: "owner", title: "Owner" },
  { key: "state", title: "State", show: (track) => verdict(track.state) },
  { key: "met", title: "KPIs met", isNumber: true, show: (track) => `${track.met} of ${track.kpis.length}` },
  { key: "exit_gate", title: "Done when" },
];

const GATE_COLUMNS = [
  { key: "gate", title: "Gate", show: (gate) => h("span", { title: gate.what }, gate.gate) },
  { key: "verdict", title: "Verdict", show: (gate) => verdict(gate.verdict) },
  { key: "value", title: "Worst value", isNumber: true, order: (gate) => gate.worst?.value, show: (gate) => gate.worst ? interval(gate.worst.value, gate.worst.low, gate.worst.high, gate.unit) : NONE },
  { key: "limit", title: "Limit", isNumber: true, order: (gate) => gate.worst?.limit, show: (gate) => gate.worst?.limit == null ? NONE : `${gate.max ? "≤" : "≥"} ${figure(gate.worst.limit, gate.unit)}` },
  { key: "of", title: "Of, or why", show: (gate) => [[gate.worst?.of, gate.reason || gate.worst?.note].filter(Boolean).join(": "), gate.notes.length ? ` (${gate.notes.join("; ")})` : ""] },
  { key: "against", title: "Against" },
  { key: "owner", title: "Owner" },
  { key: "run", title: "Run", show: (gate) => evidence(gate.run) },
];

const REGRESSION_COLUMNS = [
  { key: "id", title: "Regression" },
  { key: "gate", title: "Gate" },
  { key: "state", title: "State" },
  { key: "found", title: "Found" },
  { key: "members", title: "Of", order: (one) => one.members.length, show: (one) => one.members.join(", ") },
  { key: "hypothesis", title: "Hypothesis" },
  { key: "run", title: "Run", show: (one) => (one.run ? evidence(one.run) : NONE) },
];

const LOSS_COLUMNS = [
  { key: "track", title: "Track", isShort: true, show: (loss) => loss.track || NONE },
  { key: "where", title: "Lane or suite", show: (loss) => link(loss.where, viewLink(facts.suites[loss.where] ? "friends" : "lanes", { job: loss.run.split("/")[0], suite: facts.suites[loss.where] ? loss.where : "", engine: loss.engine, run: loss.run })) },
  { key: "family", title: "Family", show: (loss) => loss.family || NONE },
  { key: "cost", title: "Costs the mean", isNumber: true, show: (loss) => `−${(loss.cost * 100).toFixed(2)} %` },
  { key: "programs", title: "Programs", order: (loss) => loss.programs.length, show: (loss) => loss.programs.join(", ") },
  { key: "worst", title: "Worst", isNumber: true, order: (loss) => loss.worst.ratio, show: (loss) => interval(loss.worst.ratio, loss.worst.low, loss.worst.high, "times") },
  { key: "run", title: "Run", show: (loss) => evidence(loss.run) },
];

function countWords(rows, key, order) {
  const count = (word) => rows.filter((row) => row[key] === word).length;
  return order.filter(count).map((word) => `${count(word)} ${word}`).join(", ");
}

function showBoard() {
  const { board } = facts;
  const kpis = board.tracks.flatMap((track) => track.kpis.map((kpi) => ({ ...kpi, track: track.name })));
  const tracks = board.tracks.map((track) => ({ ...track, met: track.kpis.filter((kpi) => kpi.verdict === "met").length }));
  const latest = [...allRuns().values()].at(-1);
  const gatesRun = Object.keys(facts.details).filter((name) => name.startsWith("gates/")).sort().at(-1);
  const gates = gatesRun ? facts.details[gatesRun].gates : [];
  return [
    h("h2", {}, "Board"),
    note(`How far the program is with ${board.engine}. Values come from recorded runs alone; what no run has shown is unmeasured.`),
    tiles(
      tile("KPIs", `${kpis.filter((kpi) => kpi.verdict === "met").length} of ${kpis.length} met`, countWords(kpis, "verdict", ["met", "missed", "unclear", "unmeasured"])),
      tile("Tracks", `${tracks.filter((track) => track.state === "met").length} of ${tracks.length} done`, countWords(tracks, "state", ["met", "open", "unmeasured"])),
      tile("Gates", gates.length ? `${gates.filter((gate) => gate.verdict === "pass").length} of ${gates.length} pass` : "unmeasured", gates.length ? countWords(gates, "verdict", ["pass", "warn", "fail", "stale", "unmeasured"]) : "no run of the gates is recorded"),
      tile("Runs", allRuns().size.toLocaleString("en"), latest ? `the latest: ${latest.id}` : "none is recorded"),
    ),
    kpiChart(kpis),
    table("KPIs and their targets", KPI_COLUMNS, kpis, { order: "track" }),
    h("h3", {}, "Tracks"),
    table("Tracks of the program", TRACK_COLUMNS, tracks, { name: "tracksort", order: "priority" }),
    h("h3", {}, "Gates"),
    gates.length ? [note(sourceWords(gatesRun)), table("Gates, as they were last judged", GATE_COLUMNS, gates, { name: "gatesort" })] : unmeasured("No run of the gates is recorded: molt-build gates makes one."),
    h("h3", {}, "Regressions"),
    board.regressions.length
      ? [note("What gates found and no green runs have closed yet."), table("Regressions", REGRESSION_COLUMNS, board.regressions, { name: "regressionsort" })]
      : note("The register has no regression that is not closed."),
    h("h3", {}, "Costliest losses"),
    board.losses.length
      ? [note("Programs that are surely slower than the reference, by track and family, with what they cost the mean over the lane."), table("Costliest losses", LOSS_COLUMNS, board.losses, { name: "losssort" })]
      : note("No recorded run shows a loss."),
  ];
}

// Values as multiples of their targets, so that all stand on one axis: right of the line is kept.
function kpiChart(kpis) {
  const rows = kpis.filter((kpi) => kpi.value > 0 && kpi.limit > 0 && kpi.verdict !== "unmeasured").map((kpi) => {
    const kept = (value) => (value > 0 ? (kpi.is_maximum ? kpi.limit / value : value / kpi.limit) : null);
    const ends = [kept(kpi.low), kept(kpi.high)].filter((one) => one !== null).sort((a, b) => a - b);
    return { name: `${kpi.track} ${kpi.name}`, kept: kept(kpi.value), low: ends[0] ?? null, high: ends.at(-1) ?? null, verdict: kpi.verdict, words: `${interval(kpi.value, kpi.low, kpi.high, kpi.unit)}, target ${targetWords(kpi)}`, pick: true };
  });
  if (!rows.length) return null;
  return chart("KPIs beside their targets", "Right of the line the target is kept: 2 is twice as good as it must be. Bars are 95 % intervals. A click leads to the history.", (paint, width) => ({
    data: { values: rows },
    height: 22 * rows.length,
    encoding: { y: { field: "name", type: "nominal", sort: null, axis: { title: null, labelExpr: width < 500 ? "split(datum.label, ' ')[1]" : "datum.label", labelLimit: labelRoom(width), domain: false, ticks: false } } },
    layer: [
      { mark: { type: "rule", color: paint.ink, strokeDash: [4, 3] }, encoding: { x: { datum: 1 }, y: null } },
      { mark: { type: "rule", strokeWidth: 2 }, encoding: { x: { field: "low", ...logX(rows.flatMap((row) => [row.low ?? row.kept, row.high ?? row.kept]), width, "times as good as the target (log scale)") }, x2: { field: "high" }, color: { field: "verdict", type: "nominal", scale: verdictScale(paint, ["met", "missed", "unclear"]), legend } } },
      { mark: { type: "point", filled: true, size: 80, opacity: 1, cursor: "pointer" }, encoding: { x: { field: "kept", type: "quantitative" }, color: { field: "verdict", type: "nominal", scale: verdictScale(paint, ["met", "missed", "unclear"]), legend }, shape: { field: "verdict", type: "nominal", scale: shapeScale(["met", "missed", "unclear"]), legend }, tooltip: [{ field: "name", title: "KPI" }, { field: "words", title: "value" }] } },
    ],
  }), { source: "Each KPI's run and commit stand in the table.", onpick: (datum) => { location.hash = viewLink("histories", { of: datum.name }); } });
}
