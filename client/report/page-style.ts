/** The look of a report: it follows the reader's light or dark setting, and prints. No font or picture from outside. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6573; --paper: #fff; --panel: #f5f7f9; --edge: #d9dfe5;
  --good: #1a7f4b; --bad: #c0322b; --mark: #2b62b8; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaef; --soft: #9aa6b4; --paper: #12161c; --panel: #1a2029;
  --edge: #303944; --good: #52c48a; --bad: #ff7a70; --mark: #7fb0ff; --warn: #e0b252; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 1.15rem; margin: 44px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--edge); }
h3 { font-size: 1rem; margin: 24px 0 6px; font-weight: 600; }
h3 small { font-weight: 400; color: var(--soft); font-size: .9rem; margin-left: 6px; }
p { margin: 8px 0; } .soft, footer { color: var(--soft); }
.verdict { margin: 24px 0; padding: 14px 18px; border-left: 6px solid var(--tone); background: var(--panel); border-radius: 0 6px 6px 0; }
.verdict strong { color: var(--tone); } .verdict p { margin: 2px 0; overflow-wrap: anywhere; }
.met { --tone: var(--good) } .missed { --tone: var(--warn) } .failed { --tone: var(--bad) }
.badge { color: var(--tone); font-weight: 600; white-space: nowrap; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 14px; margin: 18px 0; }
.figure { background: var(--panel); border-radius: 6px; padding: 12px 18px; }
.figure b { display: block; font-size: 1.8rem; line-height: 1.3; font-weight: 650; color: var(--tone); font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 14px 0; font-size: .92rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; color: var(--soft); } th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--edge); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.moment { white-space: nowrap; } td.found { overflow-wrap: anywhere; }
code { font: .86em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
td code { display: inline-block; min-width: 8.5em; } .newest { direction: rtl; } .newest svg { direction: ltr; }
.stages { display: grid; grid-template-columns: minmax(0, max-content) 1fr max-content; gap: 7px 14px; align-items: center; font-size: .85rem; }
.stages .name { max-width: 16em; overflow-wrap: anywhere; text-align: right; } .stages b { font-weight: 600; font-variant-numeric: tabular-nums; }
.track { background: var(--panel); border-radius: 3px; overflow: hidden; } .track i { display: block; height: 16px; min-width: 2px; background: var(--mark); border-radius: 2px; }
svg { display: block; width: 100%; min-width: 560px; height: auto; font: 13px system-ui, sans-serif; } svg text { fill: var(--ink); }
svg .axis, svg .target { fill: var(--soft); font-size: 12px; } svg .value { font-weight: 600; }
.grid { stroke: var(--edge); } .promise { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 5 4; }
.line { fill: none; stroke: var(--mark); stroke-width: 2; } .good { fill: var(--mark); stroke: var(--paper); stroke-width: 1.5; }
.bad { fill: var(--bad); stroke: var(--paper); stroke-width: 1.5; } .bad.line { fill: none; stroke: var(--bad); stroke-width: 2; }
footer { margin-top: 40px; font-size: .9rem; } li { margin: 4px 0; }
@media (max-width: 560px) { main { padding: 28px 18px 48px; } .stages { grid-template-columns: 1fr max-content; gap: 2px 12px; }
  .stages .name { grid-column: 1 / -1; text-align: left; max-width: none; margin-top: 5px; } }
@media print { main { padding: 0; max-width: none } h2, h3 { break-after: avoid } svg, tr, .verdict { break-inside: avoid } }
`;
