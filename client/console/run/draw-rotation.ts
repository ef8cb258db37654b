import type { Handle } from '../../../core/credential.js';
import type { RotationState, RunRecord } from '../../../core/record.js';
import { h } from '../dom.js';
import type { Stage } from '../page.js';
import { badge, facts, section, table, told } from '../parts.js';
import type { Tone } from '../tone.js';
import { addresses } from '../route.js';

function drawHandle({ user, fingerprint }: Handle): HTMLElement {
  return h('span', {}, user, ' ', fingerprint !== undefined && h('code', {}, fingerprint));
}

/** Which version of a credential took the place of which, and what has become of the old one. */
export function drawRotation({ rotation }: RunRecord, { words, formats }: Stage): Node[] {
  if (!rotation) return [];
  const { labels, reasons, alive } = words.rotation;
  const { credential, reason, old, new: next, oldExpiresAt, oldRevokedAt, provedAt } = rotation;
  const date = (at: string) => formats.time(at, formats.exact(at));
  return [
    section(
      words.headings.rotation,
      facts([
        [words.credentials.credential, credential],
        [words.labels.reason, reasons[reason]],
        [labels.old, drawHandle(old)],
        [labels.new, drawHandle(next)],
        oldRevokedAt === undefined && oldExpiresAt !== undefined
          ? [labels.expires, date(oldExpiresAt)]
          : [labels.revoked, oldRevokedAt === undefined ? alive : date(oldRevokedAt)],
        [labels.proved, provedAt === undefined ? undefined : date(provedAt)],
      ]),
    ),
  ];
}

const tones: Record<RotationState['state'], Tone> = {
  waiting: 'quiet',
  rotating: 'live',
  proven: 'good',
  failed: 'bad',
};

/** How far a run is that replaces several credentials. */
export function drawRotations({ rotations }: RunRecord, { words }: Stage): Node[] {
  if (!rotations || rotations.length === 0) return [];
  const { credentials } = words;
  const columns = [
    {
      heading: credentials.credential,
      kind: 'lead' as const,
      cell: ({ credential, workflowId }: RotationState) => h('a', { href: addresses.run(workflowId) }, credential),
    },
    { heading: credentials.service, cell: ({ service }: RotationState) => service },
    {
      heading: words.runs.state,
      cell: ({ state }: RotationState) => badge(tones[state], words.rotation.states[state]),
    },
    { heading: words.ledger.why, cell: ({ why }: RotationState) => (why === undefined ? undefined : told(why)) },
  ];
  return [
    section(
      words.headings.rotation,
      table(words.headings.rotation, columns, rotations, ({ workflowId }) => workflowId),
    ),
  ];
}
