// What is pasted or dropped on the page is put into Streamlit's own uploader, as if a person had
// chosen the file there: its limits and its way to the server hold for it too.

const INPUT = '.st-key-upload input[type="file"]';
const DROPZONE = '[data-testid="stFileUploaderDropzone"]'; // it takes what is dropped on it itself
const PATIENCE_MS = 30_000; // until the uploader stands

let door = null; // of the page that is open
let taken = null; // a file on its way, and since when

export default function dropping({ parentElement, setStateValue }) {
  if (!door) for (const [kind, hear] of Object.entries(HEARD)) document.addEventListener(kind, hear);
  door = { element: parentElement, tell: () => setStateValue("came", [Math.random(), true]) };
}

const HEARD = {
  paste: (event) => take(event, event.clipboardData),
  dragover: (event) => {
    if (!isOpen() || !holdsFiles(event.dataTransfer)) return;
    event.preventDefault(); // or the browser would open the file in place of the page
    mark(!event.target.closest?.(DROPZONE));
  },
  dragleave: (event) => event.relatedTarget || mark(false),
  drop: (event) => {
    mark(false);
    if (!event.target.closest?.(DROPZONE)) take(event, event.dataTransfer);
  },
};

function isOpen() {
  return door.element.isConnected;
}

function holdsFiles(transfer) {
  return Array.from(transfer?.types ?? []).includes("Files");
}

function mark(on) {
  document.body.classList.toggle("dropping", on);
}

function take(event, transfer) {
  if (!isOpen() || !transfer?.files.length) return; // pasted text is for the field it is pasted in
  event.preventDefault();
  taken = { file: transfer.files[0], since: performance.now() };
  if (!document.querySelector(INPUT)) door.tell();
  give();
}

function give() {
  if (!taken) return;
  const input = document.querySelector(INPUT);
  if (input && !input.disabled) {
    const files = new DataTransfer();
    files.items.add(taken.file);
    taken = null;
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (performance.now() - taken.since < PATIENCE_MS) {
    requestAnimationFrame(give);
  } else {
    taken = null;
  }
}
