import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { describeError } from '../../stack-error.js';
import type { ApiServer } from '../../gateway/api-server.js';
import { localPortsAnnotation, renderLocalPorts } from './local-ports.js';
import { type ContainerReport, renderStatus } from './status.js';

const retryMs = 500;

/** Keeps one pod's status as its containers are: one write after the other, each of the newest reports. */
export class StatusWriter {
  private readonly reports = new Map<string, ContainerReport>();
  private readonly startTime = new Date().toISOString();
  private annotations: Record<string, string> = {};
  private isStale = false;
  private writing: Promise<void> = Promise.resolve();
  private isWriting = false;
  private isGone = false;

  constructor(
    private readonly server: ApiServer,
    private pod: V1Pod,
    private readonly address: string,
    private readonly say: (line: string) => void,
  ) {}

  /** Says which local ports the pod's ports are, and that its containers are being made. */
  announce(ports: Readonly<Record<string, number>>): void {
    this.annotations = { [localPortsAnnotation]: renderLocalPorts(ports) };
    this.note();
  }

  /** Says how a container stands. */
  report(container: string, report: ContainerReport): void {
    this.reports.set(container, report);
    this.note();
  }

  /** Resolves when everything that was said has been written. */
  async written(): Promise<void> {
    await this.writing;
  }

  /** Takes the pod's object away, once nothing of it runs any more. */
  async removePod(): Promise<void> {
    await this.writing;
    // What was deleted is not found the next time; a finalizer may keep it for a while.
    for (;;) {
      await this.attempt(() => this.server.removeNow(this.path, this.pod.metadata?.uid ?? ''));
      if (this.isGone) return;
      await sleep(retryMs);
    }
  }

  private get path(): string {
    return `/api/v1/namespaces/${this.pod.metadata?.namespace}/pods/${this.pod.metadata?.name}`;
  }

  private note(): void {
    this.isStale = true;
    if (this.isWriting) return;
    this.isWriting = true;
    this.writing = this.writeAll().finally(() => (this.isWriting = false));
  }

  private async writeAll(): Promise<void> {
    while (this.isStale && !this.isGone) {
      this.isStale = false;
      await this.attempt(async () => {
        const before = this.pod.status?.conditions ?? [];
        const status = renderStatus(
          this.pod,
          this.reports,
          this.address,
          this.startTime,
          before,
          new Date().toISOString(),
        );
        const metadata = { uid: this.pod.metadata?.uid, annotations: this.annotations };
        this.pod = (await this.server.mergePatch(`${this.path}/status`, { metadata, status })) as V1Pod;
      });
    }
  }

  // A pod that is gone, or whose name another pod has by now, needs nothing more, and what the API server calls invalid stays so;
  // everything else is tried again.
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const message = describeError(error);
      this.isGone = message.includes('found 404') || (message.includes('found 409') && !message.includes('modified'));
      if (this.isGone) return;
      this.say(message);
      if (message.includes('found 422')) return;
      this.isStale = true;
      await sleep(retryMs);
    }
  }
}
