import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { describeError } from '../../stack-error.js';
import { type ContainerProcess, type ProcessPlan, startProcess } from './container-process.js';
import { type ReadMap, resolveEnvironment } from './environment.js';
import { findImage, type LocalImage, wordsOf } from './image.js';
import { followReadiness } from './probe.js';
import type { ContainerReport } from './status.js';

const retrySeconds = 2;

/** What a container of the storefront needs to run here. */
export interface ContainerSurroundings {
  pod: V1Pod;
  podAddress: string;
  /** The PATH of its process. */
  path: string;
  directory: string;
  log: string;
  /** By the container's own ports. */
  localPorts: Readonly<Record<string, number>>;
  /** Aborted when no process may start any more. */
  ending: AbortSignal;
  read: ReadMap;
  report: (report: ContainerReport) => void;
  /** Called before the first start: what a command beside the process needs is known then. */
  prepared: (environment: Record<string, string>) => Promise<void>;
  keepLog: () => Promise<void>;
}

/** One container of a pod, from its image to its last process. */
export class ContainerLife {
  private process: ContainerProcess | undefined;

  constructor(
    private readonly container: V1Container,
    private readonly around: ContainerSurroundings,
  ) {}

  /** Whether a process of it runs now. */
  get isRunning(): boolean {
    return this.process !== undefined;
  }

  signal(name: NodeJS.Signals): void {
    this.process?.signal(name);
  }

  /** Ends when the container never starts again. */
  async run(): Promise<void> {
    const reference = this.container.image ?? '';
    const image = findImage(reference);
    if (image === undefined) {
      this.reportWaiting('ErrImagePull', `failed to pull and unpack image "${reference}": ${reference}: not found`);
      return;
    }
    const environment = await this.awaitEnvironment(image);
    if (environment === undefined) return;
    await this.around.prepared(environment);
    const { directory, log } = this.around;
    await this.runRepeatedly({ words: wordsOf(this.container, image), environment, directory, log });
  }

  /** Waits for what the environment refers to, for as long as the pod lives: a kubelet does not give up either. */
  private async awaitEnvironment(image: LocalImage): Promise<Record<string, string> | undefined> {
    const { pod, podAddress, path, localPorts, read } = this.around;
    while (!this.isEnding) {
      try {
        const asked = await resolveEnvironment(pod, this.container, podAddress, read);
        const own = { PATH: path, HOSTNAME: pod.metadata?.name ?? '' };
        const port = localPorts[portsOf(this.container)[0] ?? ''];
        return { ...own, ...image.environment, ...asked, HOST: '127.0.0.1', PORT: String(port) };
      } catch (error) {
        this.reportWaiting('CreateContainerConfigError', describeError(error));
        await this.pause(retrySeconds);
      }
    }
    return undefined;
  }

  private async runRepeatedly(plan: ProcessPlan): Promise<void> {
    const { pod, report, keepLog } = this.around;
    for (let restartCount = 0; !this.isEnding; restartCount += 1) {
      if (restartCount > 0) await keepLog();
      const state = { terminated: await this.runOnce(plan, restartCount) };
      if (this.isLast(state.terminated.exitCode)) {
        report({ state, ready: false, restartCount });
        return;
      }
      const seconds = backOffSeconds(restartCount);
      const message = `back-off ${seconds}s restarting failed container=${this.container.name} pod=${pod.metadata?.name}`;
      const waiting = { reason: 'CrashLoopBackOff', message };
      if (seconds > 0) report({ state: { waiting }, lastState: state, ready: false, restartCount });
      await this.pause(seconds);
    }
  }

  private async runOnce(plan: ProcessPlan, restartCount: number) {
    const startedAt = showTime();
    this.process = startProcess(plan);
    const over = new AbortController();
    const report = (ready: boolean): void =>
      this.around.report({ state: { running: { startedAt } }, ready, restartCount });
    report(false);
    void followReadiness(this.container, this.around.localPorts, over.signal, report);
    const end = await this.process.ended;
    over.abort();
    this.process = undefined;
    return { ...end, startedAt, finishedAt: showTime() };
  }

  private isLast(exitCode: number): boolean {
    const policy = this.around.pod.spec?.restartPolicy;
    return this.isEnding || policy === 'Never' || (policy === 'OnFailure' && exitCode === 0);
  }

  // A getter, because the compiler takes what a loop's condition has seen for lasting.
  private get isEnding(): boolean {
    return this.around.ending.aborted;
  }

  private reportWaiting(reason: string, message: string): void {
    this.around.report({ state: { waiting: { reason, message } }, ready: false, restartCount: 0 });
  }

  private async pause(seconds: number): Promise<void> {
    // The sleep rejects when the pod's end cuts it short, and the loops look at that themselves.
    await sleep(seconds * 1000, undefined, { signal: this.around.ending }).catch(() => undefined);
  }
}

/** The ports of a container; one that names none has the storefront's. */
export function portsOf(container: V1Container): string[] {
  const ports = (container.ports ?? []).map(({ containerPort }) => String(containerPort));
  return ports.length > 0 ? ports : ['8080'];
}

/** Kubelet's: the first time at once, then 10 s, doubled up to five minutes. */
function backOffSeconds(restartCount: number): number {
  return restartCount === 0 ? 0 : Math.min(10 * 2 ** (restartCount - 1), 300);
}

function showTime(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
