// Charts of columns as SVG. Streamlit calls the default export again for every change of data or
// theme, with the same parentElement: every node is used again, so that nothing blanks and the focus
// stays. Places come as shares of the chart, from its lower left corner.

const SVG = "http://www.w3.org/2000/svg";
const NOTED_PX = 26; // more above the columns where notes stand upright
const MARGIN = { top: 30, right: 12, bottom: 38, left: 46 };
const LETTER_PX = 7; // of a note, with some room
const charts = new WeakMap(); // root element -> state

export default function columns({ data: [data], parentElement, setStateValue }) {
  const root = parentElement.querySelector(".columns");
  if (!charts.has(root)) charts.set(root, begin(root));
  const state = charts.get(root);
  state.data = data;
  state.tell = (place) => setStateValue("choose", [Math.random(), place]);
  paint(state);
}

function begin(root) {
  const legend = part("div", "legend");
  const svg = make("svg", "");
  const said = part("p", "said");
  root.replaceChildren(legend, svg, said);
  const state = { root, legend, svg, said, here: 0, chosen: null };
  svg.setAttribute("role", "figure");
  for (const name of ["rows", "ticks", "bars", "lines", "targets"]) state[name] = make("g", name, svg);
  state.up = make("text", "title", svg);
  state.across = make("text", "across", svg);
  state.axis = make("line", "axis", svg);
  new ResizeObserver(() => paint(state)).observe(svg);
  const nth = ({ target }) => [...state.targets.children].indexOf(target.closest(".target"));
  svg.addEventListener("click", (event) => choose(state, nth(event)));
  svg.addEventListener("keydown", (event) => press(state, event, nth(event)));
  svg.addEventListener("focusin", (event) => say(state, nth(event)));
  svg.addEventListener("focusout", () => say(state, -1));
  svg.addEventListener("pointerover", (event) => say(state, nth(event)));
  svg.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType === "mouse") say(state, -1); // after a tap it stays to be read
  });
  return state;
}

// --- nodes ------------------------------------------------------------------------------------

function part(tag, className) {
  const node = document.createElement(tag);
  node.className = className;
  return node;
}

function make(tag, className, parent) {
  const node = document.createElementNS(SVG, tag);
  if (className) node.setAttribute("class", className);
  parent?.append(node);
  return node;
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
}

// As many children as there are things to show; those that stay are left where they are.
function resize(parent, count, newChild) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(newChild());
  return Array.from(parent.children);
}

function several(...tags) {
  return () => {
    const group = make("g");
    for (const [tag, className] of tags) make(tag, className, group);
    return group;
  };
}

// --- drawing ----------------------------------------------------------------------------------

function paint(state) {
  const { data, svg } = state;
  svg.style.height = `${data.height_px}px`;
  const { width, height } = svg.getBoundingClientRect();
  if (!width || !height) return; // not laid out yet: the observer will say so
  const upright = notesAreLong(data, width);
  const place = placer(width, height, MARGIN.top + (upright ? NOTED_PX : 0));
  svg.setAttribute("aria-label", data.said);
  paintLegend(state);
  paintAxes(state, place);
  const groups = resize(state.bars, data.columns.length, several(["g", "side"], ["line", "reach"], ["circle", "dot"], ["line", "level"], ["text", "note"]));
  data.columns.forEach((column, nth) => paintColumn(groups[nth], column, place, upright));
  const lines = resize(state.lines, data.lines.length, () => make("path"));
  data.lines.forEach((line, nth) => paintLine(lines[nth], line, place));
  paintTargets(state, place);
}

function notesAreLong({ columns }, width) {
  const wide = width - MARGIN.left - MARGIN.right;
  return columns.some(({ note, left, right }) => note.length * LETTER_PX > (right - left) * wide);
}

function placer(width, height, top) {
  const [wide, tall] = [width - MARGIN.left - MARGIN.right, height - top - MARGIN.bottom];
  return {
    left: MARGIN.left,
    right: width - MARGIN.right,
    top,
    bottom: height - MARGIN.bottom,
    x: (share) => MARGIN.left + share * wide,
    y: (share) => top + (1 - share) * tall,
  };
}

function paintAxes({ data, rows, ticks, up, across, axis }, place) {
  const drawn = resize(rows, data.ticks_up.length, several(["line", "grid"], ["text", ""]));
  data.ticks_up.forEach(([share, text], nth) => {
    const [line, label] = drawn[nth].children;
    set(line, { x1: place.left, x2: place.right, y1: place.y(share), y2: place.y(share) });
    set(label, { x: place.left - 7, y: place.y(share) + 4, "text-anchor": "end" });
    label.textContent = text;
  });
  const marks = resize(ticks, data.ticks_across.length, several(["line", "axis"], ["text", ""]));
  data.ticks_across.forEach(([share, text], nth) => {
    const [line, label] = marks[nth].children;
    const x = place.x(share);
    set(line, { x1: x, x2: x, y1: place.bottom, y2: place.bottom + 4 });
    set(label, { x, y: place.bottom + 17, "text-anchor": "middle" });
    label.textContent = text;
  });
  set(up, { x: 0, y: 12 });
  up.textContent = data.up;
  const middle = (place.left + place.right) / 2;
  set(across, { x: middle, y: place.bottom + 34, "text-anchor": "middle" });
  across.textContent = data.across;
  set(axis, { x1: place.left, x2: place.right, y1: place.bottom, y2: place.bottom });
}

function paintColumn(group, { left, right, bars, dot, reach, level, note }, place, upright) {
  const [side, whisker, circle, mark, label] = group.children;
  const gap = Math.min(2, (place.x(right) - place.x(left)) / 8);
  const [from, to] = [place.x(left) + gap, place.x(right) - gap];
  const middle = (from + to) / 2;
  const each = (to - from) / Math.max(1, bars.length);
  const rects = resize(side, bars.length, () => make("rect"));
  bars.forEach(([kind, share], nth) => {
    const tall = Math.max(0, place.bottom - place.y(share));
    set(rects[nth], { class: kind, x: from + nth * each, y: place.bottom - tall, width: each, height: tall });
  });
  const [low, high] = reach ?? [0, 0];
  whisker.toggleAttribute("hidden", !reach);
  set(whisker, { x1: middle, x2: middle, y1: place.y(low), y2: place.y(high) });
  circle.toggleAttribute("hidden", dot === null);
  set(circle, { cx: middle, cy: place.y(dot ?? 0), r: 4 });
  mark.toggleAttribute("hidden", level === null);
  set(mark, { x1: from, x2: to, y1: place.y(level ?? 0), y2: place.y(level ?? 0) });
  label.textContent = note;
  const spot = upright ? [middle + 4, place.top - 5] : [middle, place.top - 6];
  set(label, {
    x: spot[0],
    y: spot[1],
    "text-anchor": upright ? "start" : "middle",
    transform: upright ? `rotate(-90 ${spot[0]} ${spot[1]})` : "",
  });
}

function paintLine(path, { kind, points }, place) {
  const spots = points.map(([x, y]) => `${place.x(x).toFixed(1)} ${place.y(y).toFixed(1)}`);
  set(path, { class: kind, d: spots.length ? `M${spots.join("L")}` : "" });
}

function paintLegend({ legend, data }) {
  const entries = resize(legend, data.legend.length, () => {
    const entry = part("span", "");
    entry.append(part("i", ""), part("span", ""));
    return entry;
  });
  data.legend.forEach(([kind, name], nth) => {
    const [swatch, text] = entries[nth].children;
    swatch.className = kind;
    text.textContent = name;
  });
}

// --- reading and choosing -----------------------------------------------------------------------

function paintTargets(state, place) {
  const { data, targets } = state;
  state.here = Math.min(state.here, Math.max(0, data.columns.length - 1));
  const all = resize(targets, data.columns.length, () => make("rect", "target"));
  data.columns.forEach(({ left, right, said }, nth) => {
    set(all[nth], {
      x: place.x(left),
      y: 0,
      width: Math.max(0, place.x(right) - place.x(left)),
      height: place.bottom,
      role: data.doors ? "button" : "img",
      "aria-label": said,
      tabindex: nth === state.here ? 0 : -1,
    });
    all[nth].classList.toggle("door", data.doors);
  });
  say(state, state.chosen ?? -1);
}

function say(state, place) {
  const column = state.data.columns[place];
  state.chosen = column ? place : null;
  [...state.targets.children].forEach((target, nth) => target.classList.toggle("here", nth === place));
  const text = column?.said ?? state.data.hint;
  if (state.said.textContent !== text) state.said.textContent = text;
}

function choose(state, place) {
  if (place < 0) return;
  say(state, place);
  if (state.data.doors) state.tell(place);
}

function press(state, event, place) {
  if (place < 0 || event.altKey || event.ctrlKey || event.metaKey) return; // Alt+Left goes back
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    choose(state, place);
    return;
  }
  const last = state.data.columns.length - 1;
  const there = {
    ArrowLeft: Math.max(0, place - 1),
    ArrowRight: Math.min(last, place + 1),
    Home: 0,
    End: last,
  }[event.key];
  if (there === undefined) return;
  event.preventDefault(); // the page must not scroll
  state.here = there;
  [...state.targets.children].forEach((target, nth) => set(target, { tabindex: nth === there ? 0 : -1 }));
  state.targets.children[there].focus();
}
