import { parseArgs } from 'node:util';
import { startLoad } from './index.js';
import { renderSummary } from './render-summary.js';

const usage =
  'usage: node dist/stack/load/main.js --url URL --host HOST [--rate 30] [--seconds 60] [--log FILE] [--json]';

/** Runs a load from the command line; exit code 0 when no request failed, 1 when one did, 2 for wrong usage. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      host: { type: 'string' },
      rate: { type: 'string', default: '30' },
      seconds: { type: 'string', default: '60' },
      log: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.url === undefined || values.host === undefined) throw new Error(usage);
  const load = startLoad({
    url: values.url,
    host: values.host,
    requestsPerSecond: Number(values.rate),
    maximumSeconds: Number(values.seconds),
    ...(values.log !== undefined && { logFile: values.log }),
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void load.stop());
  await load.ended;
  const summary = load.summary();
  process.stdout.write(values.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary));
  return summary.failed === 0 ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
