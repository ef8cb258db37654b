import { outcomes, runKinds } from '../../../core/record.js';
import type { ListedRun, RunPage } from '../answers.js';
import { ask } from '../ask.js';
import { h } from '../dom.js';
import type { Page, Stage } from '../page.js';
import { nothing, table, type Column } from '../parts.js';
import { openPolled } from '../polled.js';
import { addresses } from '../route.js';
import { listedState } from '../run/listed-state.js';

const pageSize = 25;
const mostRuns = 500;
const everySeconds = 4;
const states = ['planning', 'waiting', 'acting', 'asking', 'undoing', ...outcomes, 'overtaken'] as const;
type Filter = Record<string, string>;

/** As many runs as somebody has asked to see, page by page. */
async function loadRuns(filter: Filter, wanted: number): Promise<RunPage> {
  const runs: ListedRun[] = [];
  let cursor: string | undefined;
  do {
    const page: RunPage = await ask('/v1/runs', { ...filter, limit: Math.min(100, wanted - runs.length), cursor });
    runs.push(...page.runs);
    cursor = page.next;
    // What somebody may not read is left out of a page: an empty one is not the end.
  } while (cursor !== undefined && runs.length < wanted);
  return { runs, ...(cursor !== undefined && { next: cursor }) };
}

export function runColumns({ words, formats }: Stage): Array<Column<ListedRun>> {
  const { runs } = words;
  return [
    {
      heading: runs.service,
      kind: 'lead',
      cell: ({ workflowId, runId, service }) =>
        h('a', { href: addresses.run(workflowId, runId) }, service || workflowId),
    },
    { heading: runs.environment, kind: 'inline', cell: ({ environment }) => environment },
    { heading: runs.kind, kind: 'inline', cell: ({ kind }) => words.kinds[kind] },
    { heading: runs.state, kind: 'inline', cell: (run) => listedState(run, words) },
    { heading: runs.waitingFor, cell: ({ waitingFor }) => waitingFor && h('span', { lang: 'en' }, waitingFor) },
    { heading: runs.by, kind: 'inline', cell: ({ requestedBy }) => requestedBy },
    { heading: runs.started, kind: 'number inline', cell: ({ startedAt }) => formats.time(startedAt) },
    {
      heading: runs.took,
      kind: 'number inline',
      cell: ({ startedAt, finishedAt }) => formats.span(startedAt, finishedAt ?? Date.now()),
    },
  ];
}

function drawFilter(filter: Filter, { words }: Stage): HTMLElement {
  const { runs } = words;
  const choose = (next: Filter) => window.location.assign(addresses.runs({ ...filter, ...next }));
  const valueOf = ({ target }: Event) =>
    target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.value.trim() : '';
  const field = (name: 'service' | 'environment') => {
    const onchange = (event: Event) => choose({ [name]: valueOf(event) });
    const input = h('input', {
      id: `filter-${name}`,
      type: 'search',
      value: filter[name] ?? '',
      autocomplete: 'off',
      onchange,
    });
    return h('div', { class: 'field' }, h('label', { for: `filter-${name}` }, runs[name]), input);
  };
  const select = (name: 'kind' | 'state', options: ReadonlyArray<readonly [value: string, label: string]>) => {
    const all = [['', runs.all] as const, ...options];
    const onchange = (event: Event) => choose({ [name]: valueOf(event) });
    const made = all.map(([value, label]) => h('option', { value, selected: value === (filter[name] ?? '') }, label));
    return h(
      'div',
      { class: 'field' },
      h('label', { for: `filter-${name}` }, runs[name]),
      h('select', { id: `filter-${name}`, onchange }, ...made),
    );
  };
  const said = { ...words.phases, ...words.outcomes, overtaken: words.overtaken };
  return h(
    'form',
    // Another filter is another form: what was chosen in the one before is not carried over.
    {
      class: 'filter',
      role: 'search',
      'data-key': JSON.stringify(filter),
      onsubmit: (event) => event.preventDefault(),
    },
    field('service'),
    field('environment'),
    select(
      'kind',
      runKinds.map((kind) => [kind, words.kinds[kind]]),
    ),
    select(
      'state',
      states.map((state) => [state, said[state]]),
    ),
  );
}

/** The runs, open ones first. */
export function openRuns(stage: Stage, filter: Filter): Page {
  const { words } = stage;
  let wanted = pageSize;
  const page = openPolled<RunPage>(stage, {
    title: words.nav.runs,
    everySeconds,
    load: () => loadRuns(filter, wanted),
    draw: ({ runs, next }) => {
      const isFiltered = Object.keys(filter).length > 0;
      const more = () => {
        wanted += pageSize;
        page.reload();
      };
      const list = [
        table(words.nav.runs, runColumns(stage), runs, ({ runId }) => runId),
        ...(next !== undefined && wanted < mostRuns
          ? [h('p', {}, h('button', { type: 'button', onclick: more }, words.runs.more))]
          : []),
      ];
      const none = isFiltered
        ? nothing(words.runs.noneOfThese, h('p', {}, h('a', { href: addresses.runs() }, words.runs.showAll)))
        : nothing(words.runs.none, h('p', {}, words.runs.begin, ' ', h('code', {}, 'runbook run FILE')));
      return [drawFilter(filter, stage), ...(runs.length > 0 ? list : [none])];
    },
  });
  return page;
}
