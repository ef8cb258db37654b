import { runGateway } from './gateway.js';
import { parseSettings } from './settings.js';

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString()} gateway: ${line}\n`);
}

async function main(): Promise<void> {
  const settings = parseSettings(process.argv.slice(2));
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  try {
    await runGateway(settings, stopping.signal, say);
  } finally {
    // Should nginx end by itself, the watches still have to.
    stopping.abort();
  }
  say('stopped');
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
