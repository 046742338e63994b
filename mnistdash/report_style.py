"""How a report looks, on screen and on paper."""

CSS = """
:root { color-scheme: light; --accent: #4f46e5; --grey: #5b5b6b; --line: #dcdce4; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1a1a22; font: 15px/1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 64px; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 30px; line-height: 1.2; }
h2 { margin: 40px 0 8px; font-size: 20px; break-after: avoid; }
h3 { margin: 18px 0 6px; font-size: 15px; break-after: avoid; }
p { margin: 4px 0 10px; color: var(--grey); }
small { display: block; color: var(--grey); font-size: 12px; font-weight: 400; }
td small { display: inline; white-space: nowrap; }
a { color: #1d5fc2; }
.facts { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 20px 0 0; }
.facts dt { color: var(--grey); }
.facts dd { margin: 0; font-size: 24px; font-weight: 600; }
.wide { overflow-x: auto; }
.beside { display: flex; flex-wrap: wrap; gap: 12px 32px; align-items: flex-start; }
table { border-collapse: collapse; font-size: 14px; overflow-wrap: normal; }
code, td a { overflow-wrap: anywhere; }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); text-align: left; }
th { font-weight: 500; }
tr { break-inside: avoid; }
.matrix th, .matrix td { min-width: 34px; height: 30px; padding: 2px 4px; border: 0;
  text-align: center; }
.matrix td { border: 1px solid #f0f0f4; }
.matrix .diagonal { color: var(--grey); background: #f4f4f8; }
.matrix.many { font-size: 9px; }
.matrix.many th, .matrix.many td { min-width: 15px; height: 15px; padding: 1px; }
.pairs { display: grid; gap: 0 32px;
  grid-template-columns: repeat(auto-fill, minmax(min(370px, 100%), 1fr)); }
.pairs > div { break-inside: avoid; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; }
figure { width: 84px; margin: 0; text-align: center; break-inside: avoid; }
img { width: 56px; height: 56px; background: #f4f4f8; image-rendering: pixelated; }
figcaption { font-size: 12px; line-height: 1.3; }
svg { max-width: 100%; font-size: 11px; }
code { font-size: 12px; }
@media print {
  @page { margin: 14mm; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
