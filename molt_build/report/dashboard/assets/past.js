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

// How many times as bad as the median a value may be: inner and outer fence.
function fences(past, isLowerBetter, least = LEAST) {
  const sign = isLowerBetter ? 1 : -1;
  const logs = past.map((value) => sign * Math.log(value));
  const changes = logs.slice(1).map((after, i) => after - logs[i]).sort((a, b) => a - b);
  const [low, high] = [quantile(changes, 0.25), quantile(changes, 0.75)];
  const floor = Math.log1p(least);
  return {
    inner: Math.exp(Math.max(high + 1.5 * (high - low), floor)),
    outer: Math.exp(Math.max(high + 3 * (high - low), floor)),
  };
}

// For each point with a past the band that it is seen against: middle, and both fences to both sides.
function withBands(points, isLowerBetter, isAnnotated = () => false) {
  const past = [];
  return points.map((point) => {
    let band = null;
    if (past.length >= MIN_PAST) {
      const middle = Math.exp(median(past.slice(-WINDOW).map(Math.log)));
      const [up, down] = [fences(past, true), fences(past, false)];
      band = { middle, innerLow: middle / down.inner, innerHigh: middle * up.inner, outerLow: middle / down.outer, outerHigh: middle * up.outer };
    }
    if (point.value > 0 && !isAnnotated(point)) past.push(point.value);
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
