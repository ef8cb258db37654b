import Table from 'cli-table3';
import type { StackEnvironment, StackState } from './state.js';

/** The servers as a table: what, where, and where its log is. */
export function renderServers(state: StackState): string {
  const table = new Table({ head: ['server', 'address', 'log'], style: { head: [], border: [] } });
  for (const server of state.servers) {
    table.push([server.name, server.ended === undefined ? server.address : `ENDED: ${server.ended}`, server.log]);
  }
  return `${table.toString()}\nTemporal UI: ${state.environment.TEMPORAL_UI_URL}`;
}

/** Lines for a shell to evaluate. */
export function renderExports(environment: StackEnvironment): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${String(value).replaceAll("'", `'\\''`)}'\n`)
    .join('');
}
