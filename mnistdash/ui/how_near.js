// Sliders that change an image, with the network's answer at once: the browser's own where it has
// the network, else the server's. Streamlit calls the default export again for every change of data
// or theme, with the same parentElement.

const SIDE = 28;
const CENTRE = 13.5;
const DRAWS = 4; // uniform numbers in one of noise
const LIKELY = 3; // classes with a bar
const REST_MS = 150; // without a change, until the server is asked
const PATTERN = noise();

const all = new WeakMap(); // the component's element -> its state

export default function howNear({ data: [data], parentElement, setStateValue }) {
  const root = parentElement.querySelector(".how-near");
  if (!all.has(root)) all.set(root, { root, values: {}, asked: null, network: null, frame: 0 });
  const state = all.get(root);
  const another = data.image !== state.data?.image || data.run !== state.data?.run;
  Object.assign(state, { data, tell: (change) => setStateValue("wanted", change) });
  state.image = Uint8Array.from(atob(data.image), (letter) => letter.charCodeAt());
  if (another) furnish(state);
  const head = root.closest(".st-key-card-sheet")?.firstElementChild;
  root.style.setProperty("--head-px", `${head?.offsetHeight ?? 0}px`);
  load(state);
  follow(state);
  return () => setTimeout(() => {
    if (root.isConnected) return;
    cancelAnimationFrame(state.frame);
    clearTimeout(state.waiting);
  });
}

// --- the changes, as mnistdash/nearness.py makes them ---------------------------------------------

/**
 * Change an image: slanted, sized, turned and moved, then drawn thicker, then noised.
 * @param {Uint8Array} image 28 x 28, ink bright
 * @param {object} change by kind: right, down, turn, size, slant, thickness, noise
 * @returns {Uint8Array} 28 x 28
 */
export function changed(image, change) {
  const drawn = thickened(placed(image, change), change.thickness / 2);
  const found = (ink, i) => Math.floor(ink + change.noise * PATTERN[i] + 0.5);
  return Uint8Array.from(drawn, (ink, i) => Math.min(Math.max(found(ink, i), 0), 255));
}

function placed(image, { right, down, turn, size, slant }) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const [cos, sin, lean] = [Math.cos(radians(turn)), Math.sin(radians(turn)), Math.tan(radians(slant))];
  const cells = new Float64Array(SIDE * SIDE);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [u, v] = [column - CENTRE - right, row - CENTRE - down];
      const y = (v * cos - u * sin) / (size / 100);
      const x = (u * cos + v * sin) / (size / 100) + lean * y;
      cells[row * SIDE + column] = between(image, x + CENTRE, y + CENTRE);
    }
  }
  return cells;
}

function between(image, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [a, b] = [x - left, y - top];
  const above = (1 - a) * at(image, left, top) + a * at(image, left + 1, top);
  const below = (1 - a) * at(image, left, top + 1) + a * at(image, left + 1, top + 1);
  return (1 - b) * above + b * below;
}

function at(cells, x, y) {
  return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : cells[y * SIDE + x];
}

// A cross and a square in turn: nearly a disc.
function thickened(cells, reach) {
  if (!reach) return cells;
  const once = spread(cells, reach > 0 ? Math.max : Math.min, false);
  if (reach < 0) return blend(once, cells, reach + 1);
  return reach < 1 ? blend(cells, once, reach) : blend(once, spread(once, Math.max, true), reach - 1);
}

function spread(cells, best, square) {
  return cells.map((_, i) => {
    let found = cells[i];
    for (let y = -1; y <= 1; y++) {
      for (let x = -1; x <= 1; x++) {
        if (square || !(x && y)) found = best(found, at(cells, (i % SIDE) + x, Math.floor(i / SIDE) + y));
      }
    }
    return found;
  });
}

function blend(some, others, part) {
  return some.map((cell, i) => (1 - part) * cell + part * others[i]);
}

function noise() {
  const uniform = (number) => {
    let mixed = Math.imul(number, 2654435761);
    for (let round = 0; round < 2; round++) mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  return Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
    let sum = -DRAWS / 2;
    for (let draw = 1; draw <= DRAWS; draw++) sum += uniform(DRAWS * i + draw);
    return sum * Math.sqrt(12 / DRAWS);
  });
}

// --- who answers ---------------------------------------------------------------------------------

async function load(state) {
  const { network: wanted, engine } = state.data;
  if (wanted === state.asked) return;
  Object.assign(state, { asked: wanted, network: null, alone: !wanted });
  if (!wanted) return;
  const here = (name) => new URL(name, document.baseURI).href;
  try {
    const [code, answer] = await Promise.all([import(here(engine)), fetch(here(wanted))]);
    if (!answer.ok) throw new Error(answer.statusText);
    const network = code.network(await answer.arrayBuffer());
    if (state.asked === wanted) state.network = network;
  } catch {
    if (state.asked === wanted) state.alone = true; // the server's answers come a moment later
  }
  follow(state);
}

function follow(state) {
  state.frame ||= requestAnimationFrame(() => {
    state.frame = 0;
    if (!state.root.isConnected) return; // it has no colours any more
    const { data, values, network, alone } = state;
    const image = changed(state.image, values);
    paint(state, image);
    for (const row of state.rows) label(state, row);
    state.reset.disabled = data.kinds.every(({ name, neutral }) => values[name] === neutral);
    if (network) show(state, network.probs(image));
    else if (state.reset.disabled) show(state, data.before);
    else if (same(data.served, values)) show(state, data.served.probs);
    else if (alone) ask(state);
  });
}

function same(served, values) {
  return served !== null && Object.keys(values).every((name) => values[name] === served.change[name]);
}

function ask(state) {
  state.answer.classList.add("waiting");
  clearTimeout(state.waiting);
  const { data, values } = state;
  state.waiting = setTimeout(() => state.tell([Math.random(), [data.index, values]]), REST_MS);
}

// --- what is shown -------------------------------------------------------------------------------

function furnish(state) {
  const { root, data } = state;
  state.values = Object.fromEntries(data.kinds.map(({ name, neutral }) => [name, neutral]));
  state.picture = document.createElement("canvas");
  state.picture.width = state.picture.height = SIDE;
  state.picture.setAttribute("role", "img");
  state.picture.setAttribute("aria-label", "The image as it is changed");
  state.answer = part("p", "now");
  state.answer.setAttribute("aria-live", "polite");
  state.bars = part("div", "bars");
  state.reset = part("button", "reset", "Reset");
  state.reset.addEventListener("click", () => set(state, {}));
  const told = part("div", "told");
  told.append(state.answer, state.bars);
  const top = part("div", "top");
  top.append(state.picture, told, state.reset);
  state.rows = data.kinds.map((kind) => slider(state, kind));
  root.replaceChildren(top, ...state.rows.map(({ row }) => row));
}

function slider(state, kind) {
  const row = part("div", "slide");
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: kind.low, max: kind.high, step: kind.step });
  input.value = kind.neutral;
  input.setAttribute("aria-label", kind.label);
  input.addEventListener("input", () => {
    state.values[kind.name] = Number(input.value);
    follow(state);
  });
  const value = part("output", "");
  const said = part(kind.flip === null ? "p" : "button", "least", kind.said);
  if (kind.flip !== null) {
    said.title = "Show it so";
    said.addEventListener("click", () => set(state, { [kind.name]: kind.flip }));
  }
  row.append(part("span", "", kind.label), input, value, said);
  return { kind, row, input, value };
}

// What is not said is as it was.
function set(state, change) {
  for (const { kind, input } of state.rows) {
    state.values[kind.name] = change[kind.name] ?? kind.neutral;
    input.value = state.values[kind.name];
  }
  follow(state);
}

function part(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  if (tag === "button") element.type = "button";
  return element;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function label(state, { kind, input, value }) {
  const number = state.values[kind.name];
  const decimals = kind.step < 1 ? (kind.step < 0.5 ? 2 : 1) : 0;
  const said = `${Number(number.toFixed(decimals))}${kind.unit}`;
  write(value, said);
  input.setAttribute("aria-valuetext", said);
}

function show(state, probs) {
  const { names, true_class: label } = state.data;
  const likely = Array.from(probs, (_, c) => c).sort((a, b) => probs[b] - probs[a]);
  const [best] = likely;
  const right = best === label;
  state.answer.classList.remove("waiting");
  state.answer.classList.toggle("right", right);
  state.answer.classList.toggle("wrong", !right);
  write(state.answer, `${names[best]} ${right ? "✓" : "✕"}`);
  const shown = likely.slice(0, LIKELY);
  while (state.bars.children.length < shown.length) {
    const row = part("div", "row");
    row.append(part("span", ""), part("i", ""), part("span", ""));
    state.bars.append(row);
  }
  shown.forEach((c, place) => {
    const kind = c === label ? "right" : place === 0 ? "wrong" : "plain";
    const [name, bar, prob] = state.bars.children[place].children;
    state.bars.children[place].className = `row ${kind}`;
    for (const each of [name, bar, prob]) each.className = kind;
    write(name, names[c]);
    bar.style.width = `${(100 * probs[c]).toFixed(1)}%`;
    write(prob, probs[c].toFixed(2));
  });
}

// As ink on the page, a photograph as it is.
function paint({ root, picture, data }, image) {
  const context = picture.getContext("2d");
  const pixels = new ImageData(SIDE, SIDE);
  const [red, green, blue] = getComputedStyle(root).color.match(/[\d.]+/g).map(Number);
  image.forEach((ink, i) => pixels.data.set(data.ink ? [red, green, blue, ink] : [ink, ink, ink, 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}
