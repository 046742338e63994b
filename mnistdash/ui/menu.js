// What Streamlit's sidebar lacks: the current page link says so to those who can't see it, the run
// picker shows a long name whole on hover, and on a phone the menu goes away when a page is chosen.
// Where Streamlit's own marks are gone, none
// of it happens and the links work as they are.

const PHONE_PX = 768; // up to this width Streamlit lays its sidebar over the page
const sidebars = new WeakSet();

export default function menu({ data: [current, runTitle] }) {
  const sidebar = document.querySelector('[data-testid="stSidebar"]');
  if (!sidebar) return;
  mark(sidebar, current);
  const picker = sidebar.querySelector('input[role="combobox"]');
  if (picker) picker.title = runTitle;
  if (sidebars.has(sidebar)) return;
  sidebars.add(sidebar);
  sidebar.addEventListener("click", (event) => closeAfter(sidebar, event));
}

function mark(sidebar, current) {
  for (const link of sidebar.querySelectorAll(".st-key-menu a")) {
    // As written: the first page's address is empty, which the browser takes for the page shown.
    const name = (link.getAttribute("href") ?? "").split("?")[0].split("/").at(-1);
    if (name === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function closeAfter(sidebar, event) {
  if (innerWidth > PHONE_PX || !event.target.closest(".st-key-menu a")) return;
  sidebar.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
}
