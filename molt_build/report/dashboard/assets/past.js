// A figure's own past, as the gates see it (governance/past.py, which says why): a change of the
// logarithm is usual up to Tukey's fences of all changes before it, and a value is seen against the
// median of the last ten before it. Tests hold the two to the same numbers.

const MIN_PAST = 8;
const WINDOW = 10;
const LEAST = 0.02;

function quantile(ordered, level) {
  const place = level * (ordered.length - 1);
  const index = Math.max(0, Math.min(Math.floor(place), ordered.length - 2));
  if (ordered.length === 1) return ordered[0];
  return ordered[index] + (place - index) * (ordered[index + 1] - ordered[index]);
}

function median(values) {
  return quantile([...values].sort((a, b) => a - b), 0.5);
}

// How many times as bad as the median a value may be, inner and outer fence, by ordered changes.
function fencesOf(changes, isLowerBetter, least) {
  const [low, high] = [quantile(changes, 0.25), quantile(changes, 0.75)];
  const end = isLowerBetter ? high : -low;
  const beyond = (times) => Math.exp(Math.max(end + times * (high - low), Math.log1p(least)));
  return { inner: beyond(1.5), outer: beyond(3) };
}

function fences(past, isLowerBetter, least = LEAST) {
  const logs = past.map(Math.log);
  const changes = logs.slice(1).map((after, i) => after - logs[i]).sort((a, b) => a - b);
  return fencesOf(changes, isLowerBetter, least);
}

function insert(ordered, value) {
  let [low, high] = [0, ordered.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ordered[middle] < value) low = middle + 1;
    else high = middle;
  }
  ordered.splice(low, 0, value);
}

// For each point with a past the band that it is seen against: middle, and both fences to both sides.
function withBands(points, isAnnotated = () => false) {
  const logs = []; // of what is past
  const changes = []; // between them, ordered
  return points.map((point) => {
    let band = null;
    if (logs.length >= MIN_PAST) {
      const middle = Math.exp(median(logs.slice(-WINDOW)));
      const [up, down] = [fencesOf(changes, true, LEAST), fencesOf(changes, false, LEAST)];
      band = { middle, innerLow: middle / down.inner, innerHigh: middle * up.inner, outerLow: middle / down.outer, outerHigh: middle * up.outer };
    }
    if (point.value > 0 && !isAnnotated(point)) {
      const now = Math.log(point.value);
      if (logs.length) insert(changes, now - logs.at(-1));
      logs.push(now);
    }
    return { ...point, band };
  });
}

// Where a figure came to another level and stayed: the whole interval of a point lies beyond the
// outer fence, that of the point before it did not, and of the next three points at least two lie
// beyond the same fence too. Where fewer than two follow, it is said to be not known yet.
function changePoints(points, isLowerBetter) {
  const side = (point, band) => {
    if (!band || !(point.value > 0)) return 0;
    if ((point.low ?? point.value) > band.outerHigh) return 1;
    return (point.high ?? point.value) < band.outerLow ? -1 : 0;
  };
  const found = [];
  points.forEach((point, i) => {
    const beyond = side(point, point.band);
    if (!beyond || (i && side(points[i - 1], points[i - 1].band) === beyond)) return;
    const after = points.slice(i + 1, i + 4);
    const stays = after.filter((next) => side({ ...next, low: null, high: null }, point.band) === beyond).length;
    const kind = stays >= 2 ? "stayed" : after.length - stays > 1 ? "alone" : "not known yet";
    if (kind !== "alone") found.push({ ...point, kind, times: point.value / point.band.middle, verdict: (beyond > 0) === isLowerBetter ? "worse" : "better" });
  });
  return found;
}
