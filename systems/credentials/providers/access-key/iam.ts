import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { messageOf, RunbookError, type ErrorCode } from '../../../../core/errors.js';
import { redact } from '../../../../core/redact.js';
import type { AccessKey } from '../../../access-key.js';
import { clientOptions, codeOf, nameOf, type AwsPlace } from '../../../aws-client.js';

/** A key as IAM lists it: never its secret. Times are ISO 8601. */
export interface ListedKey {
  id: string;
  isActive: boolean;
  createdAt: string;
}

const codes: Record<string, ErrorCode> = {
  NoSuchEntityException: 'NotFound',
  LimitExceededException: 'Refused',
  ConcurrentModificationException: 'Conflict',
  EntityTemporarilyUnmodifiableException: 'SystemUnreachable',
  Throttling: 'SystemUnreachable',
};

// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
/**
 * The access keys of one user of IAM.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
 */
export class UserKeys {
  private readonly client: IAMClient;

  constructor(
    place: AwsPlace,
    private readonly user: string,
    private readonly admin: AccessKey,
  ) {
    this.client = new IAMClient(clientOptions(place, admin));
  }

  /** @throws RunbookError NotFound without such a user, Forbidden, SystemUnreachable, as all that follow. */
  async list(): Promise<ListedKey[]> {
    const found: ListedKey[] = [];
    for (let marker: string | undefined; ;) {
      const Marker = marker;
      const page = await this.ask('ListAccessKeys', (UserName) =>
        this.client.send(new ListAccessKeysCommand({ UserName, ...(Marker !== undefined && { Marker }) })),
      );
      for (const { AccessKeyId: id = '', Status, CreateDate } of page.AccessKeyMetadata ?? [])
        found.push({ id, isActive: Status !== 'Inactive', createdAt: (CreateDate ?? new Date(0)).toISOString() });
      marker = page.Marker;
      if (!page.IsTruncated || marker === undefined) return found;
    }
  }

  /** Makes one. Its secret is told this once, and never again. @throws RunbookError Refused where the user has two. */
  async create(): Promise<AccessKey> {
    const { AccessKey: made } = await this.ask('CreateAccessKey', (UserName) =>
      this.client.send(new CreateAccessKeyCommand({ UserName })),
    );
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = made ?? {};
    if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
    throw new RunbookError('SystemUnreachable', `iam user ${this.user}: CreateAccessKey: expected a key, found none`);
  }

  async deactivate(id: string): Promise<void> {
    await this.ask('UpdateAccessKey', (UserName) =>
      this.client.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: id, Status: 'Inactive' })),
    );
  }

  async remove(id: string): Promise<void> {
    await this.ask('DeleteAccessKey', (UserName) =>
      this.client.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: id })),
    );
  }

  /** ISO 8601; undefined of one that was never used, or is gone. */
  async lastUse(id: string): Promise<string | undefined> {
    const found = await this.ask('GetAccessKeyLastUsed', () =>
      this.client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: id })),
    ).catch((error: unknown) => {
      if (error instanceof RunbookError && error.code === 'NotFound') return undefined;
      throw error;
    });
    return found?.AccessKeyLastUsed?.LastUsedDate?.toISOString();
  }

  private async ask<T>(action: string, call: (user: string) => Promise<T>): Promise<T> {
    try {
      return await call(this.user);
    } catch (error) {
      const code = codeOf(error, codes);
      const said = redact(messageOf(error).replaceAll(this.admin.secretAccessKey, '•••')).slice(0, 300);
      const next = code === 'Forbidden' ? `; the admin's key needs iam:${action} on this user` : '';
      // Without a cause: the SDK's error holds the request's headers.
      throw new RunbookError(code, `iam user ${this.user}: ${action}: ${said} (${nameOf(error)})${next}`);
    }
  }
}
