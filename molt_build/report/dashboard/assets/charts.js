// Charts by Vega-Lite, as SVG in the colours of the page. What a chart shows stands in a table too,
// so it is one picture with one description for who cannot see it.

const FONT = "system-ui, sans-serif";
const drawn = new Set(); // views of the charts that are shown, to be drawn again or let go

function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["ink", "faint", "line", "good", "bad", "unsure", "none", "accent", "band", "paper"]
    .map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function config(paint) {
  const text = { labelColor: paint.ink, titleColor: paint.ink, labelFont: FONT, titleFont: FONT, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  return {
    background: null, font: FONT, aria: false, view: { stroke: null },
    axis: { ...text, gridColor: paint.line, domainColor: paint.faint, tickColor: paint.faint },
    legend: { ...text, orient: "top", symbolSize: 70 },
    header: text, title: { color: paint.ink, font: FONT, fontSize: 13, anchor: "start" },
  };
}

// `make(paint, width)` gives the specification; `onpick(datum)` hears of a point that is clicked.
function chart(title, words, make, { source = "", onpick } = {}) {
  const host = h("div", { class: "chart", role: "img", "aria-label": `${title}. ${words}` });
  const made = h("figure", {}, h("h3", {}, title), host, h("figcaption", {}, words, source ? [" ", h("span", { class: "source" }, source)] : null));
  const one = { host, make, onpick, view: null };
  drawn.add(one);
  made.draw = () => draw(one);
  return made;
}

let library; // begins with the first chart

async function begin() {
  const script = document.createElement("script");
  script.textContent = await textOf("library");
  document.head.append(script);
}

async function draw(one) {
  await (library ??= begin());
  const paint = colours();
  const width = Math.floor(one.host.clientWidth);
  if (!width || !one.host.isConnected) return;
  one.width = width;
  const spec = { width, autosize: { type: "fit-x", contains: "padding" }, ...one.make(paint, width) };
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
  one.view?.finalize();
  const made = await vegaEmbed(one.host, spec, { mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, config: config(paint), tooltip: { theme: isDark ? "dark" : "light" } });
  one.view = made.view;
  one.host.querySelector("svg").setAttribute("aria-hidden", "true"); // its words are the host's
  if (one.onpick) one.view.addEventListener("click", (_, item) => item?.datum?.pick && one.onpick(item.datum));
}

function drawAll(isForced) {
  for (const one of drawn) {
    if (!one.host.isConnected) {
      one.view?.finalize();
      drawn.delete(one);
    } else if (isForced || Math.floor(one.host.clientWidth) !== one.width) {
      draw(one);
    }
  }
}

// Marks and colours that several charts share.
const VERDICTS = ["faster", "slower", "equal", "unclear", "none"];

function verdictScale(paint, names) {
  const of = { faster: paint.good, slower: paint.bad, smaller: paint.good, larger: paint.bad, better: paint.good, worse: paint.bad, met: paint.good, missed: paint.bad, equal: paint.none, unclear: paint.unsure, none: paint.none };
  return { domain: names, range: names.map((name) => of[name] || paint.none) };
}

function shapeScale(names) {
  const of = { faster: "triangle-up", slower: "triangle-down", smaller: "triangle-up", larger: "triangle-down", better: "triangle-up", worse: "triangle-down", met: "circle", missed: "cross", equal: "circle", unclear: "diamond", none: "square" };
  return { domain: names, range: names.map((name) => of[name] || "circle") };
}

// Ticks of a log scale: as many round numbers between two as there is room for.
const ROUND = [
  [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 9.5], [1, 1.2, 1.5, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1],
];

function logTicks(values, width) {
  const known = values.filter((value) => value > 0);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 }, (_, i) => Math.floor(Math.log10(low)) + i);
  const most = Math.max(3, Math.floor(width / 60));
  const made = ROUND.map((set) => powers.flatMap((power) => set.map((one) => +(one * 10 ** power).toPrecision(3))).filter((tick) => low <= tick && tick <= high));
  return made.find((ticks) => ticks.length <= most) || made.at(-1).filter((_, i) => i % 2 === 0);
}

// A log scale of ratios or seconds: its ends are those of the data.
function logX(values, width, title) {
  const room = width - labelRoom(width);
  return { type: "quantitative", scale: { type: "log", nice: false, padding: 8 }, axis: { title, format: "~g", values: logTicks(values, room) } };
}

// Names without what all begin with, as far as its last underscore.
function shortNames(names) {
  let prefix = names[0] || "";
  for (const name of names) while (!name.startsWith(prefix)) prefix = prefix.slice(0, -1);
  const length = names.length > 1 ? prefix.lastIndexOf("_") + 1 : 0;
  return names.map((name) => name.slice(length));
}

const legend = { title: null };
const labelRoom = (width) => Math.max(90, Math.min(220, Math.floor(width * 0.32)));
