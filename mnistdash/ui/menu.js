// The list of pages: plain links, which a press follows in place, as Back and Forward do. Below it
// the link to what is shown, which a press copies. Beside it, what Streamlit's sidebar lacks: the
// run picker shows a long name whole on hover, and on a phone the menu goes away when a page is
// chosen. Where Streamlit's own marks are gone, none of it happens and the links work as they are.

const PHONE_PX = 768; // up to this width Streamlit lays its sidebar over the page
const COPIED_MS = 1800; // for which it says so
const OVERLAID = "/~/+/"; // Community Cloud frames its apps under this path (streamlit#5084)
const START_MS = 3000; // longer than any page takes to begin
const NOTHING_RUNS = '[data-testid="stApp"][data-test-script-state="notRunning"]';

export default function menu({ data: [shown], parentElement }) {
  const nav = parentElement.querySelector("nav");
  while (nav.children.length < shown.pages.length) nav.append(newLink());
  const view = new URLSearchParams(shown.view).toString();
  shown.pages.forEach(([name, title, symbol], place) => {
    const link = nav.children[place];
    const [icon, words] = link.children;
    link.href = `./${name}${view && `?${view}`}`;
    icon.textContent = symbol;
    words.textContent = title;
    if (name === shown.current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  nav.onclick = (event) => press(event, shown.marker);
  const button = parentElement.querySelector("button");
  button.onclick = () => copy(button, parentElement.querySelector("input"));
  parentElement.querySelector("p").textContent = shown.images;
  const picker = document.querySelector('[data-testid="stSidebar"] input[role="combobox"]');
  if (picker) picker.title = shown.run;
}

function newLink() {
  const link = document.createElement("a");
  const icon = document.createElement("span");
  icon.setAttribute("aria-hidden", "true");
  icon.translate = false;
  link.append(icon, document.createElement("span"));
  return link;
}

function press(event, marker) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link, marker);
  if (innerWidth > PHONE_PX) return;
  document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
}

// Streamlit goes where the address says when the browser tells it that the address has changed.
// The mark says that a person chose the page, and is gone from the address at once.
function go(link, marker) {
  const here = link.href === location.href;
  const marked = new URL(link.href);
  marked.searchParams.set(marker, 1);
  history[here ? "replaceState" : "pushState"]({}, "", marked);
  dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  history.replaceState({}, "", link.href);
  setTimeout(() => {
    const arrived = link.hasAttribute("aria-current") || link.href !== location.href;
    if (!arrived && document.querySelector(NOTHING_RUNS)) location.assign(link.href);
  }, START_MS);
}

// --- the link to what is shown ------------------------------------------------------------------

let saidSince; // the timer of "Copied"

async function copy(button, byHand) {
  const link = linkNow();
  const copied = (await written(link)) || selected(link);
  byHand.hidden = copied;
  if (copied) {
    tell(button, "check", "Copied");
    clearTimeout(saidSince);
    saidSince = setTimeout(() => tell(button, "link", "Copy link"), COPIED_MS);
    return;
  }
  byHand.value = link;
  byHand.select();
}

function tell({ children: [icon, words] }, symbol, said) {
  icon.textContent = symbol;
  words.textContent = said;
}

// The address; where a page shows something of which its address says nothing, it has told what.
function linkNow() {
  const link = new URL(location.href);
  link.pathname = link.pathname.replace(OVERLAID, "/");
  const more = document.querySelector("[data-link-of]");
  if (more && sorted(more.dataset.linkOf) === sorted(link.search)) link.search = more.dataset.linkTo;
  return link.href;
}

function sorted(search) {
  const params = new URLSearchParams(search);
  params.sort();
  return params.toString();
}

async function written(text) {
  try {
    await navigator.clipboard.writeText(text); // not there without https
    return true;
  } catch {
    return false;
  }
}

function selected(text) {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position: fixed; opacity: 0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  before?.focus();
  return copied;
}
