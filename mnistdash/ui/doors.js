// Goes on to another page as a link in the menu does: one entry of the browser's history, where
// Streamlit's own way from the server makes two.

const GIVEN_UP_MS = 5000;

export default function door({ data: [page, query] }) {
  const target = new URL(`${page}?${query}`, location.href);
  if (target.href === location.href) return undefined;
  history.pushState({}, "", target);
  dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  // Streamlit now runs the page of the new address, as after Back, and this door is gone. Should it
  // not, the browser loads that page.
  const late = setTimeout(() => location.reload(), GIVEN_UP_MS);
  return () => clearTimeout(late);
}
