// Signals beside speed: what builds reveal without running, and whether programs with more of it gain less.

async function showSignals() {
  const head = [h("h2", {}, "Signals against speed"), note("A signal is read from what was built, without running it. Whether it goes with speed is told by the rank correlation over programs; it is no cause.")];
  const run = Object.keys(facts.details).filter((name) => facts.details[name].signals).sort().at(-1);
  const rows = facts.beside.map((row) => ({ ...row, value: row.rho?.[0] ?? null, count: Object.keys(row.programs).length, key: `${row.lane} ${row.engine} ${row.signal}` }));
  if (!run) return [head, unmeasured("No run of the signals is recorded: molt-build signals makes one.")];
  const keys = rows.map((row) => row.key);
  const lanes = [...new Set(rows.map((row) => row.lane))];
  const lane = chosen("lane", lanes, jobsOf("lane")[0]);
  const engines = [...new Set(rows.filter((row) => row.lane === lane).map((row) => row.engine))];
  const engine = chosen("engine", engines);
  const signals = rows.filter((row) => row.lane === lane && row.engine === engine).map((row) => row.signal);
  const signal = chosen("signal", signals, "runtime_calls");
  const shown = rows.find((row) => row.lane === lane && row.engine === engine && row.signal === signal);
  const known = Object.assign({}, ...Object.values(facts.details).map((one) => one.signals?.facts || {}));
  return [
    head,
    keys.length ? [
      choices(choice("lane", "Lane", lanes, lane), choice("engine", "Engine", engines, engine), choice("signal", "Signal", signals, signal)),
      note(known[signal]?.what || ""),
      signalChart(shown, known[signal]),
      table(`${signal} beside speed, by program`, [
        { key: "program", title: "Program", show: (row) => link(row.program, viewLink("histories", { job: lane, program: row.program, engine })) },
        { key: "value", title: signal, isNumber: true, show: (row) => number(row.value) },
        { key: "speed", title: "Times as fast", isNumber: true, show: (row) => figure(row.speed, "times") },
      ], Object.entries(shown.programs).map(([program, [value, speed]]) => ({ program, value, speed })), { order: "-value", first: 100 }),
      h("h3", {}, "All signals"),
      table("Rank correlation of each signal with speed", [
        { key: "signal", title: "Signal", show: (row) => link(row.signal, linkTo({ lane: row.lane, engine: row.engine, signal: row.signal })) },
        { key: "lane", title: "Lane" }, { key: "engine", title: "Engine" },
        { key: "count", title: "Programs", isNumber: true },
        { key: "value", title: "Correlation", isNumber: true, show: (row) => row.rho ? interval(...row.rho) : NONE },
        { key: "meaning", title: "What it says", order: (row) => correlationWords(row.rho), show: (row) => correlationWords(row.rho) },
      ], rows, { name: "allsort", order: "value" }),
    ] : unmeasured("No run of a lane and no run of the signals are of the same toolchains: run both in one environment."),
    h("h3", {}, "What signals came to"),
    note(sourceWords(run)),
    table("Signals over all programs", [
      { key: "signal", title: "Signal", show: (row) => h("span", { title: known[row.signal]?.what }, row.signal) },
      { key: "engine", title: "Engine", show: (row) => row.engine || "the project" },
      { key: "value", title: "Value", isNumber: true, show: (row) => row.value === null ? row.reason || NONE : `${number(row.value)} ${known[row.signal]?.unit || ""}` },
      { key: "programs", title: "Programs", isNumber: true },
    ], facts.details[run].signals.totals.map(([name, of, value, programs, reason]) => ({ signal: name, engine: of, value, programs, reason })), { name: "totalsort", first: 100 }),
  ];
}

function correlationWords(rho) {
  if (!rho) return "too few programs, or all alike";
  if (rho[1] === null) return "too few programs for an interval";
  if (rho[1] <= 0 && 0 <= rho[2]) return "not told: 0 is inside";
  return `programs with more of it gain ${rho[0] > 0 ? "more" : "less"}`;
}

function signalChart(row, known) {
  const values = Object.entries(row.programs).map(([program, [value, speed]]) => ({ program, value, speed, pick: true }));
  const isLog = values.every((one) => one.value > 0) && Math.max(...values.map((one) => one.value)) > 20 * Math.min(...values.map((one) => one.value));
  return chart(`${row.signal} and speed: ${row.engine}`, `A dot for each of ${counted(values.length, "program")}. Rank correlation ${row.rho ? interval(...row.rho) : "not known"}: ${correlationWords(row.rho)}.`, (paint, width) => ({
    data: { values },
    height: width < 500 ? 260 : 340,
    layer: [
      { mark: { type: "rule", color: paint.ink, strokeDash: [3, 3] }, encoding: { y: { datum: 1 } } },
      { mark: { type: "point", filled: true, size: 60, color: paint.accent, opacity: 0.85, cursor: "pointer" }, encoding: { x: { field: "value", type: "quantitative", scale: isLog ? { type: "log" } : { zero: false }, axis: { title: `${row.signal}${known?.unit ? ` (${known.unit})` : ""}`, format: "~s", labelOverlap: true, tickCount: Math.max(3, Math.floor(width / 110)) } }, y: { field: "speed", type: "quantitative", scale: { type: "log", nice: false, padding: 8 }, axis: { title: "times as fast as the reference", format: "~g", values: logTicks(values.map((one) => one.speed), 420) } }, tooltip: [{ field: "program" }, { field: "value", title: row.signal }, { field: "speed", title: "times as fast" }] } },
    ],
  }), { source: `Speed: ${sourceWords(row.run)}. Signals: ${sourceWords(row.signals)}.`, onpick: (datum) => { location.hash = viewLink("histories", { job: row.lane, program: datum.program, engine: row.engine }); } });
}
