import { messageOf, RunbookError, type ErrorCode } from '../../../core/errors.js';
import { redact, redactValues } from '../../../core/redact.js';

const requestMs = 10_000;

/** What a path holds; version 0: it has never held anything. */
export interface VaultEntry {
  data: Record<string, unknown>;
  version: number;
}

interface Answer {
  status: number;
  body: { data?: unknown; errors?: string[] };
}

const conflict = 'check-and-set parameter did not match';

function codeOf({ status, body }: Answer): ErrorCode {
  if (status === 400 && body.errors?.some((error) => error.includes(conflict))) return 'Conflict';
  if (status === 401 || status === 403) return 'Forbidden';
  if (status === 404) return 'NotFound';
  return status === 429 || status >= 500 ? 'SystemUnreachable' : 'Refused';
}

/**
 * Vault's key-value engine, version 2, one path at a time.
 * @see https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
 */
export class VaultApi {
  constructor(
    private readonly address: string,
    private readonly mount: string,
    private readonly token: string,
  ) {}

  /** @throws RunbookError Forbidden, SystemUnreachable, Refused. */
  async read(path: string): Promise<VaultEntry> {
    const answer = await this.ask('GET', this.dataPath(path));
    if (answer.status !== 200 && answer.status !== 404) throw this.failure(path, answer);
    // A version that was deleted is 404 as well, and the next write has to name it.
    const { data, metadata } = (answer.body.data ?? {}) as {
      data?: VaultEntry['data'] | null;
      metadata?: { version?: number };
    };
    return { data: data ?? {}, version: metadata?.version ?? 0 };
  }

  /** Writes where nobody has since the entry was read. @throws RunbookError Conflict, Forbidden, SystemUnreachable, Refused. */
  async write(path: string, { data, version }: VaultEntry): Promise<VaultEntry> {
    const answer = await this.ask('POST', this.dataPath(path), { options: { cas: version }, data });
    if (answer.status !== 200) throw this.failure(path, answer);
    return { data, version: (answer.body.data as { version: number }).version };
  }

  /**
   * What the token may do with a path.
   * @see https://developer.hashicorp.com/vault/api-docs/system/capabilities-self
   */
  async readRights(path: string): Promise<string[]> {
    const name = this.dataPath(path);
    const answer = await this.ask('POST', 'sys/capabilities-self', { paths: [name] });
    if (answer.status !== 200) throw this.failure(path, answer);
    const found = (answer.body.data ?? answer.body) as Record<string, string[] | undefined>;
    return found[name] ?? [];
  }

  private dataPath(path: string): string {
    return `${this.mount}/data/${path}`;
  }

  private async ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    try {
      const response = await fetch(new URL(`/v1/${path}`, this.address), {
        method,
        headers: { 'X-Vault-Token': this.token, 'X-Vault-Request': 'true', 'Content-Type': 'application/json' },
        signal: AbortSignal.timeout(requestMs),
        redirect: 'error',
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      throw new RunbookError(
        'SystemUnreachable',
        `vault ${this.address}: expected an answer, found ${redact(messageOf(cause ?? error))}`,
      );
    }
  }

  private failure(path: string, answer: Answer): RunbookError {
    const said = redact(redactValues((answer.body.errors ?? []).join('; '), [this.token])).slice(0, 300) || 'no reason';
    return new RunbookError(codeOf(answer), `vault ${this.mount}/${path}: ${said} (HTTP ${answer.status})`);
  }
}
