import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signalProcess } from '../stack/daemons.js';
import { layoutOf } from '../stack/layout.js';
import { pidOf, readIdentity } from '../stack/process-identity.js';
import { waitFor } from '../stack/wait.js';
import { writeAtomically } from '../stack/write-file.js';

interface PrometheusConfiguration {
  scrape_configs: Array<{ job_name: string; scrape_interval?: string; scrape_timeout?: string }>;
}

/** Lets the running stack's Prometheus ask the pods at another interval than the stack's own second. */
export async function setScrapeInterval(stackName: string, prometheusUrl: string, seconds: number): Promise<void> {
  const layout = layoutOf(stackName);
  const file = join(layout.directory, 'prometheus.json');
  const configuration = JSON.parse(await readFile(file, 'utf8')) as PrometheusConfiguration;
  for (const job of configuration.scrape_configs) {
    if (job.job_name === 'pods') job.scrape_interval = `${seconds}s`;
  }
  await writeAtomically(file, JSON.stringify(configuration, null, 2));
  signalProcess(pidOf(readIdentity(join(layout.processes, 'prometheus'))), 'SIGHUP');
  const what = `prometheus scrapes every ${seconds} s`;
  await waitFor({ what, seconds: 20, next: join(layout.logs, 'prometheus.log') }, async () => {
    const response = await fetch(`${prometheusUrl}/api/v1/status/config`, { signal: AbortSignal.timeout(2000) });
    const { data } = (await response.json()) as { data: { yaml: string } };
    return new RegExp(`job_name: pods[\\s\\S]*?scrape_interval: ${seconds}s`).test(data.yaml);
  });
}
