import { StackError } from '../stack-error.js';

/** What the cluster's pods run on: a cluster that was running before, a real node of the stack's own, or simulated nodes. */
export type Nodes = 'given' | 'real' | 'simulated';

/** The nodes that somebody asks for by name. */
export type AskedNodes = Exclude<Nodes, 'given'>;

/** The value of `--nodes` or STACK_NODES; undefined leaves the choice to the stack. */
export function readAskedNodes(value: string | undefined): AskedNodes | undefined {
  if (value === undefined || value === '') return undefined;
  if (value === 'real' || value === 'simulated') return value;
  throw new StackError(`STACK_NODES or --nodes "${value}": wanted real or simulated`);
}

/** Chooses, in this order: what is asked for, the cluster that KUBECONFIG names, the real node where it can run, simulated nodes. */
export function chooseNodes(
  asked: AskedNodes | undefined,
  kubeconfig: string | undefined,
  machine: { platform: string; user: number | undefined } = { platform: process.platform, user: process.getuid?.() },
): { nodes: Nodes; why: string } {
  if (asked !== undefined) return { nodes: asked, why: 'asked for' };
  if (kubeconfig !== undefined) return { nodes: 'given', why: `KUBECONFIG=${kubeconfig}` };
  const found = `${machine.platform}, user ${machine.user ?? 'unknown'}`;
  if (machine.platform === 'linux' && machine.user === 0) return { nodes: 'real', why: `found ${found}` };
  return { nodes: 'simulated', why: `a real node needs Linux and root, found ${found}` };
}
