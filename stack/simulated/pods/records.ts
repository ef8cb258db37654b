import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../write-file.js';

/** What the server for exec, port-forward and logs must know of a pod; stack/go/kwok/pods.go reads it. */
export interface PodRecord {
  ports: Record<string, number>;
  containers: Record<string, { environment: string[]; directory: string; log: string; previousLog: string }>;
}

/** The files of one pod: its record, and a directory of its own with the logs of its containers. */
export class PodFiles {
  readonly directory: string;
  private readonly record: string;

  /** Names of Kubernetes hold no underscore, so no two pods share a file. */
  constructor(directory: string, namespace: string, name: string) {
    this.directory = join(directory, `${namespace}_${name}`);
    this.record = `${this.directory}.json`;
  }

  async create(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
  }

  /** The log of the container's present run. */
  logOf(container: string): string {
    return join(this.directory, `${container}.log`);
  }

  /** The log of the run before. */
  previousLogOf(container: string): string {
    return join(this.directory, `${container}.previous.log`);
  }

  async keepLog(container: string): Promise<void> {
    await rename(this.logOf(container), this.previousLogOf(container));
  }

  /** Only for this user: an environment may hold secrets. */
  async write(record: PodRecord): Promise<void> {
    await writeAtomically(this.record, `${JSON.stringify(record)}\n`, 0o600);
  }

  async remove(): Promise<void> {
    await rm(this.record, { force: true });
    await rm(this.directory, { recursive: true, force: true });
  }
}
