import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { obtainPrometheus } from '../binaries/obtain.js';
import { logOf } from '../daemons.js';
import type { StackLayout } from '../layout.js';
import { packageRoot } from '../locations.js';
import { reportStep } from '../progress.js';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';

/** Starts Prometheus, which scrapes the pods that the gateway lists, Temporal itself, and whoever asks for it; with our alerts. */
export async function startPrometheus(starting: Starting, port: number, temporalMetricsPort: number): Promise<void> {
  const { layout } = starting;
  const binary = await obtainPrometheus(starting.say, starting.signal);
  await reportStep(starting.say, 'prometheus', 'starting', async () => {
    for (const folder of [dirname(layout.targets), layout.scraped]) await mkdir(folder, { recursive: true });
    const configuration = join(layout.directory, 'prometheus.json');
    await writeFile(configuration, JSON.stringify(describeScraping(layout, temporalMetricsPort), null, 2));
    const address = `127.0.0.1:${port}`;
    const parameters = [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${layout.directory}/prometheus`,
      '--storage.tsdb.retention.time=2h',
      `--web.listen-address=${address}`,
    ];
    starting.start({ name: 'prometheus', command: binary, parameters }, `http://${address}`);
    const next = logOf(layout, 'prometheus');
    await waitFor({ what: 'prometheus ready', seconds: 60, next, signal: starting.signal }, async () => {
      const response = await fetch(`http://${address}/-/ready`, { signal: AbortSignal.timeout(2000) });
      return response.ok;
    });
  });
}

function describeScraping({ targets, scraped }: StackLayout, temporalMetricsPort: number): object {
  return {
    global: { scrape_interval: '5s', evaluation_interval: '5s' },
    rule_files: [join(packageRoot, 'deploy', 'prometheus', 'runbooks.rules.yaml')],
    scrape_configs: [
      // A canary is judged within a minute, so its pods are asked every second. Changes of the file are seen at once, by inotify.
      {
        job_name: 'pods',
        scrape_interval: '1s',
        scrape_timeout: '1s',
        file_sd_configs: [{ files: [join(dirname(targets), '*.json')] }],
      },
      { job_name: 'runbooks', file_sd_configs: [{ files: [join(scraped, '*.json')] }] },
      { job_name: 'temporal', static_configs: [{ targets: [`127.0.0.1:${temporalMetricsPort}`] }] },
    ],
  };
}
