import { shareOf, type ReportedCredential } from './credentials-report.js';
import type { CredentialsWords } from './credentials-words.js';
import { escapeMarkup } from './escape.js';

/** How much of a bar's place is beyond the limit. */
const beyond = 0.2;
const limitPercent = 100 / (1 + beyond);
const day = 86_400;

/** The look of the bars: what is past the limit differs by its hatching as well as by its colour. */
export const agesStyle = `
.ages { display: grid; grid-template-columns: minmax(0, max-content) 1fr max-content; gap: 8px 14px; align-items: center; font-size: .88rem; }
.ages .name { max-width: 20em; overflow-wrap: anywhere; text-align: right; } .ages b { font-weight: 600; font-variant-numeric: tabular-nums; }
.ages .name small { color: var(--soft); display: block; font-size: .82em; line-height: 1.2; }
.ages .track { position: relative; height: 18px; } .ages .track i { height: 18px; min-width: 3px; border-radius: 2px; background: var(--tone, var(--mark)); }
.ages .track::after { content: ""; position: absolute; top: 0; bottom: 0; left: ${limitPercent.toFixed(2)}%; border-left: 2px dashed var(--ink); opacity: .55; }
.ages .unknown i { background: repeating-linear-gradient(135deg, var(--edge) 0 6px, transparent 6px 9px); } .ages .over i { background: repeating-linear-gradient(135deg, var(--bad) 0 6px, transparent 6px 9px); }
.ages .good i { background: var(--mark) } .ages .soon { --tone: var(--warn) } .ages .soon b, .ages .owing b { color: var(--tone); } .ages .owing { --tone: var(--bad) }
.ages .scale { position: relative; height: 1.3em; color: var(--soft); font-size: .82rem; } .ages .scale span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.ages .scale span:first-child { transform: none; } .ages > div { display: contents }
.soon { --tone: var(--warn) } .owing { --tone: var(--bad) } .good { --tone: var(--good) }
.debts { padding-left: 0; list-style: none } .debts li { margin: 10px 0; padding-left: 14px; border-left: 3px solid var(--bad); } .debts li p { margin: 1px 0; }
@media (max-width: 560px) { .ages { grid-template-columns: 1fr max-content; gap: 2px 12px; } .ages .name { grid-column: 1 / -1; text-align: left; max-width: none; margin-top: 7px; }
  .ages .name small { display: inline; margin-left: 6px } .ages .corner { display: none } }
`;

/** An age beside the longest that it may have: "81 d of 90 d". */
export function sayAge({ ageSeconds, maximumAgeSeconds }: ReportedCredential, words: CredentialsWords): string {
  const age = ageSeconds === undefined ? words.unknown : words.days(Math.floor(ageSeconds / day));
  return words.of(age, words.days(Math.round(maximumAgeSeconds / day)));
}

/** Every credential as a bar of its age, beside the limit of all. As wide as the page, also on a telephone. */
export function plotAges(credentials: readonly ReportedCredential[], words: CredentialsWords): string {
  const rows = credentials.map((each) => {
    const share = shareOf(each);
    const kind = share === Number.POSITIVE_INFINITY ? 'unknown' : share > 1 ? 'over' : '';
    const width = Math.min(share, 1 + beyond) * limitPercent;
    const name = `${escapeMarkup(each.credential)}<small>${escapeMarkup(each.service)}</small>`;
    return `<div class="${each.verdict} ${kind}"><span class="name">${name}</span><span class="track"><i style="width:${width.toFixed(2)}%"></i></span><b>${escapeMarkup(sayAge(each, words))}</b></div>`;
  });
  const half = (limitPercent / 2).toFixed(2);
  const scale = `<span class="corner"></span><span class="scale"><span>0</span><span style="left:${half}%">50 %</span><span style="left:${limitPercent.toFixed(2)}%">${escapeMarkup(words.limit)}</span></span><span class="corner"></span>`;
  const said = credentials.map((each) => `${each.credential} ${sayAge(each, words)}`).join(', ');
  return `<div class="ages" role="img" aria-label="${escapeMarkup(said)}">\n${rows.join('\n')}\n${scale}\n</div>`;
}
