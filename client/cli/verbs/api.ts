import type { Command } from 'commander';
import type { Context } from '../context.js';
import { numberOption } from '../options.js';
import { withSession } from '../with-session.js';

const usualPort = 8090;
const usualRate = 1200;

interface ApiOptions {
  host: string;
  port: number;
  runbooks: string;
  url?: string;
  rate: number;
}

/** Adds `api`. */
export function addApi(program: Command, context: Context): void {
  program
    .command('api')
    .description('serve the HTTP API and the console; wants RUNBOOK_ACCESS and RUNBOOK_VOTE_KEY (docs/api.md)')
    .requiredOption('--runbooks <folder>', 'the runbooks that may be started from there, with their environments')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--port <number>', 'port; 0 takes a free one', numberOption(0, 65_535), usualPort)
    .option('--url <address>', 'the address by which people reach it; default: where it listens')
    .option('--rate <number>', 'most requests a minute of one person', numberOption(10, 1_000_000), usualRate)
    .action((options: ApiOptions) => serveApi(options, context));
}

async function serveApi({ rate, ...options }: ApiOptions, context: Context): Promise<void> {
  const { terminal } = context;
  await withSession(context, async (session) => {
    const { startApi } = await import('../../api/start.js');
    const api = await startApi(session, terminal.environment, { ...options, requestsPerMinute: rate });
    terminal.stderr.write(
      `console: ${options.url ?? api.address}/\napi: ${api.address}/openapi.json; Ctrl-C ends it\n`,
    );
    await new Promise<void>((resolve) => {
      const release = terminal.onInterrupt(() => {
        release();
        resolve();
      });
    });
    await api.close();
  });
}
