import { describeError } from '../../stack-error.js';
import { runPods } from './pod-runner.js';
import { parseSettings } from './settings.js';

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString()} pods: ${line}\n`);
}

async function main(): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  await runPods(parseSettings(process.argv.slice(2)), stopping.signal, say);
}

// The processes of the pods stay behind, in this one's session: whoever ends the stack ends those too.
main().then(
  () => process.exit(),
  (error: unknown) => {
    say(describeError(error));
    process.exit(1);
  },
);
