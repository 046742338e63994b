// An answer beside the canvas. While a pen moves, the browser prepares the strokes and runs the
// network itself, in every frame. When the pen rests, the canvas is told to report, and the server's
// answer, given as data, takes the same place.
// Streamlit calls the default export again for every change of data or theme, with the same
// parentElement.

const BARRED = { all: 12, likely: 10 }; // classes with a bar, as in answers_view.py
const SIDE = 28;
const NEAR_PX = 3; // between the ends of a stroke as it was heard and as the canvas reports it
const REST_MS = 200; // without the pen, until the server is asked: as long as the canvas would wait
const HOVER_MS = 1000; // so long it waits for a pen that moves over the canvas, to its next stroke
const LEFT_MS = 2000; // after so long a page that a link was to leave is still there
const BEHIND_MS = 5000; // how long the server may answer to less than is drawn
const IDLE_MS = 2000; // until the network is fetched from a page that is busy all the time
const SLOW_MS = 24; // an answer that takes longer is followed by as long a rest
const KEPT_STEPS = 100; // that the canvas can undo
const SEND = "Update the app with this drawing"; // the canvas's button that reports it

const all = new WeakMap(); // the component's element -> its state

export default function pen({ data: [data], parentElement }) {
  const root = parentElement.querySelector(".pen");
  if (!all.has(root)) all.set(root, mounted(root));
  const state = all.get(root);
  const canvas = data.pen?.canvas ?? null;
  if (canvas !== state.canvas) Object.assign(state, blank(data.pen?.strokes ?? []), { canvas });
  state.data = data;
  load(state);
  receive(state);
  // Streamlit also calls this for a run that another one overtook.
  return () => setTimeout(() => root.isConnected || unmounted(state));
}

// What is on the canvas, as lists that are never changed: `strokes`, what it began with, and the
// way back and forward. It is not known where the canvas did what only it knows.
function blank(strokes) {
  return { strokes, initial: strokes, past: [], future: [], points: null, known: true };
}

function mounted(root) {
  const state = {
    root,
    ...blank([]),
    canvas: undefined, // its key
    canvasRoot: null, // the canvas's own document, with its buttons
    engine: null,
    network: null,
    asked: null, // where the network is
    frame: 0, // that will show a change
    rested: 0, // when the next answer may begin
    down: false,
    unsent: false, // the drawing has changed since the canvas reported it
    sending: 0, // the timer that will let it
    changed: -Infinity, // when the drawing did, or was reported
    waiting: 0, // the timer that will take the server at its word
    listening: new AbortController(),
  };
  furnish(state);
  // On the window: the canvas is another component's and comes and goes.
  const early = { capture: true, signal: state.listening.signal };
  for (const [kind, hear] of Object.entries({
    pointerdown: begin,
    pointermove: move,
    pointerup: end,
    pointercancel: end,
    click: press,
  })) {
    window.addEventListener(kind, (event) => state.data.pen && hear(state, event), early);
  }
  return state;
}

function unmounted(state) {
  state.listening.abort();
  cancelAnimationFrame(state.frame);
  clearTimeout(state.waiting);
  clearTimeout(state.sending);
}

// --- the pen ---------------------------------------------------------------------------------

function begin(state, event) {
  const [canvas] = event.composedPath();
  if (!isCanvas(canvas)) return leave(state, event);
  if (!event.isPrimary || event.button !== 0) return;
  clearTimeout(state.sending);
  state.canvasRoot = canvas.getRootNode();
  state.down = true;
  if (state.canvasRoot.querySelector('[aria-label="Edit"][aria-pressed="true"]')) {
    state.known = false;
    return;
  }
  const box = canvas.getBoundingClientRect();
  const scale = state.data.pen.canvas_px / box.width;
  state.place = ({ clientX, clientY }) => [(clientX - box.left) * scale, (clientY - box.top) * scale];
  state.points = [state.place(event)];
  change(state);
}

function isCanvas(element) {
  return element instanceof HTMLCanvasElement && element.matches(".upper-canvas");
}

// The points are those that the canvas hears too, one a frame.
function move(state, event) {
  if (state.points && event.isPrimary) {
    state.points.push(state.place(event));
    change(state);
  } else if (state.unsent && !state.down && isCanvas(event.composedPath()[0])) {
    if (performance.now() - state.changed < HOVER_MS) rest(state);
  }
}

function end(state, event) {
  if (!state.down || !event.isPrimary) return;
  state.down = false;
  if (state.points) {
    const stroke = smoothed(state);
    state.points = null;
    state.past = [...state.past.slice(1 - KEPT_STEPS), state.strokes];
    state.future = [];
    state.strokes = [...state.strokes, stroke];
    change(state);
  }
  rest(state);
}

function smoothed({ engine, points }) {
  return engine ? engine.smooth(points) : points;
}

// The canvas's own buttons.
function press(state, event) {
  const button = event.composedPath().find((each) => each.matches?.(".dc-icon-button"));
  if (!button) return;
  state.canvasRoot = button.getRootNode();
  switch (button.getAttribute("aria-label")) {
    case SEND:
      state.unsent = false;
      clearTimeout(state.sending);
      return;
    case "Undo":
      step(state, "past", "future");
      break;
    case "Redo":
      step(state, "future", "past");
      break;
    case "Reset canvas & history": // which it reports by itself
      Object.assign(state, blank(state.initial), { known: false });
      change(state);
      return;
    default:
      state.known = false;
  }
  rest(state);
}

function step(state, from, to) {
  const [before, after] = [state[from], [...state[to], state.strokes]];
  state.known &&= before.length > 0;
  if (!before.length) return;
  Object.assign(state, { strokes: before.at(-1), [from]: before.slice(0, -1), [to]: after });
  change(state);
}

function rest(state, ms = REST_MS) {
  state.unsent = true;
  clearTimeout(state.sending);
  state.sending = setTimeout(() => send(state), ms);
}

// A button is pressed after what is drawn is known. But a report on the heels of a link would run a
// part of the page that is left, and leave the new one empty.
function leave(state, event) {
  if (!state.unsent) return;
  if (event.composedPath().some((each) => each.matches?.("a[href]"))) rest(state, LEFT_MS);
  else send(state);
}

// A digit of several strokes costs the server one answer, not one for each.
function send(state) {
  if (!state.unsent) return;
  state.unsent = false;
  clearTimeout(state.sending);
  state.changed = performance.now();
  state.canvasRoot.querySelector(`[aria-label="${SEND}"]`)?.click();
}

function change(state) {
  state.changed = performance.now();
  state.frame ||= requestAnimationFrame(() => follow(state));
}

// --- the browser's answer --------------------------------------------------------------------

// The page comes first: the engine and the network follow when it has nothing to do.
function load(state) {
  const { pen } = state.data;
  const wanted = pen?.network ?? null;
  if (wanted === state.asked) return;
  Object.assign(state, { asked: wanted, network: null });
  if (!wanted) return;
  const idle = window.requestIdleCallback ?? setTimeout;
  idle(async () => {
    const here = (name) => new URL(name, document.baseURI).href;
    try {
      const [engine, answer] = await Promise.all([import(here(pen.engine)), fetch(here(wanted))]);
      if (!answer.ok || state.asked !== wanted) return;
      const network = engine.network(await answer.arrayBuffer());
      if (network.classes !== state.data.names.length || state.asked !== wanted) return;
      Object.assign(state, { engine, network });
      if (state.points) change(state);
    } catch {
      // Without it the server's answers are shown, and they come as they always did.
    }
  }, { timeout: IDLE_MS });
}

function follow(state) {
  state.frame = 0;
  const now = performance.now();
  if (now < state.rested) {
    state.frame = requestAnimationFrame(() => follow(state));
    return;
  }
  const strokes = state.points ? [...state.strokes, smoothed(state)] : state.strokes;
  const { engine, network, data } = state;
  if (!strokes.length) {
    show(state, null);
  } else if (network && engine.span(strokes.flat()) >= data.pen.pen_px) {
    // A pen that has only touched the canvas has written nothing yet.
    const image = engine.prepare(strokes);
    const probs = network.probs(image);
    show(state, { probs, image, plain: resized(state, strokes), doubt: "", about: "", live: true });
  }
  const taken = performance.now() - now;
  state.rested = taken > SLOW_MS ? now + 2 * taken : 0;
}

// What a plain resizing of the whole canvas would have given.
function resized(state, strokes) {
  const { canvas_px: side, pen_px: width } = state.data.pen;
  const sheet = state.sheet;
  if (sheet.width !== side) sheet.width = sheet.height = side;
  const context = sheet.getContext("2d", { willReadFrequently: true });
  context.clearRect(0, 0, side, side);
  Object.assign(context, { lineWidth: width, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(...stroke[0]);
    for (const point of stroke) context.lineTo(...point);
    context.stroke();
  }
  const { data } = context.getImageData(0, 0, side, side);
  const found = new Float32Array(SIDE * SIDE);
  const cell = side / SIDE;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      found[Math.floor(y / cell) * SIDE + Math.floor(x / cell)] += data[4 * (y * side + x) + 3];
    }
  }
  return Uint8Array.from(found, (sum) => sum / (cell * cell));
}

// --- the server's answer ---------------------------------------------------------------------

// It counts for what is drawn now. To less than that it says nothing yet: a later one will come.
function receive(state) {
  const { data } = state;
  clearTimeout(state.waiting);
  const strokes = data.pen?.strokes ?? [];
  if (state.down) return;
  if (!same(strokes, state.strokes)) {
    if (state.unsent) return;
    const left = state.known ? state.changed + BEHIND_MS - performance.now() : 0;
    if (left > 0) {
      state.waiting = setTimeout(() => receive(state), left);
      return;
    }
    Object.assign(state, { ...blank(strokes), initial: state.initial });
  }
  state.known = true;
  cancelAnimationFrame(state.frame);
  state.frame = 0;
  const { answer } = data;
  show(state, answer && { ...answer, image: pixels(answer.image), plain: pixels(answer.plain) });
}

function same(some, others) {
  const near = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) <= NEAR_PX;
  return (
    some.length === others.length &&
    some.every((stroke, i) => near(stroke[0], others[i][0]) && near(stroke.at(-1), others[i].at(-1)))
  );
}

function pixels(text) {
  return text && Uint8Array.from(atob(text), (letter) => letter.charCodeAt());
}

// --- what is shown ---------------------------------------------------------------------------

function furnish(state) {
  const { root } = state;
  state.sheet = document.createElement("canvas");
  state.empty = part("div", "quiet");
  state.reading = part("div", "reading");
  state.answer = part("div", "answer");
  state.prob = part("div", "quiet");
  state.doubt = part("div", "doubt");
  state.bars = part("div", "bars");
  state.about = part("div", "about quiet");
  state.aloud = part("div", "aloud");
  state.aloud.setAttribute("aria-live", "polite"); // to what the pen is in the midst of, silent
  const told = part("div", "");
  told.append(state.prob, state.doubt);
  const said = part("div", "said");
  said.append(state.answer, told);
  const left = part("div", "");
  left.append(said, state.bars, state.about);
  state.image = figure("The 28x28 pixels that the model sees", "What the model sees, white on black");
  state.plain = figure("Plainly resized", "What plain resizing would have given");
  const seen = part("div", "seen");
  seen.append(state.image, state.plain);
  state.reading.append(left, seen);
  root.replaceChildren(state.empty, state.aloud);
}

function part(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function figure(label, caption) {
  const picture = document.createElement("canvas");
  picture.width = picture.height = SIDE;
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", label);
  picture.title = label;
  const made = document.createElement("figure");
  made.append(picture, part("figcaption", "quiet", caption));
  return made;
}

function show(state, answer) {
  const { names, empty, sure } = state.data;
  if (answer) state.empty.after(state.reading);
  else state.reading.remove();
  state.empty.textContent = answer || state.strokes.length || state.points ? "" : empty;
  if (!answer) {
    state.aloud.textContent = "";
    return;
  }
  const { probs, image, plain, doubt, about, live } = answer;
  const best = probs.indexOf(Math.max(...probs));
  const prob = probs[best].toFixed(2);
  write(state.answer, names[best]);
  state.answer.classList.toggle("long", names[best].length > 1);
  write(state.prob, `probability ${prob}`);
  write(state.doubt, doubt);
  write(state.about, about);
  drawBars(state.bars, probs, names, doubt || probs[best] < sure ? -1 : best);
  paint(state.image, image);
  paint(state.plain, plain);
  if (!live) write(state.aloud, `${names[best]}, probability ${prob}. ${doubt}`);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// All of few classes in their order, of many the most probable first.
function drawBars(bars, probs, names, answered) {
  const classes = Array.from(probs, (_, label) => label);
  const likely = [...classes].sort((a, b) => probs[b] - probs[a]).slice(0, BARRED.likely);
  const shown = classes.length <= BARRED.all ? classes : likely;
  while (bars.children.length > shown.length) bars.lastElementChild.remove();
  while (bars.children.length < shown.length) {
    const row = part("div", "row");
    row.append(part("span", ""), part("i", ""), part("span", ""));
    bars.append(row);
  }
  shown.forEach((label, place) => {
    const kind = label === answered ? "answered" : "plain";
    const [name, bar, prob] = bars.children[place].children;
    bars.children[place].className = `row ${kind}`;
    for (const each of [name, bar, prob]) each.className = kind;
    write(name, names[label]);
    bar.style.width = `${(100 * probs[label]).toFixed(1)}%`;
    write(prob, probs[label].toFixed(2));
  });
}

function paint(figure, image) {
  figure.hidden = !image;
  if (!image) return;
  const context = figure.firstElementChild.getContext("2d");
  const picture = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    picture.data.fill(image[i], 4 * i, 4 * i + 3);
    picture.data[4 * i + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}
