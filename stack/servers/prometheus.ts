import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { obtainPrometheus } from '../binaries/obtain.js';
import { logOf } from '../daemons.js';
import { reportStep } from '../progress.js';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';

/** Starts Prometheus, which scrapes the pods that the gateway lists, and Temporal itself. */
export async function startPrometheus(starting: Starting, port: number, temporalMetricsPort: number): Promise<void> {
  const { layout } = starting;
  const binary = await obtainPrometheus(starting.say, starting.signal);
  await reportStep(starting.say, 'prometheus', 'starting', async () => {
    await mkdir(dirname(layout.targets), { recursive: true });
    const configuration = join(layout.directory, 'prometheus.json');
    await writeFile(
      configuration,
      JSON.stringify(describeScraping(dirname(layout.targets), temporalMetricsPort), null, 2),
    );
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

function describeScraping(targets: string, temporalMetricsPort: number): object {
  return {
    global: { scrape_interval: '5s', evaluation_interval: '5s' },
    scrape_configs: [
      // A canary is judged within a minute, so its pods are asked every second. Changes of the file are seen at once, by inotify.
      {
        job_name: 'pods',
        scrape_interval: '1s',
        scrape_timeout: '1s',
        file_sd_configs: [{ files: [join(targets, '*.json')] }],
      },
      { job_name: 'temporal', static_configs: [{ targets: [`127.0.0.1:${temporalMetricsPort}`] }] },
    ],
  };
}
