// Brings a part of the page into sight when a press elsewhere changed it.

const stamps = new Map(); // part of the page -> the press that it was last shown for

export default function reveal({ data: [part, stamp] }) {
  if ((stamps.get(part) ?? 0) === stamp) return;
  stamps.set(part, stamp);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const into = () =>
    document
      .querySelector(`.st-key-${part}`)
      ?.scrollIntoView({ behavior: calm ? "instant" : "smooth", block: "nearest" });
  into();
  // What came with it may have been drawn, and be taller, since; whoever scrolls is left alone.
  const again = setTimeout(into, 500);
  for (const moved of ["wheel", "touchmove", "keydown"]) {
    addEventListener(moved, () => clearTimeout(again), { once: true, passive: true });
  }
}
