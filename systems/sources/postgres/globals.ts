import type { GlobalsProof } from '../../../core/manifest.js';
import type { Vault } from '../../vault/vault.js';
import type { Launch } from './launch.js';
import { Session } from './session.js';

/**
 * Makes the roles of a backup on a scratch server, without their passwords: what is restored belongs to somebody. Roles that are
 * there stay as they are.
 */
export async function restoreRoles(
  launch: Launch,
  proof: GlobalsProof,
  vault: Vault,
  signal: AbortSignal,
): Promise<number> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of vault.open(proof.statements, { signal })) chunks.push(chunk);
  const roles = Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.startsWith('CREATE ROLE '))
    .map((line) => line.slice('CREATE ROLE '.length).replace(/;$/, ''));
  const session = await Session.open(launch, 'postgres');
  try {
    // A name stays as pg_dumpall quoted it.
    for (const role of roles)
      await session.run(`do $role$ begin create role ${role}; exception when duplicate_object then null; end $role$`);
  } finally {
    await session.close();
  }
  return roles.length;
}
