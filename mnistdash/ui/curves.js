// Learning curves as SVG. Streamlit calls the default export again for every change of data or
// theme, with the same parentElement: every node is used again, so that nothing ever blanks.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { top: 26, right: 14, bottom: 34, left: 44 };
const states = new WeakMap(); // root element -> {data, observer}

export default function curves({ data: [data], parentElement }) {
  const root = parentElement.querySelector(".curves");
  if (!states.has(root)) states.set(root, begin(root));
  const state = states.get(root);
  resize(root.querySelector(".charts"), data.charts.length, newChart);
  state.data = data;
  paintLegend(root.querySelector(".legend"), data.charts);
  paint(root, data);
}

function begin(root) {
  const state = {};
  state.observer = new ResizeObserver(() => paint(root, state.data));
  state.observer.observe(root);
  return state;
}

function paint(root, data) {
  const charts = root.querySelector(".charts").children;
  data.charts.forEach((chart, place) => paintChart(charts[place], chart));
}

// --- nodes ------------------------------------------------------------------------------------

function make(tag, className, parent) {
  const node = document.createElementNS(SVG, tag);
  if (className) node.setAttribute("class", className);
  parent?.append(node);
  return node;
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

// As many children as there are things to show; those that stay are left where they are.
function resize(parent, count, newChild) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(newChild());
  return Array.from(parent.children);
}

let clips = 0;

function newChart() {
  const chart = document.createElement("div");
  chart.className = "chart";
  const svg = make("svg", "", chart);
  set(svg, { role: "img", tabindex: 0 });
  make("text", "title", svg);
  make("g", "rows", svg);
  make("g", "columns", svg);
  set(make("text", "unit", svg), { "text-anchor": "middle" });
  make("line", "axis", svg);
  const clip = make("clipPath", "", svg);
  clip.id = `curves-clip-${clips++}`;
  make("rect", "", clip);
  set(make("g", "lines", svg), { "clip-path": `url(#${clip.id})` });
  const best = make("g", "best", svg);
  set(make("circle", "", best), { r: 6 });
  set(make("text", "", best), { "text-anchor": "middle" });
  const reading = make("g", "reading", svg);
  set(make("circle", "", reading), { r: 5 });
  const said = document.createElement("p");
  said.className = "said";
  chart.append(said);
  listen(chart, svg);
  return chart;
}

function newTick() {
  const tick = make("g");
  make("line", "grid", tick);
  make("text", "", tick);
  return tick;
}

function newLine() {
  const line = make("g");
  make("path", "", line);
  make("path", "", line);
  return line;
}

// --- drawing ----------------------------------------------------------------------------------

function paintChart(chart, data) {
  const svg = chart.firstElementChild;
  const { width, height } = svg.getBoundingClientRect();
  if (!width || !height) return; // not laid out yet: the observer will say so
  const place = placer(data, width, height);
  chart.curve = { data, place };
  svg.setAttribute("aria-label", data.label);
  const title = svg.querySelector(".title");
  set(title, { x: 0, y: 12 });
  title.textContent = data.title;
  paintAxes(svg, data, place);
  set(svg.querySelector("rect"), {
    x: MARGIN.left - 3,
    y: MARGIN.top - 4,
    width: Math.max(0, width - MARGIN.left - MARGIN.right + 6),
    height: Math.max(0, height - MARGIN.top - MARGIN.bottom + 8),
  });
  const lines = resize(svg.querySelector(".lines"), data.lines.length, newLine);
  data.lines.forEach((line, nth) => paintLine(lines[nth], line, place));
  paintBest(svg.querySelector(".best"), data.best, place);
  say(chart);
}

// Numbers to pixels: the text stays as large as it is, however wide the chart.
function placer({ epochs, range: [low, high] }, width, height) {
  const inner = width - MARGIN.left - MARGIN.right;
  const tall = height - MARGIN.top - MARGIN.bottom;
  return {
    left: MARGIN.left,
    right: width - MARGIN.right,
    bottom: height - MARGIN.bottom,
    x: (epoch) => MARGIN.left + (epoch / epochs) * inner,
    y: (value) => MARGIN.top + ((high - value) / (high - low)) * tall,
  };
}

function paintAxes(svg, data, place) {
  const rows = resize(svg.querySelector(".rows"), data.y.length, newTick);
  data.y.forEach(([value, text], nth) => {
    const [line, label] = rows[nth].children;
    const y = place.y(value);
    set(line, { x1: place.left, x2: place.right, y1: y, y2: y });
    set(label, { x: place.left - 7, y: y + 4, "text-anchor": "end" });
    label.textContent = text;
  });
  const columns = resize(svg.querySelector(".columns"), data.x.length, newTick);
  data.x.forEach(([epoch, text], nth) => {
    const [line, label] = columns[nth].children;
    const x = place.x(epoch);
    set(line, { x1: x, x2: x, y1: place.bottom, y2: place.bottom + 4 });
    line.setAttribute("class", "axis");
    set(label, { x, y: place.bottom + 16, "text-anchor": "middle" });
    label.textContent = text;
  });
  const axis = svg.querySelector(":scope > .axis");
  set(axis, { x1: place.left, x2: place.right, y1: place.bottom, y2: place.bottom });
  const unit = svg.querySelector(".unit");
  set(unit, { x: (place.left + place.right) / 2, y: place.bottom + 31 });
  unit.textContent = "epoch";
}

function paintLine(node, { kind, points }, place) {
  const [path, dots] = node.children;
  let [along, at, broken] = ["", "", true];
  for (const [epoch, value] of points) {
    if (value === null) {
      broken = true; // a value that is no number is a gap
      continue;
    }
    const spot = `${place.x(epoch).toFixed(1)} ${place.y(value).toFixed(1)}`;
    along += `${broken ? "M" : "L"}${spot}`;
    at += `M${spot}h0`; // a line of no length with round ends is a dot
    broken = false;
  }
  path.setAttribute("class", kind);
  path.setAttribute("d", along);
  path.dataset.points = points.length;
  dots.setAttribute("class", `${kind} dots`);
  dots.setAttribute("d", kind === "samples" || points.length > 60 ? "" : at);
}

function paintBest(node, best, place) {
  node.toggleAttribute("hidden", !best);
  if (!best) return;
  const [ring, word] = node.children;
  const [x, y] = [place.x(best[0]), place.y(best[1])];
  set(ring, { cx: x, cy: y });
  set(word, { x: Math.min(x, place.right - 8), y: y < MARGIN.top + 22 ? y + 20 : y - 11 });
  word.textContent = "best";
}

function paintLegend(legend, charts) {
  const all = charts.flatMap(({ lines }) => lines.map(({ name, kind }) => [name, kind]));
  const named = new Map(all.map((entry) => [entry.join(), entry])); // once, not once a chart
  const entries = resize(legend, named.size, newEntry);
  [...named.values()].forEach(([name, kind], nth) => {
    const [swatch, text] = entries[nth].children;
    swatch.firstElementChild.setAttribute("class", kind);
    text.textContent = name;
  });
}

function newEntry() {
  const entry = document.createElement("span");
  const swatch = make("svg", "swatch", entry);
  swatch.setAttribute("aria-hidden", "true");
  set(make("line", "", swatch), { x1: 2, x2: 26, y1: 5, y2: 5 });
  entry.append(document.createElement("span"));
  return entry;
}

// --- reading values ---------------------------------------------------------------------------

function listen(chart, svg) {
  const said = chart.querySelector(".said");
  const point = (event) => choose(chart, nearest(chart, event));
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") choose(chart, null); // after a tap it stays to be read
  });
  svg.addEventListener("focus", () => said.setAttribute("aria-live", "polite"));
  svg.addEventListener("blur", () => {
    said.removeAttribute("aria-live"); // a growing curve would be read out all the time
    choose(chart, null);
  });
  svg.addEventListener("keydown", (event) => step(chart, event));
}

// Every point that says something, from left to right.
function spots(chart) {
  if (!chart.curve) return [];
  const { data, place } = chart.curve;
  return data.lines
    .flatMap(({ points }) => points)
    .filter(([, value, sentence]) => value !== null && sentence)
    .map(([epoch, value, sentence]) => ({ epoch, sentence, x: place.x(epoch), y: place.y(value) }))
    .sort((a, b) => a.x - b.x);
}

function nearest(chart, event) {
  const box = chart.firstElementChild.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const far = (spot) => Math.hypot(4 * (spot.x - x), spot.y - y); // the epoch first
  return spots(chart).reduce((best, spot) => (!best || far(spot) < far(best) ? spot : best), null);
}

function choose(chart, spot) {
  chart.chosen = spot?.sentence;
  say(chart);
}

// What is said below a chart: the point chosen, else the last one.
function say(chart) {
  const all = spots(chart);
  const chosen = all.find(({ sentence }) => sentence === chart.chosen);
  const reading = chart.querySelector(".reading");
  reading.toggleAttribute("hidden", !chosen);
  if (chosen) set(reading.firstElementChild, { cx: chosen.x, cy: chosen.y });
  const text = (chosen ?? all.at(-1))?.sentence ?? "";
  const said = chart.querySelector(".said");
  if (said.textContent !== text) said.textContent = text;
}

function step(chart, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return; // Alt+Left goes back a page
  const all = spots(chart);
  const here = all.findIndex(({ sentence }) => sentence === chart.chosen);
  const there = {
    ArrowLeft: Math.max(0, here < 0 ? all.length - 1 : here - 1),
    ArrowRight: Math.min(all.length - 1, here + 1),
    Home: 0,
    End: all.length - 1,
  }[event.key];
  if (event.key === "Escape") choose(chart, null);
  if (there === undefined || !all.length) return;
  event.preventDefault(); // the page must not scroll
  choose(chart, all[there]);
}
