"""How a report looks: on screen, in a light and a dark theme, and on paper."""

CSS = """
:root { color-scheme: light dark; --paper: #fff; --text: #1a1a22; --grey: #5b5b6b; --line: #dcdce4;
  --soft: #f4f4f8; --link: #1d5fc2; --turned: none; --figures: none; }
@media screen and (prefers-color-scheme: dark) {
  /* Strokes are light on dark here; charts keep the hues of their colours. */
  :root { --paper: #131318; --text: #ececf1; --grey: #a3a3b3; --line: #34343f; --soft: #22222a;
    --link: #7db4ff; --turned: invert(1); --figures: invert(1) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 64px; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 30px; line-height: 1.2; }
h2 { margin: 40px 0 8px; font-size: 20px; }
h3 { margin: 22px 0 6px; font-size: 15px; }
h4 { margin: 8px 0 2px; font-size: 13px; font-weight: 500; }
h2, h3, h4, h2 + p, h3 + p { break-after: avoid; }
p { max-width: 76ch; margin: 4px 0 10px; color: var(--grey); orphans: 3; widows: 3; }
small { display: block; color: var(--grey); font-size: 12px; font-weight: 400; }
td small { display: inline; white-space: nowrap; }
a { color: var(--link); }
code { font-size: 13px; overflow-wrap: anywhere; }
td code { font-size: 11px; }
.facts { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 20px 0 16px; }
.facts dt { color: var(--grey); }
.facts dd { margin: 0; font-size: 24px; font-weight: 600; line-height: 1.3; }
.facts > div { break-inside: avoid; }
.wide { overflow-x: auto; }
.beside { display: flex; flex-wrap: wrap; gap: 12px 32px; align-items: flex-start; }
.beside > * { min-width: 0; max-width: 100%; }
table { border-collapse: collapse; font-size: 14px; overflow-wrap: normal; }
th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
th { font-weight: 500; }
thead th { color: var(--grey); font-weight: 400; }
bdi, td a { overflow-wrap: anywhere; }
tbody th { min-width: 76px; }
tr { break-inside: avoid; }
.figures td, .figures thead th:not(:first-child) { padding: 3px 0 3px 14px; text-align: right; }
.figures td, .figures thead th { white-space: nowrap; }
.figures td:last-child { white-space: normal; }
.pictured td, .pictured th { vertical-align: middle; }
.pictured td { min-width: 64px; }
.pictured td:has(img) { min-width: 0; }
.pictured img { display: block; width: 32px; height: 32px; }
.matrix { --cell: clamp(13px, calc(880px / (var(--classes) + 3)), 34px);
  font-size: clamp(8px, calc(var(--cell) * .42), 14px); line-height: 1.1; }
.matrix th, .matrix td { min-width: var(--cell); height: var(--cell); padding: 1px; border: 0;
  text-align: center; vertical-align: middle; }
.matrix th[scope="row"] { max-width: 170px; padding-right: 6px; text-align: right; }
.matrix td { white-space: nowrap; border: 1px solid var(--line); }
.matrix thead td { border: 0; }
.matrix.named tbody th { min-width: 88px; }
.matrix.named thead th { height: auto; padding-bottom: 4px; vertical-align: bottom; }
.matrix.named thead th div { max-height: 120px; margin: auto; overflow: hidden;
  writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.matrix .diagonal { color: var(--grey); background: var(--soft); }
.matrix .wrong { background: rgb(234 88 12 / var(--share)); }
.pairs { display: grid; gap: 0 32px;
  grid-template-columns: repeat(auto-fill, minmax(min(370px, 100%), 1fr)); }
.pairs > div { break-inside: avoid; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px 7px; }
figure { width: 80px; margin: 0; text-align: center; break-inside: avoid; }
img { width: 56px; height: 56px; background: #f4f4f8; image-rendering: pixelated; }
.ink img { filter: var(--turned); }
figcaption { font-size: 12px; line-height: 1.3; }
svg { max-width: 100%; height: auto; font-size: 11px; filter: var(--figures);
  break-inside: avoid; }
@media print {
  @page { margin: 14mm; }
  @page wide { size: landscape; margin: 10mm; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  .wide { overflow: visible; }
  p { max-width: none; }
  .pairs { grid-template-columns: 1fr 1fr; }
  .beside { flex-wrap: nowrap; gap: 6mm; break-inside: avoid; }
  .beside svg { width: 86mm; }
  .beside:has(table) svg { width: 70mm; }
  .figures td, .figures thead th:not(:first-child) { padding-left: 10px; }
  .whole { break-inside: avoid; }
  table { font-size: 9.5pt; }
  .tiles { gap: 6px; }
  figure { width: 76px; }
  /* As large as the paper: lying where there are many classes. */
  .matrix { --cell: min(30px, calc(176mm / (var(--classes) + 3))); }
  .matrix.many { --cell: calc(160mm / (var(--classes) + 3)); width: 100%; table-layout: fixed;
    font-size: calc(var(--cell) * .75); }
  .matrix.many { line-height: 1; }
  .matrix.many th, .matrix.many td { min-width: 0; padding: 0; overflow: hidden; }
  section:has(.matrix.many) { page: wide; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
