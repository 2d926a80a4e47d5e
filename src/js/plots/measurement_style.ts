/** The looks of the report: the page's own colours and sizes, within the file. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --surface: #f4f6f7; --line: #d5dce0; --text: #15202a; --muted: #51606b; --accent: #0b6172;
}
@media screen and (prefers-color-scheme: dark) {
  :root { --page: #10161a; --surface: #182026; --line: #2e3a42; --text: #e4ebef; --muted: #9fb0ba; --accent: #72c7d8; }
}
* { box-sizing: border-box; }
html { font: 400 16px/24px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif; color: var(--text); background: var(--page); -webkit-text-size-adjust: 100%; }
body { max-width: 1120px; margin: 0 auto; padding: 24px 16px 48px; overflow-wrap: anywhere; }
h1 { margin: 0 0 8px; font-size: 28px; line-height: 36px; font-weight: 600; letter-spacing: -0.01em; }
h2 { margin: 40px 0 12px; font-size: 16px; font-weight: 600; }
p { margin: 0; max-width: 72ch; }
.note, footer, caption, dl, summary, details p, .interval { font-size: 13px; line-height: 20px; }
.note, footer, .interval, dt { color: var(--muted); }
.table { position: relative; overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; line-height: 20px; }
caption { text-align: start; color: var(--muted); padding-block-end: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
p + .table { margin-block-start: 12px; }
th, td { padding: 4px 12px; text-align: start; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
th { font-weight: 600; }
th:first-child { padding-inline-start: 0; min-width: 136px; }
.part th:first-child { padding-inline-start: 16px; font-weight: 400; }
td:not(.number) { min-width: 200px; }
th.number { white-space: nowrap; }
.number { text-align: end; font-variant-numeric: tabular-nums; }
.interval { white-space: nowrap; }
th svg { display: inline-block; vertical-align: -1px; overflow: visible; }
figure { margin: 0; max-width: 440px; break-inside: avoid; }
figure > svg { display: block; width: 100%; height: auto; }
figcaption { font-weight: 600; margin-block-end: 8px; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 40px 32px; }
summary { cursor: pointer; padding-block: 12px; color: var(--accent); }
details .table { max-height: 320px; overflow: auto; margin-block-start: 8px; }
dl { margin: 0; }
dl > div { display: grid; grid-template-columns: 176px 1fr; gap: 0 16px; padding-block: 4px; border-bottom: 1px solid var(--line); }
dd { margin: 0; }
footer { margin-block-start: 40px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 559px) {
  dl > div { grid-template-columns: 1fr; }
  th, td { padding-inline: 8px; }
}
@media print {
  @page { margin: 16mm; }
  html { font-size: 11pt; }
  body { max-width: none; padding: 0; }
  .table { overflow: visible; }
  details { display: none; }
  table { font-size: 8.5pt; line-height: 12pt; }
  th, td { padding: 2px 5px; }
  th.number { white-space: normal; }
  th:first-child { min-width: 0; }
  td:not(.number) { min-width: 0; }
  .interval { font-size: 7pt; line-height: 10pt; }
  h2, figcaption, caption { break-after: avoid; }
  tr { break-inside: avoid; }
  .figures { grid-template-columns: 1fr 1fr; gap: 24px; }
}
`;
