import { Argument, type Command } from 'commander';
import type { CompletedVerb } from '../completion-script.js';
import type { Context } from '../context.js';

const shells = ['bash', 'zsh', 'fish'] as const;

/** Adds `completion SHELL`. */
export function addCompletion(program: Command, { terminal }: Context): void {
  program
    .command('completion')
    .description('print a completion script; for bash: source <(runbook completion bash)')
    .addArgument(new Argument('<shell>', 'which').choices(shells))
    .action(async (shell: (typeof shells)[number]) => {
      const { completionScript } = await import('../completion-script.js');
      terminal.stdout.write(completionScript(shell, program.commands.map(completedVerb)));
    });
}

function completedVerb(command: Command): CompletedVerb {
  return {
    name: command.name(),
    description: command.description(),
    options: command.options.flatMap(({ long, description }) => (long ? [{ name: long, description }] : [])),
    verbs: command.commands.map(completedVerb),
  };
}
