// What our tables have in common: heads that sort, and small things. A table's own script follows.

// --- what is remembered while the browser's tab is open ---

function recalledFrom(key) {
  try {
    return JSON.parse(sessionStorage.getItem(`mnistdash.${key}`)) ?? {};
  } catch {
    return {};
  }
}

function rememberAs(key, value) {
  try {
    sessionStorage.setItem(`mnistdash.${key}`, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing sorts all the same.
  }
}

function knownOrder(order, columns) {
  return columns.some(({ name }) => name === order?.column) ? order : null;
}

// --- order ---

// Rows hold their `values` by column, null where there is none.
function sorted(rows, order) {
  if (!order) return rows;
  const sign = order.descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [one.values[order.column], other.values[order.column]];
    if (a === null || b === null) return (a === null) - (b === null); // what is missing, last
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true }));
  });
}

// A click sorts, the next one turns the order round, the third gives back the page's own.
function nextOrder(order, { name, largest_first: largestFirst }) {
  if (order?.column !== name) return { column: name, descending: largestFirst };
  if (order.descending === largestFirst) return { column: name, descending: !largestFirst };
  return null;
}

// --- heads ---

function newHead(column, onSort) {
  const head = element("th", `column-${column.name}${column.number ? " number" : ""}`);
  head.scope = "col";
  head.dataset.column = column.name;
  const button = element("button");
  button.type = "button";
  button.textContent = column.title;
  if (column.help) button.title = column.help;
  button.addEventListener("click", () => onSort(column));
  head.append(button);
  return head;
}

function paintHead(head, order) {
  const mine = order?.column === head.dataset.column;
  head.setAttribute("aria-sort", mine ? (order.descending ? "descending" : "ascending") : "none");
}

// --- small things ---

function element(tag, className) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  return made;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
