import { parser } from '@prometheus-io/lezer-promql';

/** The names of all series that an expression of PromQL reads. */
export function seriesOf(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to }) {
      if (name === '⚠') throw new Error(`expected PromQL, found at ${from}: ${expression}`);
      if (name === 'Identifier') names.push(expression.slice(from, to));
    },
  });
  return names;
}
