// Elements of the document, made of names and children: text is never markup.

function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

function link(words, address, attributes = {}) {
  return h("a", { href: address, ...attributes }, words);
}

// A choice that is part of the address.
function choice(name, title, options, value, titles = {}) {
  const id = `choice-${name}`;
  const select = h("select", { id, onchange: () => go({ [name]: select.value, rows: "" }) },
    options.map((one) => h("option", { value: one, selected: one === value }, titles[one] || one)));
  select.value = value;
  return h("div", { class: "choice" }, h("label", { for: id }, title), select);
}

function choices(...made) {
  return h("div", { class: "choices", role: "group", "aria-label": "What is shown" }, made);
}

// Words that say the verdict themselves; the colour repeats it.
const VERDICT_KINDS = {
  met: "good", pass: "good", faster: "good", green: "good", better: "good", smaller: "good",
  missed: "bad", fail: "bad", slower: "bad", red: "bad", failed: "bad", worse: "bad", larger: "bad",
  unclear: "unsure", warn: "unsure", stale: "unsure", open: "unsure",
};

function verdict(word) {
  return h("span", { class: `verdict ${VERDICT_KINDS[word] || "none"}` }, word);
}

function tile(title, value, words) {
  return h("div", { class: "tile" }, h("dt", {}, title), h("dd", {}, h("b", {}, value), words ? h("small", {}, words) : null));
}

const tiles = (...made) => h("dl", { class: "tiles" }, made);
const note = (...words) => h("p", { class: "note" }, words);
const unmeasured = (words) => h("p", { class: "unmeasured" }, h("b", {}, "Unmeasured. "), words);

function runLink(name) {
  return name && runNamed(name) ? link(name, viewLink("runs", { run: name })) : name || NONE;
}

// The run that a number is of, with its day and commit.
function evidence(name) {
  const run = runNamed(name);
  if (!run) return name || NONE;
  return [runLink(name), h("small", { class: "under" }, `${day(run.started)}, ${run.git_commit ? `commit ${commitWords(run)}` : "commit unknown"}`)];
}

function commitWords(run) {
  if (!run || !run.git_commit) return NONE;
  return `${run.git_commit.slice(0, 12)}${run.git_is_dirty ? " with changes" : ""}`;
}
