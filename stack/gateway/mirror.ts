import type { KubernetesObject } from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from './api-server.js';

const watchSeconds = 240;
const backOffMs = { first: 100, most: 5000 };

/** Keeps a copy of one kind of object, for as long as the signal allows and however often the watch drops. */
export class Mirror<T extends KubernetesObject> {
  private objects = new Map<string, T>();
  private markSynced: () => void = () => undefined;

  /** Resolves when the first complete list has arrived. */
  readonly synced = new Promise<void>((resolve) => (this.markSynced = resolve));

  constructor(
    private readonly server: ApiServer,
    private readonly path: string,
    private readonly changed: () => void,
    private readonly say: (line: string) => void,
  ) {}

  list(): T[] {
    return [...this.objects.values()];
  }

  /** Lists and watches in turn; listing anew every few minutes also heals whatever a watch may have missed. */
  async follow(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.listAndWatch(signal, () => {
          if (failures > 0) this.say(`${this.path}: followed again`);
          failures = 0;
        });
      } catch (error) {
        // The end itself aborts the watch.
        if (hasEnded(signal)) return;
        const delayMs = Math.min(backOffMs.first * 2 ** failures, backOffMs.most);
        failures += 1;
        this.say(`${this.path}: ${error instanceof Error ? error.message : String(error)}; again in ${delayMs} ms`);
        // The sleep rejects when the signal ends it, and the loop looks at the signal itself.
        await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async listAndWatch(signal: AbortSignal, answered: () => void): Promise<void> {
    const list = await this.server.list<T>(this.path, signal);
    this.objects = new Map(list.items.map((object) => [keyOf(object), object]));
    this.markSynced();
    this.changed();
    answered();
    for await (const event of this.server.watch<T>(
      this.path,
      list.metadata?.resourceVersion ?? '',
      watchSeconds,
      signal,
    )) {
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'ERROR') throw new Error(`the watch ended: ${JSON.stringify(event.object)}`);
      if (event.type === 'DELETED') this.objects.delete(keyOf(event.object));
      else this.objects.set(keyOf(event.object), event.object);
      this.changed();
    }
  }
}

function keyOf(object: KubernetesObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}

// A function, because the compiler takes what the loop's condition has seen for lasting.
function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}
