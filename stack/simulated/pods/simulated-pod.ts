import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { describeError } from '../../stack-error.js';
import type { ApiServer } from '../../gateway/api-server.js';
import { type ContainerProcess, startProcess } from './container-process.js';
import { type ReadMap, resolveEnvironment } from './environment.js';
import { findImage, isRunnable, type LocalImage, wordsOf } from './image.js';
import { followReadiness } from './probe.js';
import { type PodFiles, type PodRecord } from './records.js';
import { StatusWriter } from './status-writer.js';

const defaultGraceSeconds = 30;
const retrySeconds = 2;

/** What every pod is given by the runner. */
export interface PodSurroundings {
  server: ApiServer;
  files: PodFiles;
  address: string;
  /** The PATH of its containers. */
  path: string;
  findPort: () => Promise<number>;
  read: ReadMap;
  say: (line: string) => void;
}

/** One pod whose storefront containers are processes of this machine, from its being scheduled to its end. */
export class SimulatedPod {
  /** Aborted when no container may start any more. */
  private readonly ending = new AbortController();
  private readonly processes = new Map<string, ContainerProcess>();
  private readonly record: PodRecord = { ports: {}, containers: {} };
  private readonly status: StatusWriter;
  private life: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly pod: V1Pod,
    private readonly around: PodSurroundings,
  ) {
    this.status = new StatusWriter(around.server, pod, around.address, around.say);
  }

  /** Starts the containers; what goes wrong is in the pod's status, as with a kubelet. */
  start(): void {
    this.life = this.run().catch((error: unknown) => this.around.say(`${this.name}: ${describeError(error)}`));
  }

  /** Ends the pod as Kubernetes promises: the pause before, SIGTERM, the grace, SIGKILL; then its object goes. */
  async terminate(graceSeconds = defaultGraceSeconds): Promise<void> {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    const deadline = Date.now() + graceSeconds * 1000;
    const pauses = this.containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0);
    if (this.processes.size > 0) await sleep(Math.min(Math.max(...pauses), graceSeconds) * 1000);
    this.signalAll('SIGTERM');
    const late = setTimeout(() => this.signalAll('SIGKILL'), Math.max(0, deadline - Date.now()));
    await this.life;
    clearTimeout(late);
    await this.status.removePod();
    await this.around.files.remove();
  }

  /** Ends the processes of a pod whose object is gone. */
  async kill(): Promise<void> {
    this.ending.abort();
    this.signalAll('SIGKILL');
    await this.life;
    await this.around.files.remove();
  }

  private get name(): string {
    return `${this.pod.metadata?.namespace}/${this.pod.metadata?.name}`;
  }

  private get containers(): V1Container[] {
    return (this.pod.spec?.containers ?? []).filter(({ image }) => isRunnable(image));
  }

  private signalAll(name: NodeJS.Signals): void {
    for (const process of this.processes.values()) process.signal(name);
  }

  private async run(): Promise<void> {
    await this.around.files.create();
    for (const container of this.containers) {
      for (const port of portsOf(container)) this.record.ports[port] ??= await this.around.findPort();
    }
    this.status.announce(this.record.ports);
    await Promise.all(this.containers.map((container) => this.runContainer(container)));
    await this.status.written();
  }

  private async runContainer(container: V1Container): Promise<void> {
    const { name, image: reference = '' } = container;
    const image = findImage(reference);
    if (image === undefined) {
      const message = `failed to pull and unpack image "${reference}": ${reference}: not found`;
      this.status.report(name, { state: { waiting: { reason: 'ErrImagePull', message } }, ready: false, restartCount: 0 });
      return;
    }
    const environment = await this.awaitEnvironment(container, image);
    if (environment === undefined) return;
    await this.runRepeatedly(container, wordsOf(container, image), environment);
  }

  /** Waits for what the environment refers to, for as long as the pod lives: a kubelet does not give up either. */
  private async awaitEnvironment(
    container: V1Container,
    image: LocalImage,
  ): Promise<Record<string, string> | undefined> {
    while (!this.ending.signal.aborted) {
      try {
        const asked = await resolveEnvironment(this.pod, container, this.around.address, this.around.read);
        const own = { PATH: this.around.path, HOSTNAME: this.pod.metadata?.name ?? '' };
        const port = this.record.ports[portsOf(container)[0] ?? ''];
        return { ...own, ...image.environment, ...asked, HOST: '127.0.0.1', PORT: String(port) };
      } catch (error) {
        const waiting = { reason: 'CreateContainerConfigError', message: describeError(error) };
        this.status.report(container.name, { state: { waiting }, ready: false, restartCount: 0 });
        await this.pause(retrySeconds);
      }
    }
    return undefined;
  }

  private async runRepeatedly(
    container: V1Container,
    words: string[],
    environment: Record<string, string>,
  ): Promise<void> {
    const { name } = container;
    const { files } = this.around;
    const plan = { words, environment, directory: files.directory, log: files.logOf(name) };
    const pairs = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
    const kept = { environment: pairs, directory: plan.directory, log: plan.log, previousLog: files.previousLogOf(name) };
    this.record.containers[name] = kept;
    await files.write(this.record);
    for (let restartCount = 0; !this.ending.signal.aborted; restartCount += 1) {
      if (restartCount > 0) await files.keepLog(name);
      const terminated = await this.runOnce(container, plan, restartCount);
      const state = { terminated };
      const isLast = this.pod.spec?.restartPolicy === 'Never' || this.isDone(terminated.exitCode);
      if (isLast || this.isEnding) {
        this.status.report(name, { state, ready: false, restartCount });
        return;
      }
      const seconds = backOffSeconds(restartCount);
      const message = `back-off ${seconds}s restarting failed container=${name} pod=${this.pod.metadata?.name}`;
      const waiting = { reason: 'CrashLoopBackOff', message };
      if (seconds > 0) this.status.report(name, { state: { waiting }, lastState: state, ready: false, restartCount });
      await this.pause(seconds);
    }
  }

  // A getter, because the compiler takes what a loop's condition has seen for lasting.
  private get isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  private isDone(exitCode: number): boolean {
    return this.pod.spec?.restartPolicy === 'OnFailure' && exitCode === 0;
  }

  private async runOnce(
    container: V1Container,
    plan: Parameters<typeof startProcess>[0],
    restartCount: number,
  ): Promise<{ exitCode: number; reason: string; startedAt: string; finishedAt: string }> {
    const startedAt = showTime();
    const process = startProcess(plan);
    this.processes.set(container.name, process);
    const over = new AbortController();
    const state = { running: { startedAt } };
    this.status.report(container.name, { state, ready: false, restartCount });
    void followReadiness(container, this.record.ports, over.signal, (ready) =>
      this.status.report(container.name, { state, ready, restartCount }),
    );
    const end = await process.ended;
    over.abort();
    this.processes.delete(container.name);
    return { ...end, startedAt, finishedAt: showTime() };
  }

  private async pause(seconds: number): Promise<void> {
    // The sleep rejects when the pod's end cuts it short, and the loops look at that themselves.
    await sleep(seconds * 1000, undefined, { signal: this.ending.signal }).catch(() => undefined);
  }
}

function portsOf(container: V1Container): string[] {
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
