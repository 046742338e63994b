// A confusion matrix as a grid of cells. Streamlit calls the default export again for every change
// of data or theme, with the same parentElement: the cells are re-used and the focus stays.

const maps = new WeakMap(); // root element -> {data, tell, sent, chosen, grid, ...}
const LEGIBLE_PX = 8; // smaller numbers are left out
const TITLE_PX = 20; // as in the style sheet
const MOST_LANES = 3;
const LEAST_PX = 6; // smaller cells are not made smaller still to make room for lanes
const THIN = "\u2009";

export default function heatmap({ data: [data], parentElement, setStateValue }) {
  const root = parentElement.querySelector(".heatmap");
  if (!maps.has(root)) maps.set(root, furnish(root));
  const map = maps.get(root);
  map.data = data;
  map.tell = (choice) => setStateValue("choose", choice);
  paint(root, map);
  // An answer to an earlier choice says nothing of the last one.
  if (data.heard >= map.sent) {
    map.sent = data.heard;
    mark(map, data.chosen);
  }
}

function furnish(root) {
  const map = { sent: 0, chosen: [null, null], count: 0 };
  root.append(
    (map.title = part("div", "title across")),
    part("div", "title down", "true class"),
    (map.line = part("div", "diagonal")),
    (map.grid = part("div", "")),
    (map.frame = part("div", "frame")),
    (map.tip = part("div", "tip")),
  );
  map.grid.setAttribute("role", "grid");
  map.grid.setAttribute("aria-label", "Confusion matrix: true classes down, predicted across");
  for (const silent of root.children) if (silent !== map.grid) silent.ariaHidden = "true";
  map.frame.hidden = map.tip.hidden = true;
  map.grid.addEventListener("click", (event) => choose(map, event.target));
  map.grid.addEventListener("keydown", (event) => press(map, event));
  map.grid.addEventListener("focusin", ({ target }) => {
    setTabStop(map, target);
    if (target.matches(":focus-visible")) explain(root, map, target);
  });
  map.grid.addEventListener("focusout", () => explain(root, map, null));
  map.grid.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "mouse") explain(root, map, target);
  });
  map.grid.addEventListener("pointerleave", () => explain(root, map, null));
  new ResizeObserver(() => fit(root, map)).observe(root);
  return map;
}

function part(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// --- drawing ---------------------------------------------------------------------------------

function paint(root, map) {
  const { data } = map;
  // What is chosen is marked elsewhere: a click leaves thousands of cells as they are.
  const picture = JSON.stringify({ ...data, chosen: null, heard: 0 });
  if (map.picture === picture) return;
  map.picture = picture;
  const count = data.names.length;
  if (map.count !== count) build(map, count);
  root.style.setProperty("--height", `${data.height_px}px`);
  root.style.setProperty("--lane-px", `${data.lane_px}px`);
  root.style.setProperty("--count", count);
  root.style.setProperty("--longest", data.longest_text);
  for (let i = 0; i < count; i++) {
    label(map.boxes[i + 1][0], data.short[i], data.rows[i]);
    label(map.boxes[0][i + 1], data.short[i], data.columns[i]);
    for (let j = 0; j < count; j++) paintCell(map.boxes[i + 1][j + 1], i, j, data);
  }
  fit(root, map);
}

function build(map, count) {
  map.count = count;
  // boxes[0] are the labels above the columns, boxes[i][0] the label before a row.
  map.boxes = Array.from({ length: count + 1 }, (_, i) =>
    Array.from({ length: count + 1 }, (_, j) => box(i, j)),
  );
  const rows = map.boxes.map((boxes) => {
    const row = part("div", "");
    row.setAttribute("role", "row");
    row.append(...boxes);
    return row;
  });
  map.grid.replaceChildren(...rows);
  map.grid.setAttribute("aria-rowcount", count + 1);
  map.grid.setAttribute("aria-colcount", count + 1);
  setTabStop(map, map.boxes[1][1]);
}

function box(i, j) {
  const element = part("div", i && j ? "box" : i || j ? "box label" : "box corner");
  element.dataset.i = i;
  element.dataset.j = j;
  const role = i && j ? "gridcell" : i ? "rowheader" : j ? "columnheader" : "presentation";
  element.setAttribute("role", role);
  if (i || j) element.tabIndex = -1;
  return element;
}

function label(element, text, said) {
  element.textContent = text;
  element.said = said;
  element.setAttribute("aria-label", said);
}

function paintCell(element, i, j, data) {
  const { names, counts, totals, shades, shares } = data;
  const place = i * names.length + j;
  const [count, shade] = [counts[place], shades[place]];
  const what = i === j ? `${names[i]} correct` : `${names[i]} read as ${names[j]}`;
  const share = ((100 * count) / totals[i]).toFixed(1);
  const images = shade ? inImages(count) : i === j ? "not shown" : "0 images";
  element.classList.toggle("shown", shade > 0);
  element.classList.toggle("correct", i === j);
  element.style.setProperty("--shade", `${shade}%`);
  element.textContent = shade ? (shares ? share : count) : "";
  element.said = `${what}: ${images}${shade ? `, ${share}${THIN}% of all true ${names[i]}` : ""}`;
  element.setAttribute("aria-label", `${what}: ${images}`);
  if (shade) element.removeAttribute("aria-disabled");
  else element.setAttribute("aria-disabled", "true");
}

function inImages(count) {
  const grouped = String(count).replace(/\B(?=(\d{3})+$)/g, THIN);
  return `${grouped} image${count === 1 ? "" : "s"}`;
}

// What fits depends on the width, which only the browser knows.
function fit(root, map) {
  if (!map.count || !root.offsetWidth) return; // not on the screen yet
  const { data } = map;
  if (map.width === root.offsetWidth && map.fitted === map.picture) return;
  [map.width, map.fitted] = [root.offsetWidth, map.picture];
  const { lanes, step, label, size } = layLabels(map.width, map);
  root.style.setProperty("--label", `${label}px`);
  root.style.setProperty("--cell", `${size}px`);
  root.classList.toggle("upright", data.upright && size < data.label_px);
  const number = Math.min(13, (1.55 * size) / data.longest_text);
  root.classList.toggle("numberless", !data.numbered || number < LEGIBLE_PX);
  for (let i = 0; i < map.count; i++) {
    for (const label of [map.boxes[i + 1][0], map.boxes[0][i + 1]]) {
      label.style.setProperty("--lane", i % lanes);
      label.classList.toggle("spare", lanes === 1 && i % step > 0);
    }
  }
  const left = step > lanes ? `, every ${step === 2 ? "2nd" : step === 3 ? "3rd" : `${step}th`} named` : "";
  map.title.textContent = `predicted class${left}`;
}

// Labels that would touch stand in lanes, the first nearest to its cells, the next one further
// out. Where that would make small cells smaller, some wait until they are looked at.
function layLabels(square, { count, data }) {
  const laid = (lanes) => {
    const label = data.label_px + (lanes - 1) * data.lane_px;
    const size = Math.max(1, Math.floor((square - TITLE_PX - label) / count));
    return { lanes, label, size, step: Math.ceil(data.apart_px / size) };
  };
  for (let lanes = 2; data.lane_px && lanes <= MOST_LANES; lanes++) {
    const found = laid(lanes);
    if (laid(1).step > 1 && found.step <= lanes && found.size >= LEAST_PX) return found;
  }
  return laid(1);
}

// One frame: around a cell, or around a row or a column with its label.
function mark(map, [row, column]) {
  const chosen = (map.chosen = [row, column]);
  const { frame } = map;
  for (const box of map.grid.querySelectorAll("[aria-selected]")) {
    box.removeAttribute("aria-selected");
  }
  frame.hidden = (row ?? column) === null || Math.max(row ?? 0, column ?? 0) >= map.count;
  if (frame.hidden) return;
  boxOf(map, chosen).setAttribute("aria-selected", "true");
  const start = (place) =>
    place === null ? "var(--title)" : `calc(var(--title) + var(--label) + ${place} * var(--cell) - 2px)`;
  const length = (place) =>
    place === null ? "calc(var(--label) + var(--count) * var(--cell) + 1px)" : "calc(var(--cell) + 3px)";
  frame.style.top = start(row);
  frame.style.left = start(column);
  frame.style.height = length(row);
  frame.style.width = length(column);
  setTabStop(map, map.grid.getRootNode().activeElement?.closest(".box") ?? boxOf(map, chosen));
}

function boxOf(map, [row, column]) {
  return map.boxes[(row ?? -1) + 1][(column ?? -1) + 1];
}

// --- hands -----------------------------------------------------------------------------------

// The frame doesn't wait for the server; what it shows decides what a click means.
function choose(map, target) {
  const box = target.closest?.(".label, .shown");
  if (!box) return;
  const clicked = [Number(box.dataset.i) - 1, Number(box.dataset.j) - 1].map((place) =>
    place < 0 ? null : place,
  );
  const again = clicked.every((place, side) => place === map.chosen[side]);
  const choice = again ? [null, null] : clicked;
  mark(map, choice);
  map.sent += 1;
  map.tell([map.sent, ...choice]);
}

function press(map, event) {
  const { key, target } = event;
  if (event.altKey || event.metaKey) return; // Alt+Left goes back a page
  if (key === "Enter" || key === " ") {
    event.preventDefault();
    if (!event.repeat) choose(map, target);
    return;
  }
  const [i, j] = [Number(target.dataset.i), Number(target.dataset.j)];
  const last = map.count;
  const place = {
    ArrowLeft: [i, j - 1],
    ArrowRight: [i, j + 1],
    ArrowUp: [i - 1, j],
    ArrowDown: [i + 1, j],
    Home: event.ctrlKey ? [1, 1] : [i, 1],
    End: event.ctrlKey ? [last, last] : [i, last],
  }[key];
  if (!place) return;
  event.preventDefault(); // the page must not scroll under the focus
  if (place[0] || place[1]) map.boxes[place[0]]?.[place[1]]?.focus();
}

// One Tab leads into the grid and the next one out of it.
function setTabStop(map, stop) {
  if (map.stop) map.stop.tabIndex = -1;
  map.stop = stop;
  stop.tabIndex = 0;
}

// Say what a cell is, and light up its labels.
function explain(root, map, target) {
  for (const label of map.grid.querySelectorAll(".here")) label.classList.remove("here");
  const box = target?.closest(".label, [role=gridcell]");
  const { tip } = map;
  tip.hidden = !box || box.getAttribute("aria-disabled") === "true";
  if (!box) return;
  const [i, j] = [Number(box.dataset.i), Number(box.dataset.j)];
  if (i) map.boxes[i][0].classList.add("here");
  if (j) map.boxes[0][j].classList.add("here");
  if (tip.hidden) return;
  tip.textContent = box.said;
  tip.style.left = tip.style.top = "0";
  const [outer, inner] = [root.getBoundingClientRect(), box.getBoundingClientRect()];
  const left = inner.left - outer.left + inner.width / 2 - tip.offsetWidth / 2;
  const above = inner.top - outer.top - tip.offsetHeight - 6;
  const labels = map.boxes[1][1].getBoundingClientRect().top - outer.top;
  tip.style.left = `${Math.max(0, Math.min(left, outer.width - tip.offsetWidth))}px`;
  tip.style.top = `${above < labels ? inner.bottom - outer.top + 6 : above}px`;
}
