import { writeFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { RunbookError, type ErrorCode } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';
import { inTemporaryDirectory } from '../../git/temporary-directory.js';

const commandSeconds = 30;

/** Nobody else's keys are asked. */
const othersKeys = { SOPS_AGE_KEY: undefined, SOPS_AGE_KEY_CMD: undefined, SOPS_KEYSERVICE: undefined };

/** What the exit codes mean: https://github.com/getsops/sops/blob/main/cmd/sops/codes/codes.go */
const meanings: Record<number, [code: ErrorCode, next: string]> = {
  51: [
    'Refused',
    'its authentication code is wrong: somebody has changed it without SOPS; restore it from the history',
  ],
  52: ['Refused', 'it has no authentication code; encrypt it anew with SOPS'],
  128: ['Forbidden', 'the worker’s identity opens none of its keys; add its recipient: sops updatekeys'],
};

/**
 * The program `sops`, version 3.11 or newer, with one age identity. Files that it works on are encrypted on the disk at all times; values come
 * and go by its pipes.
 * @see https://getsops.io/docs/
 */
export class Sops {
  constructor(
    /** The identity's file. */
    private readonly identity: string,
    private readonly program = 'sops',
  ) {}

  /** What a file holds. @throws RunbookError Refused, Forbidden, InvalidSettings. */
  async decrypt(path: string, text: string): Promise<Record<string, unknown>> {
    return this.withFile(path, text, async (file) => {
      const plain = await this.run(path, ['decrypt', '--output-type', 'json', file]);
      return JSON.parse(plain) as Record<string, unknown>;
    });
  }

  /** The file with other values under some keys, each a path; every other line stays but for the authentication code's. */
  async set(path: string, text: string, values: Record<string, string>): Promise<string> {
    return this.withFile(path, text, async (file) => {
      for (const [key, value] of Object.entries(values)) {
        const index = key
          .split('/')
          .map((name) => `["${name}"]`)
          .join('');
        await this.run(path, ['set', '--idempotent', '--value-stdin', file, index], JSON.stringify(value));
      }
      return readFile(file, 'utf8');
    });
  }

  /** A new JSON file for those recipients. */
  async encrypt(path: string, recipients: readonly string[], data: object): Promise<string> {
    const types = ['--input-type', 'json', '--output-type', 'json', '--filename-override', path];
    return this.run(path, ['encrypt', '--age', recipients.join(','), ...types], JSON.stringify(data));
  }

  private async withFile<T>(path: string, text: string, work: (file: string) => Promise<T>): Promise<T> {
    return inTemporaryDirectory(async (directory) => {
      // By its name SOPS knows its format.
      const file = join(directory, basename(path));
      await writeFile(file, text, { mode: 0o600 });
      return work(file);
    });
  }

  private async run(path: string, parameters: string[], input = ''): Promise<string> {
    const result = await execa(this.program, ['--disable-version-check', ...parameters], {
      env: { ...othersKeys, SOPS_AGE_KEY_FILE: this.identity },
      input,
      timeout: commandSeconds * 1000,
      stripFinalNewline: false,
      reject: false,
    });
    if (result.exitCode === 0) return result.stdout;
    if (result.code === 'ENOENT')
      throw new RunbookError(
        'InvalidSettings',
        `program "sops": expected it on PATH, found none; install SOPS 3.11 or newer on the worker`,
      );
    const said = redact(result.stderr).trim().split('\n')[0]?.slice(0, 200) ?? '';
    const [code, next] = meanings[result.exitCode ?? -1] ?? ['Refused', 'see that sops reads it'];
    throw new RunbookError(
      code,
      `sops ${parameters[0]} ${path}: expected success, found ${said || `exit code ${result.exitCode ?? 'none'}`}; ${next}`,
    );
  }
}
