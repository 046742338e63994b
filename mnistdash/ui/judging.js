// What a person says of images by button and key, here for every component that offers it. It is
// kept until the server has heard it and sent as a list: of the messages that reach the server
// while it runs the page, only the last survives, and it says all.
//
// An image is told as [index, true class, likely class or null, fault, label or null, note].

const FAULT_KEYS = { 1: "model", 2: "label", 3: "picture", 0: "none" };
const FAULT_MARKS = { model: "M", label: "→", picture: "P" };

function ledger() {
  return { count: 0, said: [] };
}

// The same image said of again takes the place of what was said before.
function say(book, [index], { fault, label, note }) {
  book.count += 1;
  book.said = book.said.filter((each) => each[1] !== index);
  book.said.push([book.count, index, fault, label, fault === "none" ? "" : note]);
}

function forgetHeard(book, mount, [heardOf, number]) {
  if (heardOf === mount) book.said = book.said.filter((each) => each[0] > number);
}

// What stands of an image: what was said last, heard or not.
function standing(book, [index, , , fault, label, note]) {
  const unheard = book.said.find((each) => each[1] === index);
  return unheard
    ? { fault: unheard[2], label: unheard[3], note: unheard[4] }
    : { fault, label, note };
}

// The verdict that a key asks for, or null: 1, 2, 3 and 0; Shift and a digit gives the label.
function askedByKey(event, classes) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return null;
  if (event.key in FAULT_KEYS) return { fault: FAULT_KEYS[event.key], label: null };
  const digit = event.shiftKey && /^Digit([0-9])$/.exec(event.code);
  if (!digit || Number(digit[1]) >= classes) return null;
  return { fault: "label", label: Number(digit[1]) };
}

// What to say of an image: the same once more takes it back, a label unasked for is the likely one.
function answerTo(asked, image, now) {
  const [, truth, likely] = image;
  if (asked.label === truth) return null;
  const same = now.fault === asked.fault && (asked.label === null || asked.label === now.label);
  if (asked.fault === "none" || same) return { fault: "none", label: null, note: "" };
  const label = asked.fault === "label" ? (asked.label ?? likely) : null;
  if (asked.fault === "label" && label === null) return null;
  return { fault: asked.fault, label, note: now.note };
}

function verdictMark({ fault, label }, classNames) {
  const mark = FAULT_MARKS[fault] ?? "";
  return fault === "label" ? `${mark}${[...classNames[label]].slice(0, 3).join("")}` : mark;
}

function verdictWords({ fault, label }, classNames) {
  if (fault === "none") return "";
  return fault === "label" ? `label, it should be ${classNames[label]}` : fault;
}
