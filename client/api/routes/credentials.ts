import { z } from 'zod';
import { mayDo } from '../../../policies/access.js';
import { readRotations } from '../../rotation-files.js';
import { readCredentials } from '../../runs/read-credentials.js';
import { demand, type Api, type ApiParts } from '../parts.js';
import { answers } from '../schemas.js';
import { sharedRead } from '../shared-read.js';

/** Stores and providers are asked for each credential: not for each page that is opened. */
const holdsMs = 60_000;

const Status = z
  .looseObject({
    credential: z.string(),
    service: z.string(),
    environment: z.string(),
    maximumAgeSeconds: z.number(),
    debts: z.array(z.string()),
  })
  .meta({ id: 'CredentialStatus' });

/** How credentials stand: ages, proofs, debts. Never a value. */
export function credentialRoutes(api: Api, parts: ApiParts): void {
  const { session, readAccess, runbooks } = parts;
  const read = sharedRead(holdsMs, async () => {
    const { runbooks: rotations } = await readRotations([runbooks], { set: new Map(), process: {} });
    return { credentials: await readCredentials(session, rotations), at: new Date().toISOString() };
  });
  api.get(
    '/v1/credentials',
    {
      schema: {
        summary: 'How the credentials of the server’s rotation runbooks stand',
        response: answers(z.object({ credentials: z.array(Status), at: z.string() })),
      },
    },
    async (request) => {
      const identity = await demand(parts, request, { verb: 'read', kind: 'rotate' });
      const access = await readAccess();
      const { credentials, at } = await read();
      const mayRead = ({ environment, service }: (typeof credentials)[number]) =>
        mayDo(access, identity, { verb: 'read', kind: 'rotate', environment, service }).allowed;
      return { credentials: credentials.filter(mayRead).map((each) => ({ ...each })), at };
    },
  );
}
