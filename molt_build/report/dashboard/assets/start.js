// What is shown when: a view is made when the address asks for it, and only then.

const VIEWS = {
  board: ["Board", showBoard],
  lanes: ["Lanes", showLanes],
  histories: ["Histories", showHistories],
  latency: ["Compile latency", showLatency],
  locks: ["Locks and shards", showLocks],
  friends: ["Friends", showFriends],
  signals: ["Signals", showSignals],
  runs: ["Runs", showRuns],
};
const THEME = "molt-build dashboard colours";
let shownView = "";
let turn = 0;

async function show() {
  const now = ++turn;
  const wanted = asked("view", "board");
  const view = VIEWS[wanted] ? wanted : "board";
  const main = document.getElementById("main");
  const kept = document.activeElement?.id || document.activeElement?.getAttribute?.("data-sort");
  const made = (await VIEWS[view][1]()).flat(9).filter((one) => one !== null && one !== undefined && one !== false);
  if (now !== turn) return; // asked for something else meanwhile
  main.replaceChildren(...made);
  for (const figureElement of main.querySelectorAll("figure")) await figureElement.draw?.();
  document.getElementById("views").replaceChildren(...Object.entries(VIEWS).map(([name, [title]]) =>
    h("li", {}, link(title, viewLink(name), { "aria-current": name === view ? "page" : null }))));
  document.title = `${main.querySelector("h2").textContent}: ${facts.project}`;
  if (view !== shownView) {
    if (shownView) main.focus({ preventScroll: true });
    if (shownView) scrollTo(0, 0);
  } else if (kept) {
    (document.getElementById(kept) || main.querySelector(`[data-sort="${CSS.escape(kept)}"]`))?.focus({ preventScroll: true });
  }
  document.getElementById("said").textContent = `${main.querySelector("h2").textContent} is shown`;
  shownView = view;
  drawAll(false);
  document.documentElement.dataset.shown = String(now); // for tests: what was asked for is there
}

function paintAs(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function remembered(theme) {
  try {
    if (theme === undefined) return localStorage.getItem(THEME) || "";
    localStorage.setItem(THEME, theme);
  } catch { /* a browser that keeps nothing for files */ }
  return theme || "";
}

async function start() {
  const select = document.getElementById("theme");
  select.value = remembered();
  paintAs(select.value);
  select.addEventListener("change", () => { remembered(select.value); paintAs(select.value); drawAll(true); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(true));
  facts = await unpack("main");
  document.getElementById("made").textContent = `recorded runs up to ${facts.made.slice(0, 16).replace("T", " ")} UTC, molt_build ${facts.version}`;
  let later;
  addEventListener("resize", () => { clearTimeout(later); later = setTimeout(() => drawAll(false), 100); });
  addEventListener("hashchange", show);
  await show();
}

globalThis.dashboard = { withBands, changePoints, fences, seriesOf };
start();
