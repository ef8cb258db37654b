import { z } from 'zod';
import { messageOf, RunbookError } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';
import { codeOfWords, shortenWords, wrongKey } from './exit-codes.js';
import type { PgBackRest } from './pgbackrest.js';

const status = z.object({ code: z.number(), message: z.string() });

const PhysicalBackup = z.object({
  label: z.string(),
  type: z.enum(['full', 'diff', 'incr']),
  annotation: z.record(z.string(), z.string()).nullish(),
  /** Whether pages had wrong checksums when they were read. */
  error: z.boolean().nullish(),
  archive: z.object({ start: z.string().nullable(), stop: z.string().nullable() }),
  database: z.object({ id: z.number(), 'repo-key': z.number() }),
  info: z.object({ size: z.number(), repository: z.object({ delta: z.number().nullish() }) }),
  lsn: z.object({ start: z.string().nullable(), stop: z.string().nullable() }).nullish(),
  reference: z.array(z.string()).nullable(),
  timestamp: z.object({ start: z.number(), stop: z.number() }),
});

// https://pgbackrest.org/command.html#command-info: "The JSON output … is kept stable unless a bug is found."
const Stanza = z.object({
  name: z.string(),
  status: status.extend({ lock: z.object({ backup: z.object({ held: z.boolean() }) }).optional() }),
  repo: z.array(z.object({ key: z.number(), status })),
  db: z.array(z.object({ id: z.number(), 'repo-key': z.number(), 'system-id': z.string(), version: z.string() })),
  archive: z.array(z.object({ id: z.string(), database: z.object({ id: z.number(), 'repo-key': z.number() }) })),
  backup: z.array(PhysicalBackup),
});

export type Stanza = z.infer<typeof Stanza>;
export type PhysicalBackup = z.infer<typeof PhysicalBackup>;

/**
 * What the repository holds of the stanza: of the first repository, where there are several, as all commands take that one.
 * @throws RunbookError NotFound where the stanza was never made; WrongKey, Forbidden, SystemUnreachable by what pgBackRest says.
 */
export async function readStanza(pgBackRest: PgBackRest, signal: AbortSignal): Promise<Stanza> {
  const text = await pgBackRest.run('info', ['--output=json'], { signal, mostSeconds: 120 });
  const [stanza] = parseInfo(text);
  const where = `stanza ${pgBackRest.stanza}`;
  const next = 'run "pgbackrest stanza-create"';
  if (!stanza) throw new RunbookError('NotFound', `${where}: expected it in the repository, found none; ${next}`);
  // It ends with 0 also where it could read nothing.
  const first = [...stanza.repo].sort((a, b) => a.key - b.key)[0]?.status ?? stanza.status;
  if (neverMade.includes(first.code)) throw new RunbookError('NotFound', `${where}: ${first.message}; ${next}`);
  if (first.code !== 0 && first.code !== noBackup) {
    const code = codeOfWords(first.message) ?? 'SystemUnreachable';
    throw new RunbookError(code, `${where}: ${code === 'WrongKey' ? wrongKey : redact(shortenWords(first.message))}`);
  }
  return ofFirst(stanza);
}

// https://github.com/pgbackrest/pgbackrest/blob/main/src/command/info/info.c
const neverMade = [1, 3];
const noBackup = 2;

/**
 * What `info --output=json` has printed. The identifier of a cluster has more digits than a number of JavaScript's, and a message may
 * quote what no JSON may hold.
 * @throws RunbookError SystemUnreachable, or by what it says.
 */
export function parseInfo(text: string): Stanza[] {
  const clean = text.replaceAll(/[\u0000-\u001f]/g, ' ').replaceAll(/("system-id":\s*)(\d+)/g, '$1"$2"');
  try {
    return z.array(Stanza).parse(JSON.parse(clean));
  } catch (error) {
    const code = codeOfWords(text) ?? 'SystemUnreachable';
    const found = code === 'WrongKey' ? wrongKey : `expected JSON, found something else: ${messageOf(error)}`;
    throw new RunbookError(code, `pgbackrest info: ${found}`);
  }
}

function ofFirst(stanza: Stanza): Stanza {
  const first = Math.min(...stanza.repo.map(({ key }) => key));
  return {
    ...stanza,
    db: stanza.db.filter((db) => db['repo-key'] === first),
    archive: stanza.archive.filter(({ database }) => database['repo-key'] === first),
    backup: stanza.backup.filter(({ database }) => database['repo-key'] === first),
  };
}
