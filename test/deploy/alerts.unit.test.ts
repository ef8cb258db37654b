import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { metrics } from '../../client/metrics/exposition.js';
import { seriesOf } from '../support/promql.js';
import { readDashboard, readRules, ruleTestFiles, withVariables, type Panel } from './alert-files.js';

const rules = readRules();
const alerts = rules.filter(({ alert }) => alert !== undefined);
const recorded = rules.flatMap(({ record }) => record ?? []);
const dashboard = readDashboard();
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const docs = readFileSync(fileURLToPath(new URL('../../docs/alerts.md', import.meta.url)), 'utf8');

test('each alert says how bad it is, and which, wanted, found, next', () => {
  for (const { alert, labels, annotations = {} } of alerts) {
    expect({ alert, severity: labels?.['severity'], said: Object.keys(annotations) }).toEqual({
      alert,
      severity: expect.stringMatching(/^P[123]$/),
      said: ['summary', 'which', 'wanted', 'found', 'next'],
    });
    expect(Object.values(annotations).filter((text) => text.trim() === '')).toEqual([]);
  }
});

test('each alert is shown to come by a test of promtool, and stands in the docs', () => {
  const tests = ruleTestFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
  for (const { alert = '' } of alerts) {
    expect(tests).toMatch(new RegExp(`alertname="?:? ?"?${alert}\\b`));
    expect(docs).toContain(`\`${alert}\``);
  }
});

test('each metric that is read from Temporal stands in the docs', () => {
  for (const name of Object.keys(metrics)) expect(docs).toContain(`\`${name}\``);
});

test('annotations name only labels that the alert has', () => {
  for (const { alert = '', expr, labels = {}, annotations = {} } of alerts) {
    const named = [
      ...Object.values(annotations)
        .join('\n')
        .matchAll(/\$labels\.(\w+)/g),
    ].map(([, label]) => label ?? '');
    // Whatever keeps series apart is named in its own "by (…)".
    const kept = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((each) => each.trim()),
    );
    expect({ alert, unknown: named.filter((label) => !kept.includes(label) && !(label in labels)) }).toEqual({
      alert,
      unknown: [],
    });
  }
});

test('a recorded series is used, and each that is used is recorded', () => {
  const used = [...rules, ...panels.flatMap(({ targets = [] }) => targets)].flatMap(({ expr }) =>
    seriesOf(withVariables(expr)),
  );

  expect(new Set(used.filter((name) => name.includes(':')))).toEqual(new Set(recorded));
});

test('panels have ids of their own, lie side by side, say what they show, and ask the chosen Prometheus', () => {
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const cells = dashboard.panels.flatMap(cellsOf);
  expect(new Set(cells).size).toBe(cells.length);
  for (const { description, datasource, targets = [] } of panels) {
    expect(description).toMatch(/\S/);
    expect(new Set([datasource?.uid, ...targets.map((target) => target.datasource.uid)])).toEqual(
      new Set(['${datasource}']),
    );
    expect(targets.length).toBeGreaterThan(0);
  }
});

function cellsOf({ gridPos: { x, y, w, h } }: Panel): string[] {
  expect(x + w).toBeLessThanOrEqual(24);
  return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
}
