import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiServer } from './api-server.js';
import { type ClusterView, followCluster } from './cluster-view.js';
import { Nginx } from './nginx.js';
import { renderNginxConfiguration } from './nginx-configuration.js';
import { renderRouteStatus } from './route-status.js';
import { listScrapeTargets, writeScrapeTargets } from './scrape-targets.js';
import type { GatewaySettings } from './settings.js';
import { planTraffic, type Verdict } from './traffic-plan.js';

// Changes come in bursts (a rollout touches pods and slices together); a burst is one reload.
const debounceMs = 20;
const retryMs = 1000;

/** Serves the cluster's routes until the signal; rejects if nginx ends by itself. */
export async function runGateway(
  settings: GatewaySettings,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  await mkdir(settings.directory, { recursive: true });
  const ready = join(settings.directory, 'ready');
  await rm(ready, { force: true });
  const gateway = new Gateway(settings, await ApiServer.fromKubeconfig(settings.kubeconfig), say);
  try {
    await gateway.run(signal, () => writeFile(ready, `${process.pid}\n`));
  } finally {
    await rm(ready, { force: true });
    await gateway.stop();
  }
}

class Gateway {
  private readonly nginx: Nginx;
  private generation = 0;
  private inForce = '';
  private failure: string | undefined;
  private targets = '';
  private nginxEnd: string | undefined;
  private wake: () => void = () => undefined;
  private changed = false;

  constructor(
    private readonly settings: GatewaySettings,
    private readonly server: ApiServer,
    private readonly say: (line: string) => void,
  ) {
    this.nginx = new Nginx(settings);
  }

  async run(signal: AbortSignal, markReady: () => Promise<void>): Promise<void> {
    signal.addEventListener('abort', () => this.wake());
    const view = followCluster(this.server, signal, () => this.noteChange(), this.say);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([view.synced, aborted]);
    void this.nginx.ended.then((reason) => {
      this.nginxEnd = reason;
      this.wake();
    });
    let served = false;
    while (!signal.aborted) {
      this.changed = false;
      const complete = await this.reconcile(view);
      if (!served && this.failure === undefined) {
        await markReady();
        served = true;
      }
      if (!complete) setTimeout(() => this.noteChange(), retryMs).unref();
      await this.waitForChange(signal);
      this.checkNginx();
    }
  }

  private checkNginx(): void {
    if (this.nginxEnd === undefined) return;
    throw new Error(`nginx ended: ${this.nginxEnd}; see ${this.settings.directory}/error.log`);
  }

  async stop(): Promise<void> {
    await this.nginx.stop();
  }

  // The pid tells our nginx from one that an earlier gateway might have left on the port.
  private get label(): string {
    return `${process.pid}.${this.generation}`;
  }

  private noteChange(): void {
    this.changed = true;
    this.wake();
  }

  private async waitForChange(signal: AbortSignal): Promise<void> {
    const isIdle = (): boolean => !this.changed && !signal.aborted && this.nginxEnd === undefined;
    if (isIdle()) await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.changed) await sleep(debounceMs);
  }

  /** Makes the world as the cluster says; false asks for another try. */
  private async reconcile(view: ClusterView): Promise<boolean> {
    const snapshot = view.snapshot();
    const plan = planTraffic(snapshot);
    await this.applyConfiguration((generation) => renderNginxConfiguration(plan, this.settings, generation));
    const written = await Promise.all(plan.verdicts.map((verdict) => this.writeStatus(verdict)));
    const targets = listScrapeTargets(snapshot.pods);
    if (JSON.stringify(targets) !== this.targets) {
      await writeScrapeTargets(this.settings.targetsFile, targets);
      this.targets = JSON.stringify(targets);
    }
    return this.failure === undefined && written.every(Boolean);
  }

  private async applyConfiguration(render: (generation: string) => string): Promise<void> {
    if (render(this.label) === this.inForce) return;
    this.generation += 1;
    const configuration = render(this.label);
    const begin = performance.now();
    try {
      await this.nginx.apply(configuration, this.label);
      this.inForce = configuration;
      this.failure = undefined;
      this.say(`generation ${this.generation} in force after ${(performance.now() - begin).toFixed(0)} ms`);
    } catch (error) {
      // What was in force stays in force; the routes' status says so, and the next round tries again.
      this.failure = error instanceof Error ? error.message : String(error);
      this.say(this.failure);
    }
  }

  private async writeStatus(verdict: Verdict): Promise<boolean> {
    const parents = renderRouteStatus(verdict, this.failure, new Date());
    if (parents === undefined) return true;
    const { namespace, name } = verdict.route.metadata ?? {};
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/${name}/status`;
    try {
      await this.server.mergePatch(path, { status: { parents } });
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // A route that is gone needs no status.
      if (message.includes('found 404')) return true;
      this.say(message);
      return false;
    }
  }
}
