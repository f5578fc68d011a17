"""The one style sheet of all reports; light and dark, readable on paper, and on a telephone."""

STYLE = """
:root {
  --ink: #1b2330; --soft: #5c6675; --line: #d9dee6; --paper: #f5f7fa; --card: #ffffff;
  --good: #177245; --good-wash: #e3f4ea; --bad: #b3261e; --bad-wash: #fbe6e4;
  --doubt: #8a5a00; --doubt-wash: #fdf0d5; --data: #2563a8; --data-wash: #2563a826; --trend: #b35900;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6eaf0; --soft: #9aa5b4; --line: #313a47; --paper: #12161c; --card: #1a2029;
    --good: #5fd497; --good-wash: #14301f; --bad: #ff8a80; --bad-wash: #3a1715;
    --doubt: #ffc766; --doubt-wash: #362707; --data: #6fb1f5; --data-wash: #6fb1f533; --trend: #ffab5e;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 22px; margin: 0; line-height: 1.25; }
h2 { font-size: 17px; margin: 34px 0 12px; }
h3 { font-size: 15px; margin: 0 0 8px; font-weight: 600; }
p { margin: 4px 0; }
.banner { display: flex; gap: 20px; align-items: center; padding: 18px 22px; border-radius: 10px;
  background: var(--card); border: 1px solid var(--line); border-left: 8px solid var(--soft); }
.banner p { color: var(--soft); }
.verdict { font-size: 26px; letter-spacing: .04em; }
.banner.good { border-left-color: var(--good); } .banner.good .verdict { color: var(--good); }
.banner.doubt { border-left-color: var(--doubt); } .banner.doubt .verdict { color: var(--doubt); }
.banner.bad { border-left-color: var(--bad); } .banner.bad .verdict { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(126px, 1fr)); gap: 10px; margin: 14px 0 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.tiles dt { color: var(--soft); font-size: 12px; }
.tiles dd { margin: 0; font-size: 19px; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 7px 14px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 500; font-size: 12px; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.whole { white-space: nowrap; }
.badge { display: inline-block; padding: 0 8px; border-radius: 4px; font-size: 12px; font-weight: 600;
  white-space: nowrap; line-height: 20px; }
.badge.good { color: var(--good); background: var(--good-wash); }
.badge.doubt { color: var(--doubt); background: var(--doubt-wash); }
.badge.bad { color: var(--bad); background: var(--bad-wash); }
.note { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 18px;
  margin: 10px 0; }
.note.bad { border-left: 5px solid var(--bad); } .note.doubt { border-left: 5px solid var(--doubt); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; font-size: 14px; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 6px 10px; margin: 6px 0;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 12px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 14px 6px; }
figcaption { display: flex; justify-content: space-between; gap: 10px; font-weight: 600; font-size: 14px; }
figcaption small { color: var(--soft); font-weight: 400; font-size: 12px; text-align: right; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
.grid { stroke: var(--line); stroke-width: 1; }
.shade { fill: var(--soft); fill-opacity: .1; }
.data { fill: none; stroke: var(--data); stroke-width: 1.6; stroke-linejoin: round; }
.area { fill: var(--data-wash); }
.dot { fill: var(--data); }
.trend { fill: none; stroke: var(--trend); stroke-width: 1.4; stroke-dasharray: 6 3; }
.band { fill: var(--trend); fill-opacity: .13; }
.limit { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 3 3; }
svg text.limit-text { fill: var(--bad); }
footer { margin-top: 36px; color: var(--soft); font-size: 13px; }
@media (max-width: 600px) {
  main { padding: 14px 12px 32px; }
  .banner { flex-direction: column; align-items: flex-start; gap: 6px; }
  .facts { grid-template-columns: 1fr; }
  .facts dd { margin-bottom: 6px; }
  thead { display: none; }
  tbody tr { display: block; padding: 8px 14px; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  tbody td { display: flex; gap: 12px; padding: 1px 0; border: 0; text-align: left; overflow-wrap: anywhere; }
  tbody td.number { white-space: normal; }
  tbody td::before { content: attr(data-head); flex: 0 0 84px; color: var(--soft); font-size: 12px; line-height: 16px;
    padding-top: 3px; text-align: left; }
}
@media print { body { background: #fff; } figure, .note, .tiles div { break-inside: avoid; } }
"""
