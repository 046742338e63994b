// A grid of tiles over one sprite. Streamlit calls the default export again for every change of
// data or theme, with the same parentElement: the tiles are re-used and the focus stays.

const galleries = new WeakMap(); // grid element -> {choose, wanted, png, sheet}

export default function gallery({ data: [data], parentElement, setStateValue }) {
  const grid = parentElement.querySelector(".tiles");
  if (!galleries.has(grid)) {
    const mount = Math.random().toString(36).slice(2, 14) || "0";
    galleries.set(grid, { mount, book: ledger() });
    grid.addEventListener("click", (event) => choose(grid, event));
    grid.addEventListener("keydown", (event) => judgeByKey(grid, event));
    grid.addEventListener("keydown", (event) => moveFocus(grid, event));
    grid.addEventListener("focusin", (event) => setTabStop(grid, event.target));
  }
  const state = galleries.get(grid);
  state.choose = (index) => setStateValue("choose", [Math.random(), index]);
  state.tell = () => setStateValue("verdicts", { mount: state.mount, said: state.book.said });
  state.wanted = data;
  if (data.judged) hear(state, data.judged.heard);
  show(grid, state, data);
  // Streamlit also calls this for a run that another one overtook.
  return () => setTimeout(() => grid.isConnected || URL.revokeObjectURL(state.sheet?.src));
}

// Captions wait for their pictures, so that a turned page never mixes old and new.
async function show(grid, state, data) {
  if (data.png !== state.png) {
    const sheet = await decoded(data.png);
    if (state.wanted !== data) {
      URL.revokeObjectURL(sheet.src);
      return; // newer data came while this sheet was being decoded
    }
    URL.revokeObjectURL(state.sheet?.src);
    state.png = data.png;
    state.sheet = sheet;
  }
  paint(grid, state.sheet, data);
  follow(grid, state, data.captions);
}

// A blob has a short URL; the data URL would be copied into the style of every tile.
async function decoded(png) {
  const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
  const sheet = new Image();
  sheet.src = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  await sheet.decode().catch(() => {}); // captions without pictures are better than nothing
  return sheet;
}

function paint(grid, sheet, data) {
  const { captions, alts, columns, rows, pitch } = data;
  const tag = captions?.clickable ? "BUTTON" : "DIV";
  const hadFocus = grid.contains(grid.getRootNode().activeElement);

  grid.className = captions ? "tiles" : "tiles single";
  grid.classList.toggle("photographs", !data.ink);
  grid.classList.toggle("spelled", isSpelled(captions));
  grid.setAttribute("role", captions ? "list" : "none");
  grid.style.setProperty("--size-px", `${data.size_px}px`);
  grid.style.setProperty("--column-px", `${columnWidth(data)}px`);
  grid.style.gridTemplateColumns = data.across ? `repeat(${data.across}, minmax(0, 1fr))` : "";
  grid.style.setProperty("--sheet", `url("${sheet.src}")`);
  grid.style.setProperty(
    "--sheet-size",
    `${(columns * pitch * 100) / 28}% ${(rows * pitch * 100) / 28}%`,
  );

  if (grid.firstElementChild && grid.firstElementChild.firstElementChild.tagName !== tag) {
    grid.replaceChildren();
  }
  while (grid.children.length > alts.length) grid.lastElementChild.remove();
  while (grid.children.length < alts.length) grid.append(newTile(tag));
  tilesOf(grid).forEach((tile, position) => paintTile(tile, position, data));
  paintVerdicts(grid, data);
  if (captions?.clickable) restoreFocus(grid, hadFocus);
}

// Wide enough for the picture and for "x 4 -> 9 0.62", or for "x Ankle boot" above "-> Sandal 0.62".
function columnWidth({ size_px, captions }) {
  const caption = captions?.true_names ? 84 : 64;
  const spelled = 48 + 6 * Math.min(nameLength(captions), 11);
  return Math.max(size_px + 8, isSpelled(captions) ? spelled : caption);
}

// Names longer than a digit or two: the true class stands on a line of its own.
function isSpelled(captions) {
  return nameLength(captions) > 2;
}

function nameLength(captions) {
  const names = [...(captions?.pred_names ?? []), ...(captions?.true_names ?? [])];
  return Math.max(captions?.name_length ?? 0, ...names.map((name) => name.length));
}

function newTile(tag) {
  const item = document.createElement("div");
  const tile = document.createElement(tag);
  tile.className = "tile";
  if (tag === "BUTTON") tile.type = "button";
  const paper = span("paper");
  paper.append(span("ink"));
  const answer = span("answer");
  answer.append(span("true"), span("said"));
  answer.lastElementChild.append(span("name"), span("probability"));
  tile.append(paper, span("index"), answer);
  item.append(tile);
  return item;
}

function span(className) {
  const element = document.createElement("span");
  element.className = className;
  return element;
}

function paintTile(tile, position, { captions, alts, columns, rows, pitch }) {
  const [paper, index, answer] = tile.children;
  const alt = alts[position];
  const isChosen = captions !== null && captions.indices[position] === captions.chosen;
  // In CSS, 100 % is the picture at the far edge of the sheet, not the sheet's width.
  const place = (cell, cells) => (cells === 1 ? 0 : (cell * pitch * 100) / (cells * pitch - 28));
  const x = place(position % columns, columns);
  const y = place(Math.floor(position / columns), rows);
  paper.dataset.marks = captions?.marks?.[position] ?? "";
  paper.firstElementChild.style.maskPosition = `${x}% ${y}%`;

  tile.parentElement.setAttribute("role", captions ? "listitem" : "none");
  if (tile.tagName === "DIV") tile.setAttribute("role", "img");
  tile.setAttribute("aria-label", alt);
  tile.title = alt;
  tile.dataset.index = captions?.indices[position] ?? "";
  tile.setAttribute("aria-current", isChosen);
  index.textContent = captions ? `#${captions.indices[position]}` : "";
  answer.hidden = !captions?.pred_names;
  if (!answer.hidden) paintAnswer(answer, position, captions);
}

// A small mark below what was judged, and words for who can't see it.
function paintVerdicts(grid, { judged, alts }) {
  if (!judged) return;
  const { book } = galleries.get(grid);
  tilesOf(grid).forEach((tile, position) => {
    const now = standing(book, judged.images[position]);
    const said = verdictWords(now, judged.class_names);
    tile.firstElementChild.dataset.verdict = verdictMark(now, judged.class_names);
    tile.title = said ? `${alts[position]}. Your verdict: ${said}` : alts[position];
    tile.setAttribute("aria-label", tile.title);
  });
}

// A new session knows nothing: what the old one has not heard is said again.
function hear(state, heard) {
  forgetHeard(state.book, state.mount, heard);
  const lost = state.known && heard[0] !== state.mount && state.book.said.length > 0;
  state.known = heard[0] === state.mount;
  if (lost) state.tell();
}

function judgeByKey(grid, event) {
  const { book, wanted, tell } = galleries.get(grid);
  if (event.defaultPrevented || !wanted.judged) return; // the card has judged its image
  const image = wanted.judged.images[tilesOf(grid).indexOf(event.target.closest(".tile"))];
  const asked = image && askedByKey(event, wanted.judged.class_names.length);
  const answer = asked && answerTo(asked, image, standing(book, image));
  if (!answer) return;
  event.preventDefault();
  say(book, image, answer);
  paintVerdicts(grid, wanted);
  tell();
}

function paintAnswer(answer, position, { true_names: trueNames, pred_names: predNames, probabilities, right }) {
  const [label, said] = answer.children;
  const [name, probability] = said.children;
  const wrong = right && !right[position];
  answer.className = ["answer", right ? (wrong ? "wrong" : "right") : ""].join(" ").trim();
  label.textContent = label.title = trueNames && wrong ? trueNames[position] : "";
  name.textContent = name.title = predNames[position];
  probability.textContent = probabilities?.[position] ?? "";
}

function tilesOf(grid) {
  return Array.from(grid.children, (item) => item.firstElementChild);
}

// The mark doesn't wait for the server.
function choose(grid, event) {
  const chosen = event.target.closest("button");
  if (!chosen) return;
  for (const tile of tilesOf(grid)) tile.setAttribute("aria-current", tile === chosen);
  // Whoever steps through the images hears of it before the server does.
  const { judged } = galleries.get(grid).wanted;
  const at = tilesOf(grid).indexOf(chosen);
  const detail = { images: judged?.images, classNames: judged?.class_names, at };
  const heard = { bubbles: true, composed: true, detail };
  grid.dispatchEvent(new CustomEvent("mnistdash-chosen", heard));
  galleries.get(grid).choose(Number(chosen.dataset.index));
}

function moveFocus(grid, event) {
  if (event.defaultPrevented) return; // the card steps
  if (event.altKey || event.ctrlKey || event.metaKey) return; // Alt+Left goes back a page
  const tiles = tilesOf(grid);
  const here = tiles.indexOf(event.target);
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const there = {
    ArrowLeft: here - 1,
    ArrowRight: here + 1,
    ArrowUp: here - columns,
    ArrowDown: here + columns,
    Home: 0,
    End: tiles.length - 1,
  }[event.key];
  if (there === undefined) return;
  event.preventDefault(); // the page must not scroll under the focus
  tiles[there]?.focus();
}

// One Tab leads into the grid and the next one out of it.
function setTabStop(grid, stop) {
  for (const tile of tilesOf(grid)) tile.tabIndex = tile === stop ? 0 : -1;
}

function restoreFocus(grid, hadFocus) {
  const tiles = tilesOf(grid);
  const focused = tiles.find((tile) => tile === grid.getRootNode().activeElement);
  const chosen = tiles.find((tile) => tile.getAttribute("aria-current") === "true");
  setTabStop(grid, focused ?? chosen ?? tiles[0]);
  if (hadFocus && !focused) tiles.at(-1)?.focus(); // its tile is gone
}

// The tile of the image that the card shows is in view, and keeps the focus if the tiles have it.
function follow(grid, state, captions) {
  const before = state.chosen;
  const now = captions?.chosen ?? null;
  state.chosen = now;
  if (before === undefined || before === now) return;
  const active = document.activeElement;
  const hasFocus = grid.contains(grid.getRootNode().activeElement);
  // The card has gone: whoever was in it, or nowhere, goes back to the tile.
  const nowhere = active?.contains(grid.getRootNode().host);
  const lost = now === null && (nowhere || active?.closest(".st-key-card"));
  const tile = tilesOf(grid).find((each) => Number(each.dataset.index) === (now ?? before));
  if (now !== null) tile?.scrollIntoView({ block: "nearest" });
  if ((hasFocus && now !== null) || lost) tile?.focus({ preventScroll: true });
}
