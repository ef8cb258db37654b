import { generateKeyPairSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { formatBytes } from '../../core/bytes.js';
import { backupPackages, benchPackages, installPackages } from '../../stack/binaries/debian.js';
import type { Say } from '../../stack/progress.js';
import type { BenchOptions } from '../arguments.js';
import { fillDatabase } from './fill-database.js';
import type { Places } from './pipelines.js';
import { startScratchPostgres } from './scratch-postgres.js';
import { startScratchStore } from './scratch-store.js';

/** What the benches of backups work on. */
export interface BenchPlaces extends Places {
  /** For whatever else lies there while it lasts. */
  folder: string;
  databaseBytes: number;
  /** The file with the private key of the first recipient. */
  identity: string;
}

/** Makes a filled PostgreSQL, a store and keys, and leaves nothing of them. */
export async function withPlaces<T>(
  options: BenchOptions,
  say: Say,
  use: (places: BenchPlaces) => Promise<T>,
): Promise<T> {
  await installPackages('bench', [...backupPackages, ...benchPackages], say);
  const folder = await mkdtemp(join(tmpdir(), 'runbook-bench-'));
  // An interrupt ends this process at once, and its servers after it.
  const removeWithUs = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', removeWithUs);
  // PostgreSQL runs as another user.
  await chmod(folder, 0o755);
  const stops: Array<() => Promise<void>> = [];
  try {
    const store = await startScratchStore(join(folder, 's3'), say);
    stops.push(() => store.stop());
    const postgres = await startScratchPostgres(folder, say);
    stops.push(() => postgres.stop());
    const identity = join(folder, 'identity');
    const recipients = [await createIdentity(identity), await createIdentity(join(folder, 'offline'))];
    const { privateKey: signingKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const databaseBytes = await fillDatabase(postgres, options.scale);
    say(`database: ${formatBytes(databaseBytes)}`);
    return await use({ folder, postgres, store, keys: { recipients, signingKey }, identity, databaseBytes });
  } finally {
    for (const stop of stops.reverse()) await stop();
    await rm(folder, { recursive: true, force: true });
    process.off('exit', removeWithUs);
  }
}

async function createIdentity(file: string): Promise<string> {
  await execa('age-keygen', ['-o', file], { timeout: 30_000 });
  const { stdout } = await execa('age-keygen', ['-y', file], { timeout: 30_000 });
  return stdout.trim();
}
