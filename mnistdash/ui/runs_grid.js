// A table of sorting.js whose rows are known by their run's id. Streamlit calls the default export again for
// every change of data, with the same parentElement: rows are re-used, so choice and focus stay.

const FIRST_SHOWN = 100; // rows; the others on request
const TAIL = 12; // characters of a long name that are never cut
const DOT = " · "; // between a run's name and what tells it from its sisters
const tables = new WeakMap(); // root element -> state

export default function runsGrid({ data: [data], parentElement, setStateValue }) {
  const root = parentElement.querySelector(".runs");
  if (!tables.has(root)) tables.set(root, begin(root, data));
  const state = tables.get(root);
  state.send = () => setStateValue("chosen", [...state.chosen]);
  state.data = data;
  state.groups = new Map(data.rows.filter((row) => row.seeds.length).map((row) => [row.id, row]));
  const there = new Set(data.rows.flatMap(runIds));
  for (const id of state.chosen) if (!there.has(id)) state.chosen.delete(id); // deleted meanwhile
  paint(state);
}

function begin(root, data) {
  const body = element("tbody");
  const head = element("thead");
  const table = element("table");
  const frame = element("div", "frame");
  const foot = element("div", "foot");
  const all = element("button", "all");
  all.type = "button";
  const count = element("span", "count");
  count.setAttribute("role", "status");
  foot.append(count, all);
  table.append(element("caption"), head, body);
  frame.append(table);
  root.replaceChildren(frame, foot);
  const state = { root, table, head, body, foot, nodes: new Map(), all: false, ...recalled(data) };
  state.chosen = new Set(data.chosen);
  head.append(headRow(state, data.columns));
  body.addEventListener("change", (event) => tick(state, event.target));
  body.addEventListener("click", (event) => click(state, event));
  body.addEventListener("keydown", (event) => step(state, event));
  all.addEventListener("click", () => {
    state.all = !state.all;
    paint(state);
  });
  return state;
}

// --- what is remembered while the browser's tab is open ---

function recalled({ key, columns }) {
  const { order, open } = recalledFrom(key);
  return { order: knownOrder(order, columns), open: new Set(open) };
}

function remember({ data, order, open }) {
  rememberAs(data.key, { order, open: [...open] });
}

function sortBy(state, column) {
  state.order = nextOrder(state.order, column);
  remember(state);
  paint(state);
}

// --- choice ---

function runIds(row) {
  return row.seeds.length ? row.seeds.map(({ id }) => id) : [row.id];
}

function idsOf(state, id) {
  const group = state.groups.get(id);
  return group ? runIds(group) : [id];
}

function choose(state, ids, on) {
  for (const id of ids) state.chosen[on ? "add" : "delete"](id);
  paintChoice(state);
  state.send();
}

function tick(state, box) {
  choose(state, idsOf(state, box.closest("tr").dataset.id), box.checked);
}

function click(state, event) {
  const opener = event.target.closest("button");
  const row = event.target.closest("tr");
  if (opener) {
    const { id } = row.dataset;
    state.open[state.open.has(id) ? "delete" : "add"](id);
    remember(state);
    paint(state);
  } else if (row && !event.target.closest("label")) {
    row.querySelector("input").click();
  }
}

// Arrow keys walk from box to box; Tab does too.
function step(state, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.type !== "checkbox") return;
  const boxes = [...state.body.querySelectorAll("input")];
  const here = boxes.indexOf(event.target);
  const there = { ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: boxes.length - 1 };
  if (there[event.key] === undefined) return;
  event.preventDefault();
  boxes[there[event.key]]?.focus();
}

// --- painting ---

function paint(state) {
  const { data, order, root } = state;
  const rows = sorted(data.rows, order);
  const some = state.all ? rows : rows.slice(0, FIRST_SHOWN);
  state.shown = some;
  setText(state.table.caption, data.caption);
  for (const head of state.head.querySelectorAll("th[data-column]")) paintHead(head, order);
  const lines = some.flatMap((row) =>
    state.open.has(row.id) ? [row, ...sorted(row.seeds, order)] : [row],
  );
  const focused = root.getRootNode().activeElement;
  const place = [...state.body.children].indexOf(focused?.closest?.("tbody tr"));
  arrange(state, lines);
  keepFocus(state, focused, place);
  const button = state.foot.lastElementChild;
  button.hidden = rows.length <= FIRST_SHOWN;
  setText(button, state.all ? `Show ${FIRST_SHOWN}` : `Show all ${rows.length}`);
  paintChoice(state);
}

// Only what moved is moved: a row that loses its place in the page for a moment loses the focus.
function arrange({ body, nodes, data, open }, lines) {
  const wanted = new Set(lines.map(({ id }) => id));
  for (const [id, node] of nodes) {
    if (!wanted.has(id)) {
      node.remove();
      nodes.delete(id);
    }
  }
  const seeds = new Set(data.rows.flatMap((row) => row.seeds.map(({ id }) => id)));
  lines.forEach((line, position) => {
    if (!nodes.has(line.id)) nodes.set(line.id, newRow(data.columns));
    const node = nodes.get(line.id);
    paintRow(node, line, { open: open.has(line.id), inGroup: seeds.has(line.id) });
    if (body.children[position] !== node) body.insertBefore(node, body.children[position] ?? null);
  });
}

function keepFocus({ root, body }, focused, place) {
  if (place < 0 || root.getRootNode().activeElement === focused) return;
  if (focused.isConnected) focused.focus({ preventScroll: true });
  else body.children[Math.min(place, body.children.length - 1)]?.querySelector("input").focus();
}

function headRow(state, columns) {
  const row = element("tr");
  const all = box();
  all.querySelector("input").addEventListener("change", (event) =>
    choose(state, state.shown.flatMap(runIds), event.target.checked),
  );
  row.append(all);
  row.append(...columns.map((column) => newHead(column, (it) => sortBy(state, it))));
  return row;
}

function newRow(columns) {
  const row = element("tr");
  row.append(box());
  for (const { name, number } of columns) {
    const cell = element(name === "run" ? "th" : "td", `column-${name}${number ? " number" : ""}`);
    cell.dataset.column = name;
    if (name === "run") fillRunCell(cell);
    else if (name === "status") cell.append(element("span", "mark"), element("span", "word"));
    row.append(cell);
  }
  return row;
}

function fillRunCell(cell) {
  cell.scope = "row";
  const opener = element("button", "opener");
  opener.type = "button";
  const title = element("span", "title");
  const parts = element("span", "parts");
  const [name, rest] = [element("span", "name"), element("span", "rest")];
  name.append(element("span", "front"), element("span", "tail"));
  rest.append(element("span", "dot"), element("span", "differences"));
  parts.append(name, rest);
  title.append(parts);
  const first = element("span", "line");
  first.append(opener, element("span", "pin"), title);
  cell.append(first, element("span", "brief"), element("span", "remark"));
}

function paintRow(row, line, { open, inGroup }) {
  row.dataset.id = line.id;
  row.classList.toggle("group", line.seeds.length > 0);
  row.classList.toggle("seed", inGroup);
  setAttribute(row.querySelector("input"), "aria-label", `Choose ${line.label}`);
  for (const cell of row.querySelectorAll("[data-column]")) {
    const { column } = cell.dataset;
    if (column === "run") paintRunCell(cell, line, open);
    else if (column === "status") paintStatus(cell, line);
    else setText(cell, line.texts[column]);
    if (column === "layers" || column === "images") cell.title = line.texts[column];
  }
}

function paintRunCell(cell, line, open) {
  const [opener, pin, title] = cell.firstElementChild.children;
  opener.hidden = !line.seeds.length;
  setAttribute(opener, "aria-expanded", String(open));
  setAttribute(opener, "aria-label", `${line.seeds.length} runs of ${line.title}`);
  pin.hidden = !line.pinned;
  setAttribute(pin, "role", "img");
  setAttribute(pin, "aria-label", "pinned");
  setAttribute(title, "title", line.title);
  const [name, rest] = title.firstElementChild.children;
  const named = line.title.startsWith(line.name + DOT);
  setHalves(name, named ? line.name : line.title);
  setText(rest.firstElementChild, named ? DOT : "");
  const differences = named ? line.title.slice(line.name.length + DOT.length) : "";
  setText(rest.lastElementChild, differences.replaceAll(DOT, "\u00a0· ")); // no dot begins a line
  setText(cell.children[1], line.brief);
  setText(cell.children[2], line.remark);
  cell.children[2].title = line.remark;
}

// A long name is cut in the middle: its front shrinks to an ellipsis, its tail never does.
function setHalves(name, text) {
  const letters = [...text];
  const cut = letters.length > 2 * TAIL ? letters.length - TAIL : letters.length;
  setText(name.firstElementChild, letters.slice(0, cut).join(""));
  setText(name.lastElementChild, letters.slice(cut).join(""));
}

function paintStatus(cell, line) {
  cell.firstElementChild.dataset.mark = line.mark;
  setText(cell.lastElementChild, line.texts.status);
}

// The mark doesn't wait for the server.
function paintChoice(state) {
  for (const [id, row] of state.nodes) {
    const on = setBox(row.querySelector("input"), idsOf(state, id), state.chosen);
    row.classList.toggle("chosen", on);
  }
  const head = state.head.querySelector("input");
  setAttribute(head, "aria-label", "Choose all runs shown");
  setBox(head, state.shown.flatMap(runIds), state.chosen);
  const count = state.data.rows.flatMap(runIds).length;
  const said = `${count} ${count === 1 ? "run" : "runs"}`;
  const chosen = state.chosen.size ? `, ${state.chosen.size} chosen` : "";
  setText(state.foot.firstElementChild, said + chosen);
}

function setBox(input, ids, chosen) {
  const count = ids.filter((id) => chosen.has(id)).length;
  input.checked = count > 0 && count === ids.length;
  input.indeterminate = count > 0 && count < ids.length;
  return count > 0;
}

// --- small things ---

function box() {
  const cell = element("td", "tick");
  const label = element("label");
  const input = element("input");
  input.type = "checkbox";
  label.append(input);
  cell.append(label);
  return cell;
}
