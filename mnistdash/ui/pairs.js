// Pairs of classes as buttons, their pictures all painted from one sprite. The buttons are re-used
// when Streamlit calls the default export again, so that the focus stays.

const lists = new WeakMap(); // list element -> function that tells Python

export default function pairs({ data: [data], parentElement, setStateValue }) {
  const list = parentElement.querySelector(".pairs");
  if (!lists.has(list)) list.addEventListener("click", (event) => choose(list, event));
  lists.set(list, (classes) => setStateValue("choose", [Math.random(), classes]));
  list.classList.toggle("photographs", !data.ink);
  list.style.setProperty("--sheet", `url("data:image/png;base64,${data.png}")`);
  const scale = data.picture_px / 28;
  list.style.setProperty("--picture-px", `${data.picture_px}px`);
  list.style.setProperty("--sheet-px", `${data.columns * data.pitch * scale}px`);
  while (list.children.length > data.pairs.length) list.lastElementChild.remove();
  while (list.children.length < data.pairs.length) list.append(newRow());
  list.style.setProperty("--letters", Math.max(0, ...data.pairs.map((pair) => pair.said.length)));
  let first = 0;
  data.pairs.forEach((pair, position) => {
    paint(list.children[position].firstElementChild, pair, first, data);
    first += pair.pictures;
  });
}

function newRow() {
  const item = document.createElement("div");
  item.setAttribute("role", "listitem");
  const button = document.createElement("button");
  button.type = "button";
  button.append(span("said"), span("count"), span("pictures"));
  item.append(button);
  return item;
}

function span(className) {
  const element = document.createElement("span");
  element.className = className;
  return element;
}

function paint(button, { classes, said, images, count, pictures }, first, data) {
  const [saying, counting, row] = button.children;
  const pitch = (data.pitch * data.picture_px) / 28; // on screen, from one picture to the next
  saying.textContent = said;
  counting.textContent = count;
  button.classes = classes;
  button.setAttribute("aria-label", `${said}: ${images}`);
  button.setAttribute("aria-pressed", classes.every((side, k) => side === data.chosen[k]));
  while (row.children.length > pictures) row.lastElementChild.remove();
  while (row.children.length < pictures) {
    const paper = span("paper");
    paper.append(span("ink"));
    row.append(paper);
  }
  Array.from(row.children, (paper) => paper.firstElementChild).forEach((ink, k) => {
    const [x, y] = [(first + k) % data.columns, Math.floor((first + k) / data.columns)];
    ink.style.maskPosition = `${-x * pitch}px ${-y * pitch}px`;
  });
}

// The mark doesn't wait for the server.
function choose(list, event) {
  const button = event.target.closest("button");
  if (!button) return;
  for (const other of list.querySelectorAll("button")) {
    other.setAttribute("aria-pressed", other === button);
  }
  lists.get(list)(button.classes);
}
