import { Gauge, Registry } from 'prom-client';

const ofRun = ['run', 'kind', 'environment', 'service'] as const;
const ofSchedule = ['schedule', 'environment', 'service'] as const;

/** Every metric that is read from Temporal: what it says, and by what its values are told apart. docs/alerts.md lists them. */
export const metrics = {
  runbook_runs: { labels: ['kind', 'environment', 'state'], help: 'How many runs go on' },
  runbook_run_started_timestamp_seconds: { labels: [...ofRun, 'state'], help: 'When a run began that goes on' },
  runbook_run_waiting_timestamp_seconds: {
    labels: [...ofRun, 'state'],
    help: 'Since when a run waits for people: at a gate (waiting), or after a step that failed (asking)',
  },
  runbook_run_last_end_timestamp_seconds: {
    labels: [...ofRun, 'outcome'],
    help: 'When a run of this id last ended with this outcome',
  },
  runbook_schedule_paused: { labels: ofSchedule, help: '1 while the schedule is held' },
  runbook_schedule_next_timestamp_seconds: { labels: ofSchedule, help: 'When it is due next' },
  runbook_schedule_window_seconds: { labels: ofSchedule, help: 'How far its ledger was looked back over' },
  runbook_schedule_due: { labels: ofSchedule, help: 'How many runs were due in that time' },
  runbook_schedule_missed: { labels: [...ofSchedule, 'because'], help: 'Of how many of them nothing came' },
  runbook_schedule_last_kept_timestamp_seconds: {
    labels: ofSchedule,
    help: 'The newest moment of which a run came that succeeded, or the newest run by hand',
  },
  runbook_schedule_last_missed_timestamp_seconds: {
    labels: [...ofSchedule, 'because'],
    help: 'The newest moment of which nothing came',
  },
  runbook_task_queue_pollers: { labels: ['queue', 'tasks'], help: 'How many workers ask for tasks' },
  runbook_metrics_read_timestamp_seconds: { labels: [], help: 'When all this was read from Temporal' },
  runbook_metrics_left_out: { labels: ['what'], help: 'How much of it was not read, to bound what reading costs' },
} as const satisfies Record<`runbook_${string}`, { labels: readonly string[]; help: string }>;

export type MetricName = keyof typeof metrics;

/** One value of a metric. */
export interface Sample {
  name: MetricName;
  labels: Record<string, string>;
  value: number;
}

/** A value with exactly the labels that its metric has. */
export function sample<Name extends MetricName>(
  name: Name,
  labels: Record<(typeof metrics)[Name]['labels'][number], string>,
  value: number,
): Sample {
  return { name, labels, value };
}

/** A moment as Prometheus counts it. */
export const secondsOf = (moment: string | Date | number) => new Date(moment).getTime() / 1000;

/** All metrics in Prometheus' text format; one without a value says at least that it exists. */
export async function exposeSamples(samples: readonly Sample[]): Promise<string> {
  const registry = new Registry();
  for (const [name, { labels, help }] of Object.entries(metrics)) {
    const gauge = new Gauge({ name, help, labelNames: labels, registers: [registry] });
    for (const each of samples) if (each.name === name) gauge.set(each.labels, each.value);
  }
  return registry.metrics();
}
