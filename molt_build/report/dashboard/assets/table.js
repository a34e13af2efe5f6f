// Tables: the same facts as charts, to be read out, sorted and reached by keyboard. The order is in
// the address: `sort=KEY`, `sort=-KEY` the other way.

const FIRST_ROWS = 60;
let tables = 0;

function sorted(rows, columns, order) {
  const isDown = order.startsWith("-");
  const column = columns.find((one) => one.key === order.replace(/^-/, ""));
  if (!column) return rows;
  const value = column.order || ((row) => row[column.key]);
  const isNone = (one) => one === null || one === undefined || Number.isNaN(one);
  return [...rows].sort((a, b) => {
    const [one, two] = [value(a), value(b)];
    if (isNone(one) || isNone(two)) return isNone(one) - isNone(two);
    const found = typeof one === "number" ? one - two : String(one).localeCompare(String(two));
    return isDown ? -found : found;
  });
}

// `columns`: key, title, isNumber, order (what a row is ordered by), show (a row's words or node).
function table(title, columns, rows, { order = "", name = "sort", first = FIRST_ROWS } = {}) {
  const now = name ? asked(name, order) : order;
  const ordered = sorted(rows, columns, now);
  const all = asked("rows") === "all";
  const shown = all ? ordered : ordered.slice(0, first);
  const head = columns.map((column) => {
    const is = now.replace(/^-/, "") === column.key;
    const isDown = is && now.startsWith("-");
    const next = is && !isDown ? `-${column.key}` : is ? column.key : column.isNumber ? `-${column.key}` : column.key;
    const button = name
      ? h("button", { type: "button", "data-sort": column.key, onclick: () => go({ [name]: next }) }, column.title, h("span", { "aria-hidden": "true" }, is ? (isDown ? " ↓" : " ↑") : ""))
      : column.title;
    return h("th", { scope: "col", class: column.isNumber ? "number" : null, "aria-sort": is ? (isDown ? "descending" : "ascending") : null }, button);
  });
  const body = shown.map((row) => h("tr", { class: row.isShown ? "shown" : null }, columns.map((column, i) => {
    const words = column.show ? column.show(row) : row[column.key] ?? NONE;
    return h(i ? "td" : "th", { scope: i ? null : "row", class: column.isNumber ? "number" : column.isShort ? "short" : null }, words);
  })));
  const id = `table-${++tables}`;
  const made = h("table", { "aria-labelledby": id, style: `min-width: ${6.5 * columns.length}rem` }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  const more = shown.length < ordered.length
    ? h("p", {}, link(`Show all ${ordered.length} rows`, linkTo({ rows: "all" }))) : null;
  return h("div", { class: "table" }, h("p", { class: "caption", id }, title), h("div", { class: "scroll", role: "region", tabindex: "0", "aria-labelledby": id }, made), more);
}
