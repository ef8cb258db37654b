import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { findFreePort } from '../../../core/free-port.js';
import type { ApiServer } from '../../gateway/api-server.js';
import { describeError } from '../../stack-error.js';
import { ContainerLife, portsOf } from './container-life.js';
import type { ReadMap } from './environment.js';
import { isRunnable } from './image.js';
import type { PodFiles, PodRecord } from './records.js';
import { StatusWriter } from './status-writer.js';

const defaultGraceSeconds = 30;

/** What every pod is given by the runner. */
export interface PodSurroundings {
  server: ApiServer;
  files: PodFiles;
  address: string;
  /** The PATH of its containers. */
  path: string;
  read: ReadMap;
  say: (line: string) => void;
}

/** One pod whose storefront containers are processes of this machine, from its being scheduled to its end. */
export class SimulatedPod {
  /** Aborted when no process may start any more. */
  private readonly ending = new AbortController();
  private readonly containers: ContainerLife[];
  private readonly record: PodRecord = { ports: {}, containers: {} };
  private readonly status: StatusWriter;
  private life: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly pod: V1Pod,
    private readonly around: PodSurroundings,
  ) {
    this.status = new StatusWriter(around.server, pod, around.address, around.say);
    this.containers = this.specs.map((container) => this.createLife(container));
  }

  /** Starts the containers; what goes wrong is in the pod's status, as with a kubelet. */
  start(): void {
    const { namespace, name } = this.pod.metadata ?? {};
    this.life = this.run().catch((error: unknown) => this.around.say(`${namespace}/${name}: ${describeError(error)}`));
  }

  /** Ends the pod as Kubernetes promises: the pause before, SIGTERM, the grace, SIGKILL; then its object goes. */
  async terminate(graceSeconds = defaultGraceSeconds): Promise<void> {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    const deadline = Date.now() + graceSeconds * 1000;
    const pauses = this.specs.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0);
    const isRunning = this.containers.some((container) => container.isRunning);
    if (isRunning) await sleep(Math.min(Math.max(...pauses), graceSeconds) * 1000);
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

  private get specs(): V1Container[] {
    return (this.pod.spec?.containers ?? []).filter(({ image }) => isRunnable(image));
  }

  private signalAll(name: NodeJS.Signals): void {
    for (const container of this.containers) container.signal(name);
  }

  private async run(): Promise<void> {
    await this.around.files.create();
    for (const port of this.specs.flatMap(portsOf)) this.record.ports[port] ??= await findFreePort();
    this.status.announce(this.record.ports);
    await Promise.all(this.containers.map((container) => container.run()));
    await this.status.written();
  }

  private createLife(container: V1Container): ContainerLife {
    const { name } = container;
    const { files, address, path, read } = this.around;
    const log = files.logOf(name);
    return new ContainerLife(container, {
      pod: this.pod,
      podAddress: address,
      path,
      directory: files.directory,
      log,
      localPorts: this.record.ports,
      ending: this.ending.signal,
      read,
      report: (report) => this.status.report(name, report),
      keepLog: () => files.keepLog(name),
      prepared: (environment) => {
        const pairs = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
        const previousLog = files.previousLogOf(name);
        this.record.containers[name] = { environment: pairs, directory: files.directory, log, previousLog };
        return files.write(this.record);
      },
    });
  }
}
