import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const path = (file: string) => fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url));

export const rulesFile = path('prometheus/runbooks.rules.yaml');
/** Tests of the rules; one is of what takes days. */
export const ruleTestFiles = ['prometheus/runbooks.rules.test.yaml', 'prometheus/runbooks.rules.days.test.yaml'].map(
  path,
);

export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** The rules as they are shipped. */
export function readRules(): Rule[] {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: Array<{ rules: Rule[] }> };
  return groups.flatMap(({ rules }) => rules);
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Array<{ expr: string; datasource: { uid: string } }>;
}

export interface Dashboard {
  uid: string;
  templating: { list: Array<{ name: string; query: string | { query: string } }> };
  panels: Panel[];
}

/** The dashboard as it is shipped. */
export const readDashboard = () => JSON.parse(readFileSync(path('grafana/runbooks.json'), 'utf8')) as Dashboard;

/** An expression of a panel as Grafana sends it, with all environments and services chosen. */
export function withVariables(expression: string): string {
  return expression.replaceAll('$__rate_interval', '1m').replaceAll(/\$(environment|service)\b/g, '.*');
}
