import type { Handle } from '../../../core/credential.js';
import type { RunRecord } from '../../../core/record.js';
import type { Look } from '../look.js';
import { alignColumns, indent } from './text.js';
import { formatDate } from './times.js';

function show({ user, fingerprint }: Handle, { colours }: Look): string {
  return fingerprint === undefined ? user : `${user} ${colours.dim(fingerprint)}`;
}

/** Which version took the place of which, and exactly one of: until when the old one lives, since when it is dead. */
export function renderRotation({ rotation }: RunRecord, look: Look): string[] {
  if (!rotation) return [];
  const { words, colours } = look;
  const { labels } = words.rotation;
  const { credential, reason, old, new: next, oldExpiresAt, oldRevokedAt, provedAt } = rotation;
  const date = (at: string) => formatDate(at, look, 'zone');
  const fate =
    oldRevokedAt !== undefined
      ? [labels.revoked, colours.green(date(oldRevokedAt))]
      : oldExpiresAt !== undefined
        ? [labels.expires, colours.yellow(date(oldExpiresAt))]
        : [labels.revoked, colours.yellow(words.rotation.alive)];
  const rows = [
    [labels.old, show(old, look)],
    [labels.new, show(next, look)],
    fate,
    ...(provedAt === undefined ? [] : [[labels.proved, colours.green(date(provedAt))]]),
  ];
  const painted = rows.map(([label = '', value = '']) => [colours.dim(label), value]);
  const heading = `${colours.bold(words.headings.rotation)} ${credential} · ${words.rotation.reasons[reason]}`;
  return [heading, ...indent(alignColumns(painted))];
}
