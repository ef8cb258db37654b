import { parseArgs } from 'node:util';

/** The benches by name, each with the words that the list shows. */
export const benches = {
  'canary-restore': 'how long users feel a bad canary, from the first failed answer to the last',
  'good-releases': 'how many good releases in a row are taken back, with errors that both versions have',
  'false-aborts': 'how often a good canary is taken back, simulated; needs no stack',
  detection: 'how long a bad canary goes undetected, simulated; needs no stack',
  'backup-full': 'how long a backup of 1.2 GB takes, beside what people run; a PostgreSQL and an S3 of its own',
  'backup-incremental': 'what a night costs after 1 % of the rows have changed, beside restic and pgBackRest',
  'backup-crash': 'what a backup that is killed on its way sends again and leaves behind',
  drill: 'how long a restore with its comparison takes, beside pgBackRest; servers of its own',
  'router-restore': 'how long from a verdict to a confirmed weight of 0, also while the API server fails',
  'run-overhead': 'what a run costs beyond its steps, and how many waiting runs one worker holds',
  api: 'how long reads by HTTP take at 500 a second while 200 watch runs live',
  rotation: 'how many queries fail while the password of their login is replaced, beside ALTER ROLE and a restart',
} as const;

export type BenchName = keyof typeof benches;

/** How a bench is run. */
export interface BenchOptions {
  json: boolean;
  /** How often the measured thing is done. */
  runs: number;
  /** good-releases: how many, none of which may be taken back. */
  good: number;
  /** canary-restore, good-releases: what sees the pods. */
  eye: 'pods' | 'prometheus';
  /** canary-restore: seconds between two scrapes of a pod. */
  scrapeSeconds: number;
  /** canary-restore: how the canary gets its share. */
  by: 'httpRoute' | 'replicas';
  /** run-overhead: the most runs that wait at once. */
  most: number;
  /** run-overhead: the most of them that are approved, all at once; ends take the server longest. */
  approve: number;
  /** backup-*, drill: size of the database; 30 is 1.2 GB. */
  scale: number;
}

const limits = {
  runs: [1, 20],
  good: [0, 20],
  scrape: [1, 60],
  most: [10, 1000],
  approve: [1, 1000],
  scale: [1, 300],
} as const;

/** The benches, their options and where a run's figures go. */
export const usage = [
  'usage: npm run bench -- NAME [--json] [--runs 5]',
  ...Object.entries(benches).map(([name, what]) => `  ${name.padEnd(18)} ${what}`),
  'canary-restore, good-releases: [--eye pods|prometheus] [--scrape 5] [--by httpRoute|replicas] [--good 20]',
  'run-overhead: [--most 1000] [--approve 500]',
  'backup-full, backup-incremental, backup-crash, drill: [--scale 30]',
].join('\n');

function isBenchName(name: string | undefined): name is BenchName {
  return name !== undefined && Object.hasOwn(benches, name);
}

function whole(name: keyof typeof limits, text: string): number {
  const [least, most] = limits[name];
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`--${name}: expected a whole number from ${least} to ${most}, found "${text}"`);
}

/** The command line makes no sense; its message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function parseWords(words: string[]) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        runs: { type: 'string', default: '5' },
        good: { type: 'string', default: '20' },
        eye: { type: 'string', default: 'pods' },
        scrape: { type: 'string', default: '5' },
        by: { type: 'string', default: 'httpRoute' },
        most: { type: 'string', default: '1000' },
        approve: { type: 'string', default: '500' },
        scale: { type: 'string', default: '30' },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error });
  }
}

/**
 * Reads the words after `npm run bench --`.
 * @throws UsageError for an unknown bench, with the list of them, and for an option out of range.
 */
export function readArguments(words: string[]): { name: BenchName; options: BenchOptions } {
  const { values, positionals } = parseWords(words);
  const [name, ...others] = positionals;
  if (!isBenchName(name) || others.length > 0) {
    throw new UsageError(`bench: expected one name of the list, found "${positionals.join(' ')}"\n${usage}`);
  }
  const { json, by, eye } = values;
  if (by !== 'httpRoute' && by !== 'replicas') {
    throw new UsageError(`--by: expected httpRoute or replicas, found "${by}"`);
  }
  if (eye !== 'pods' && eye !== 'prometheus') {
    throw new UsageError(`--eye: expected pods or prometheus, found "${eye}"`);
  }
  const options: BenchOptions = {
    json,
    by,
    eye,
    runs: whole('runs', values.runs),
    good: whole('good', values.good),
    scrapeSeconds: whole('scrape', values.scrape),
    most: whole('most', values.most),
    approve: whole('approve', values.approve),
    scale: whole('scale', values.scale),
  };
  return { name, options };
}
