import type { Command } from 'commander';
import type { Context } from '../context.js';
import { lookOf } from '../look.js';
import { collect } from '../options.js';

interface DoctorOptions {
  namespace?: string[];
  backup?: string[];
  json?: boolean;
}

/** Adds `doctor`. */
export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('check everything that a release needs, and say what to do about what is missing')
    .option(
      '-n, --namespace <name>',
      'check the rights in this Kubernetes namespace; may be given more than once',
      collect,
    )
    .option(
      '--backup <namespace>',
      'check the rights to back this namespace up, to run programs in its pods, and to drill it; may be given more than once',
      collect,
    )
    .option('--json', 'the findings as JSON')
    .action((options: DoctorOptions) => examine(options, context));
}

async function examine(options: DoctorOptions, { terminal, finish }: Context): Promise<void> {
  const [{ examineEverything }, { renderFindings }] = await Promise.all([
    import('../doctor/examine.js'),
    import('../doctor/findings.js'),
  ]);
  const findings = await examineEverything(terminal.environment, {
    namespaces: options.namespace ?? [],
    backups: options.backup ?? [],
  });
  const look = lookOf(terminal, terminal.stdout);
  const text = options.json ? JSON.stringify(findings) : renderFindings(findings, look).join('\n');
  terminal.stdout.write(`${text}\n`);
  if (findings.some(({ ok }) => !ok)) finish(1);
}
