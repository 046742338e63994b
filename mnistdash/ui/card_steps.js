// Previous, next and close of the card, and the verdict on what it shows. Streamlit calls the default export again for every change
// of data or theme, with the same parentElement.
//
// What is sent is the sum of all steps since the component came up: of the messages that reach the
// server while it runs the page, only the last survives, and it says all.

const ANSWER_MS = 400; // after so long without an answer the next sum is sent all the same
const PATIENCE_MS = 3000; // how long a tile's card may take to come, or to go
const SWIPE_PX = 50; // a finger that goes down so far closes the sheet
const PHONE = matchMedia("(max-width: 640px)");
const TYPING =
  "input:not([type=checkbox], [type=button]), textarea, select, [contenteditable], " +
  "[role=slider], [role=spinbutton], [role=combobox], [role=radiogroup], [role=tablist]";
const OPEN =
  "[role=combobox][aria-expanded=true], [role=listbox], [role=menu], " +
  "[aria-haspopup][aria-expanded=true], [data-testid=stPopoverBody], [role=dialog]";
const REACHABLE = "a[href], button, input, textarea, select, summary, [tabindex]";

const FAULT_HELP = {
  model: "The model fails: the image and its label are fine. Key 1; once more takes it back.",
  label: "The label is wrong. Key 2; Shift and a digit gives the label it should have.",
  picture: "Nobody could tell what it is. Key 3; once more takes it back.",
  none: "No verdict. Key 0.",
};
const all = new WeakMap(); // the component's element -> its state

export default function cardSteps({ data: [data], parentElement, setStateValue }) {
  const root = parentElement.querySelector(".steps");
  if (!all.has(root)) all.set(root, mounted(root));
  const state = all.get(root);
  state.tell = (sum) => setStateValue("steps", sum);
  state.tellClosed = () => setStateValue("close", [Math.random(), true]);
  show(state, data);
  // Streamlit also calls this for a run that another one overtook.
  return () => setTimeout(() => root.isConnected || unmounted(state));
}

function mounted(root) {
  const state = {
    root,
    ...counter(),
    data: { label: null, before: 0, after: 0, inside: false, handled: ["", 0], judged: null },
    book: ledger(),
    chosen: null, // the tiles of the one that was chosen, and its place, until its card has come
    closing: null, // when the card was closed or a tile chosen, until the server has answered
    choosing: null,
    shown: false,
    waiting: undefined, // the timer of the sum under way
    unsaid: false, // steps were counted since
    listening: new AbortController(),
  };
  const button = (name, words, press) => {
    const made = element("button", name, words);
    made.type = "button";
    made.addEventListener("click", press);
    return made;
  };
  state.grip = element("span", "grip");
  state.previous = button("previous", "Previous", () => step(state, -1));
  state.next = button("next", "Next", () => step(state, 1));
  state.place = element("span", "place");
  state.said = element("span", "said");
  state.said.setAttribute("aria-live", "polite");
  const shut = button("close", "Close", () => close(state));
  const walk = [state.grip, state.previous, state.place, state.next, shut, state.said];
  root.replaceChildren(...walk, judgeRow(state, button));
  swipeDownCloses(state);
  listen(state);
  return state;
}

function counter() {
  const mount = Math.random().toString(36).slice(2, 14) || "0";
  return { mount, steps: 0, chosenAt: 0, known: false };
}

function element(tag, className, words = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = words;
  return made;
}

// In the capture phase a list that the same key closes is still open.
function listen(state) {
  const { signal } = state.listening;
  const early = { capture: true, signal };
  window.addEventListener("keydown", (event) => onKey(state, event), early);
  window.addEventListener("keydown", (event) => onEscape(state, event), { signal });
  window.addEventListener("pointerdown", () => flush(state), early);
  window.addEventListener("click", (event) => onClick(state, event), early);
  window.addEventListener("mnistdash-chosen", ({ detail }) => onChosen(state, detail), { signal });
  PHONE.addEventListener("change", () => frame(state), { signal });
}

function unmounted(state) {
  state.listening.abort();
  clearTimeout(state.waiting);
}

// --- what is shown ---------------------------------------------------------------------------

function show(state, data) {
  const unheard = pending(state);
  state.data = data;
  state.waiting = clearTimeout(state.waiting);
  if (data.judged) forgetHeard(state.book, state.mount, data.judged.heard);
  if (data.handled[0] === state.mount) {
    state.known = true;
  } else if (state.known) {
    // A new session knows nothing of the sum: only what the old one has not heard is said again.
    const unsaid = unheard !== 0 || state.book.said.length > 0;
    Object.assign(state, counter(), { steps: unheard, unsaid });
  }
  if (data.label === null) state.closing = null;
  else state.choosing = null;
  state.root.hidden = data.label === null;
  if (data.label !== null) paint(state);
  frame(state);
  const shown = data.label !== null && isOpen(state);
  if (shown && !state.shown) enter(state);
  state.shown = shown;
  if (state.unsaid) send(state);
}

function isOpen({ data, choosing, closing }) {
  return !recent(closing) && (data.label !== null || recent(choosing));
}

function recent(moment) {
  return moment !== null && performance.now() - moment < PATIENCE_MS;
}

// The place doesn't wait for the server.
function paint(state) {
  const { data, previous, next, place, said } = state;
  const here = position(state);
  const total = data.before + data.after + (data.inside ? 1 : 0);
  const between = !data.inside && pending(state) === 0;
  previous.setAttribute("aria-disabled", here <= 0);
  next.setAttribute("aria-disabled", between ? data.after === 0 : here >= total - 1);
  place.textContent = between ? "" : `${count(here + 1)} of ${count(total)}`;
  const words = between ? data.label : `${data.label}, ${place.textContent}`;
  if (pending(state) === 0 && said.textContent !== words) said.textContent = words;
  paintJudge(state);
}

function count(number) {
  return number.toLocaleString("en").replaceAll(",", "\u2009");
}

// On a phone the card is a dialog over the page, elsewhere a part of it.
function frame(state) {
  const { sheet, shade } = around(state);
  if (!sheet) return;
  shade.toggleAttribute("data-closing", state.data.label !== null && !isOpen(state));
  const modal = isModal(state);
  sheet.tabIndex = -1;
  sheet.setAttribute("role", modal ? "dialog" : "group");
  if (modal) sheet.setAttribute("aria-modal", "true");
  else sheet.removeAttribute("aria-modal"); // a group has no such attribute
  sheet.setAttribute("aria-label", state.data.label ?? "No image is chosen");
}

function enter(state) {
  const { sheet } = around(state);
  if (sheet && isModal(state)) sheet.focus({ preventScroll: true });
}

function around({ root }) {
  const host = root.getRootNode().host;
  const sheet = host?.closest(".st-key-card-sheet");
  return { sheet, shade: sheet?.closest(".st-key-card") };
}

function isModal(state) {
  return PHONE.matches && state.data.label !== null && isOpen(state);
}

// --- what is counted and sent ----------------------------------------------------------------

function pending({ data, mount, steps }) {
  return data.handled[0] === mount ? steps - data.handled[1] : steps;
}

// The place of the image that all steps so far lead to, from 0.
function position(state) {
  const { before, inside } = state.data;
  const steps = pending(state);
  return before + steps - (!inside && steps > 0 ? 1 : 0);
}

function step(state, by) {
  if (!isOpen(state)) return;
  const { data, choosing } = state;
  const total = data.before + data.after + (data.inside ? 1 : 0);
  const there = position({ ...state, steps: state.steps + by });
  if (!recent(choosing) && (there < 0 || there >= total)) return;
  state.steps += by;
  if (!recent(choosing)) paint(state);
  if (state.waiting) state.unsaid = true;
  else send(state);
}

// One message under way at a time: each run of the page would end the one before, and who holds a
// key would see nothing until it is let go.
function send(state) {
  state.unsaid = false;
  clearTimeout(state.waiting);
  state.waiting = setTimeout(() => {
    state.waiting = undefined;
    if (state.unsaid) send(state);
  }, ANSWER_MS);
  const { mount, steps, chosenAt, book } = state;
  state.tell({ mount, steps, chosen_at: chosenAt, said: book.said });
}

// What is pressed next comes after the steps.
function flush(state) {
  if (state.unsaid) send(state);
}

function close(state) {
  if (!isOpen(state)) return;
  flush(state);
  state.closing = performance.now();
  state.shown = false;
  frame(state);
  state.tellClosed();
}

// A tile was chosen: steps from now on go from there, even before its card has come.
function onChosen(state, chosen) {
  state.chosen = chosen;
  state.chosenAt = state.steps;
  state.closing = null;
  state.choosing = performance.now();
  frame(state);
  if (state.steps) send(state);
}

// --- the verdict -----------------------------------------------------------------------------

function judgeRow(state, button) {
  const row = element("div", "judge");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Your verdict: whose fault is it?");
  const press = (fault) => () => judge(state, { fault, label: null });
  const faults = { model: "Model", label: "Label", picture: "Picture", none: "None" };
  state.faults = Object.entries(faults).map(([fault, words], number) => {
    const made = button("fault", words, press(fault));
    made.dataset.fault = fault;
    made.title = FAULT_HELP[fault];
    made.setAttribute("aria-keyshortcuts", (number + 1) % 4);
    return made;
  });
  state.labels = element("select", "labels");
  state.labels.setAttribute("aria-label", "The label it should have");
  state.labels.title = FAULT_HELP.label;
  state.labels.addEventListener("change", () => {
    const label = Number(state.labels.value);
    state.labels.blur(); // the keys are the card's again
    judge(state, { fault: "label", label });
  });
  state.note = element("input", "note");
  Object.assign(state.note, { type: "text", maxLength: 300, placeholder: "Note" });
  state.note.setAttribute("aria-label", "Note to your verdict");
  state.note.addEventListener("change", () => annotate(state));
  state.note.addEventListener("keydown", ({ key }) => key === "Enter" && state.note.blur());
  const [model, label, picture, none] = state.faults;
  row.append(model, label, state.labels, picture, none, state.note);
  state.judge = row;
  return row;
}

// The image that all presses so far lead to; null where it is not known, or can't be judged.
function target(state) {
  const { data, choosing, chosen, steps, chosenAt } = state;
  if (recent(choosing)) return chosen?.images?.[chosen.at + steps - chosenAt] ?? null;
  if (!data.judged || data.label === null) return null;
  return data.judged.images[data.judged.shown + pending(state)] ?? null;
}

function classNames({ data, choosing, chosen }) {
  return (recent(choosing) ? chosen?.classNames : data.judged?.class_names) ?? [];
}

function judgeByKey(state, event) {
  const asked = askedByKey(event, classNames(state).length);
  if (asked) judge(state, asked);
  return asked !== null;
}

function judge(state, asked) {
  const image = target(state);
  if (!image) return;
  const answer = answerTo(asked, image, standing(state.book, image));
  if (answer) keep(state, image, answer);
  else if (asked.label === null) state.labels.focus(); // which one, nobody can guess
}

function annotate(state) {
  const image = target(state);
  if (!image || String(image[0]) !== state.note.dataset.index) return;
  const now = standing(state.book, image);
  if (now.fault !== "none") keep(state, image, { ...now, note: state.note.value.trim() });
}

function keep(state, image, answer) {
  say(state.book, image, answer);
  if (!recent(state.choosing)) paintJudge(state);
  if (state.waiting) state.unsaid = true;
  else send(state);
}

function paintJudge(state) {
  const image = target(state);
  state.judge.hidden = !image;
  if (!image) return;
  const now = standing(state.book, image);
  for (const button of state.faults) {
    button.setAttribute("aria-pressed", button.dataset.fault === now.fault);
  }
  paintLabels(state, image, now);
  const { note } = state;
  note.readOnly = now.fault === "none"; // in place all the same: nothing jumps below a key
  const typed = focused() === note && note.dataset.index === String(image[0]);
  if (!typed) note.value = now.note;
  note.dataset.index = image[0];
}

function paintLabels({ labels, data }, [, truth, likely], now) {
  const names = data.judged.class_names;
  if (labels.options.length !== names.length + 1) {
    labels.replaceChildren(new Option("→ …", ""), ...names.map((name, c) => new Option(`→ ${name}`, c)));
  }
  for (const option of labels.options) option.disabled = option.value === String(truth);
  labels.value = String(now.label ?? likely ?? "");
}

// --- keys and fingers ------------------------------------------------------------------------

function onKey(state, event) {
  if (!isOpen(state)) return;
  if (event.key === "Escape") state.otherOpen = otherOpen(state);
  if (event.key === "Tab" && isModal(state) && !otherOpen(state)) keepInside(state, event);
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (typing(event) || otherOpen(state)) return;
  if (judgeByKey(state, event)) event.preventDefault();
  if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault(); // the tiles leave the key alone, and the page doesn't scroll
  step(state, by);
}

function onEscape(state, event) {
  if (event.key !== "Escape" || state.otherOpen || event.defaultPrevented) return;
  const target = event.composedPath()[0];
  const inText = typing(event) && !target.closest("[role=combobox], [role=slider]");
  if (!inText) close(state);
}

function typing(event) {
  const target = event.composedPath()[0];
  return target instanceof Element && target.closest(TYPING) !== null;
}

function otherOpen(state) {
  const { sheet } = around(state);
  return [...document.querySelectorAll(OPEN)].some(
    (found) => found !== sheet && found.checkVisibility(),
  );
}

// A tap on the dimmed page closes the sheet.
function onClick(state, event) {
  const { sheet, shade } = around(state);
  const path = event.composedPath();
  if (!isModal(state) || !path.includes(shade) || path.includes(sheet)) return;
  event.stopPropagation();
  event.preventDefault();
  close(state);
}

function swipeDownCloses(state) {
  let from = null;
  state.grip.addEventListener("pointerdown", (event) => {
    from = event.clientY;
    state.grip.setPointerCapture(event.pointerId);
  });
  state.grip.addEventListener("pointerup", (event) => {
    if (from !== null && event.clientY - from > SWIPE_PX) close(state);
    from = null;
  });
}

// Tab goes round within the sheet.
function keepInside(state, event) {
  const { sheet } = around(state);
  if (!sheet) return;
  const stops = [...reachable(sheet)];
  const at = stops.indexOf(focused());
  const leaves = event.shiftKey ? at <= 0 : at === -1 || at === stops.length - 1;
  if (!leaves) return;
  event.preventDefault();
  stops.at(event.shiftKey ? -1 : 0)?.focus();
}

function* reachable(node) {
  for (const child of node.children) {
    const isStop = child.matches(REACHABLE) && child.tabIndex >= 0 && !child.disabled;
    if (isStop && child.checkVisibility()) yield child;
    if (child.shadowRoot) yield* reachable(child.shadowRoot);
    yield* reachable(child);
  }
}

function focused() {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}
