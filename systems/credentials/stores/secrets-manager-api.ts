import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
  type DescribeSecretCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import type { AccessKey } from '../../access-key.js';
import { clientOptions, codeOf, nameOf, type AwsPlace } from '../../aws-client.js';
import { messageOf, RunbookError, type ErrorCode } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';

const [current, pending] = ['AWSCURRENT', 'AWSPENDING'];

/** What a secret holds, and which of its versions that is. */
export interface SecretEntry {
  text: string;
  version: string;
}

const codes: Record<string, ErrorCode> = {
  ResourceNotFoundException: 'NotFound',
  ResourceExistsException: 'Conflict',
  ThrottlingException: 'SystemUnreachable',
};

/**
 * AWS Secrets Manager, one secret at a time.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 */
export class SecretsManagerApi {
  private readonly client: SecretsManagerClient;

  constructor(place: AwsPlace, key?: AccessKey) {
    this.client = new SecretsManagerClient(clientOptions(place, key));
  }

  /** @throws RunbookError Forbidden, SystemUnreachable, Refused. */
  async find(name: string): Promise<SecretEntry | undefined> {
    return this.read(name).catch((error: unknown) => {
      if (error instanceof RunbookError && error.code === 'NotFound') return undefined;
      throw error;
    });
  }

  /** @throws RunbookError NotFound, Forbidden, SystemUnreachable, Refused. */
  async read(name: string): Promise<SecretEntry> {
    const { SecretString: text, VersionId: version } = await this.ask('GetSecretValue', name, () =>
      this.client.send(new GetSecretValueCommand({ SecretId: name })),
    );
    if (text !== undefined && version !== undefined) return { text, version };
    throw new RunbookError('Refused', `secretsmanager ${name}: expected a text, found binary data`);
  }

  async describe(name: string): Promise<DescribeSecretCommandOutput> {
    return this.ask('DescribeSecret', name, () => this.client.send(new DescribeSecretCommand({ SecretId: name })));
  }

  /** @throws RunbookError Conflict where there is one of this name. */
  async create(name: string, text: string, kmsKey: string | undefined): Promise<SecretEntry> {
    const token = randomUUID();
    const request = { Name: name, SecretString: text, ClientRequestToken: token, ...(kmsKey && { KmsKeyId: kmsKey }) };
    await this.ask('CreateSecret', name, () => this.client.send(new CreateSecretCommand(request)));
    return { text, version: token };
  }

  /**
   * Writes where nobody has since the entry was read. PutSecretValue alone compares nothing; but a label that stands at another
   * version than the one that is named stays there. So a new version is put where no consumer looks, and then labelled.
   * @throws RunbookError Conflict, Forbidden, SystemUnreachable, Refused.
   */
  async write(name: string, { text, version: from }: SecretEntry): Promise<SecretEntry> {
    const version = randomUUID();
    const put = { SecretId: name, SecretString: text, ClientRequestToken: version, VersionStages: [pending] };
    await this.ask('PutSecretValue', name, () => this.client.send(new PutSecretValueCommand(put)));
    const move = { SecretId: name, VersionStage: current, MoveToVersionId: version, RemoveFromVersionId: from };
    try {
      await this.ask('UpdateSecretVersionStage', name, () =>
        this.client.send(new UpdateSecretVersionStageCommand(move)),
      );
    } catch (error) {
      if (!(error instanceof RunbookError) || error.code !== 'Refused') throw error;
      if ((await this.read(name)).version === from) throw error;
      throw new RunbookError('Conflict', `secretsmanager ${name}: somebody else has written it since it was read`);
    }
    return { text, version };
  }

  /**
   * Sees whether it could be written: by two calls that are refused in any case, for lack of the right if that is what lacks. A
   * version that exists cannot be put again with another content, and one that does not cannot be labelled.
   * @throws RunbookError Forbidden.
   */
  async rehearse(name: string, { version }: SecretEntry): Promise<void> {
    const put = { SecretId: name, SecretString: '{}', ClientRequestToken: version, VersionStages: [pending] };
    const move = { SecretId: name, VersionStage: pending, MoveToVersionId: randomUUID() };
    const asRefused = (error: unknown) => {
      const code = error instanceof RunbookError ? error.code : 'Unexpected';
      if (!['Refused', 'Conflict', 'NotFound'].includes(code)) throw error;
    };
    await this.ask('PutSecretValue', name, () => this.client.send(new PutSecretValueCommand(put))).catch(asRefused);
    await this.ask('UpdateSecretVersionStage', name, () =>
      this.client.send(new UpdateSecretVersionStageCommand(move)),
    ).catch(asRefused);
  }

  private async ask<T>(action: string, name: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const kind = nameOf(error);
      const code = codeOf(error, codes);
      throw new RunbookError(
        code,
        `secretsmanager ${name}: ${action}: ${redact(messageOf(error)).slice(0, 300)} (${kind})`,
      );
    }
  }
}
