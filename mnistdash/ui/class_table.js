// A table of sorting.js with a row a class. Rows are re-used when Streamlit calls the default export
// again, so that the focus stays; one that has errors is a door to them.

const tables = new WeakMap(); // root element -> state

export default function classTable({ data: [data], parentElement, setStateValue }) {
  const root = parentElement.querySelector(".classes");
  if (!tables.has(root)) tables.set(root, begin(root, data));
  const state = tables.get(root);
  state.data = data;
  state.tell = (label) => setStateValue("choose", [Math.random(), label]);
  paint(state);
}

function begin(root, data) {
  const [head, body] = [element("thead"), element("tbody")];
  const table = element("table");
  const frame = element("div", "frame");
  table.append(element("caption"), head, body);
  frame.append(table);
  root.replaceChildren(frame);
  const order = knownOrder(recalledFrom(data.key).order, data.columns);
  const state = { table, head: element("tr"), body, rows: new Map(), order };
  state.head.append(...data.columns.map((column) => newHead(column, (it) => sortBy(state, it))));
  head.append(state.head);
  body.addEventListener("click", (event) => choose(state, event.target.closest("tr")));
  return state;
}

function sortBy(state, column) {
  state.order = nextOrder(state.order, column);
  rememberAs(state.data.key, { order: state.order });
  paint(state);
}

function choose(state, row) {
  if (row?.classList.contains("door")) state.tell(row.label);
}

function paint(state) {
  const { data, order, body, rows } = state;
  setText(state.table.caption, data.caption);
  for (const head of state.head.children) paintHead(head, order);
  for (const label of rows.keys()) {
    if (data.rows.every((line) => line.label !== label)) {
      rows.get(label).remove();
      rows.delete(label);
    }
  }
  sorted(data.rows, order).forEach((line, place) => {
    if (!rows.has(line.label)) rows.set(line.label, newRow(data.columns));
    const row = rows.get(line.label);
    paintRow(row, line);
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
  });
}

function newRow(columns) {
  const row = element("tr");
  for (const { name, number } of columns) {
    const cell = element(name === "class" ? "th" : "td", `column-${name}${number ? " number" : ""}`);
    cell.dataset.column = name;
    if (name === "class") {
      cell.scope = "row";
      const door = element("button");
      door.type = "button";
      cell.append(door);
    } else {
      cell.append(element("span", "figure"), " ", element("span", "small"));
    }
    row.append(cell);
  }
  return row;
}

function paintRow(row, { label, said, texts, remarks }) {
  row.label = label;
  row.classList.toggle("door", said !== "");
  for (const cell of row.children) {
    const { column } = cell.dataset;
    const [first, small] = cell.children;
    setText(first, texts[column]);
    if (small) setText(small, remarks[column] ?? "");
    else first.disabled = said === "";
  }
  const door = row.querySelector("button");
  setAttribute(door, "aria-label", said || texts.class);
  setAttribute(door, "title", texts.class);
}
