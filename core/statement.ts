import { createHash, type webcrypto } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT, type JWK } from 'jose';
import type { Identity } from './access.js';
import { canonicalJson } from './canonical-json.js';
import { messageOf, RunbookError } from './errors.js';
import type { Vote } from './record.js';

const algorithm = 'EdDSA';

/** Longest time between saying something and a worker that reads it: what waits longer in Temporal is said again. */
const validSeconds = 600;

/** What the API vouches for: who said it, and how that was proven. */
interface Spoken {
  by: Identity;
}

/** A vote for one attempt of one run's gate: it cannot be counted anywhere else. */
export interface VoteStatement extends Spoken, Pick<Vote, 'verdict' | 'plan' | 'comment'> {
  workflowId: string;
  runId: string;
  attempt: number;
}

/** Who asked for a run. Its own id is not known yet: the lock's is, and what it was asked to do. */
interface StartStatement extends Spoken {
  workflowId: string;
  /** Hash of what it was asked to do. */
  input: string;
}

/** A browser that was sent to an issuer to log in: what the issuer's answer has to fit. */
export interface LoginStatement {
  issuer: string;
  state: string;
  nonce: string;
  /** The secret behind the challenge that the issuer was given: https://www.rfc-editor.org/rfc/rfc7636 */
  verifier: string;
}

interface Statements {
  vote: VoteStatement;
  start: StartStatement;
  login: LoginStatement;
  /** Who has logged in to the console. */
  session: Spoken;
}

/** A session lasts longer than a vote; after it the issuer is asked again, for groups may have changed. */
const validFor = { vote: validSeconds, start: validSeconds, login: validSeconds, session: 3600 } as const;

/** The key by which an API signs, with its name. */
export interface SigningKey {
  kid: string;
  privateKey: webcrypto.CryptoKey;
}

/** Public half of a signing key, as the access file names it. */
export interface PublicKey {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  kid: string;
}

/** A new pair: the private half for the API's file, the public one for the access file. */
export async function makeSigningKey(): Promise<{ privateKey: JWK; publicKey: PublicKey }> {
  const pair = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true });
  const secret = await exportJWK(pair.privateKey);
  const kid = (await calculateJwkThumbprint(secret)).slice(0, 12);
  return { privateKey: { ...secret, kid }, publicKey: { kty: 'OKP', crv: 'Ed25519', x: secret.x ?? '', kid } };
}

/** @throws RunbookError InvalidSettings; nothing of the key is in it. */
export async function parseSigningKey(text: string, where: string): Promise<SigningKey> {
  const wrong = (found: string) =>
    new RunbookError('InvalidSettings', `${where}: expected a key that "runbook auth keys" made, found ${found}`);
  let jwk: JWK | null;
  try {
    jwk = JSON.parse(text) as JWK | null;
  } catch {
    throw wrong('no JSON');
  }
  if (typeof jwk?.kid !== 'string' || typeof jwk.d !== 'string') throw wrong('another one');
  const privateKey = await importJWK(jwk, algorithm).catch(() => undefined);
  if (!privateKey || privateKey instanceof Uint8Array) throw wrong('another one');
  return { kid: jwk.kid, privateKey };
}

/** Vouches for what somebody whose name was proven has said. */
export async function sign<Kind extends keyof Statements>(
  kind: Kind,
  statement: Statements[Kind],
  { kid, privateKey }: SigningKey,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ statement })
    .setProtectedHeader({ alg: algorithm, kid })
    .setAudience(kind)
    .setIssuedAt(now)
    .setExpirationTime(now + validFor[kind])
    .sign(privateKey);
}

/**
 * What was said, if one of the keys has signed it, for this purpose and not long ago.
 * @throws RunbookError Refused with the reason.
 */
export async function readStatement<Kind extends keyof Statements>(
  kind: Kind,
  token: string,
  keys: readonly PublicKey[],
  now: Date,
): Promise<Statements[Kind]> {
  try {
    const findKey = ({ kid }: { kid?: string }) => {
      const key = keys.find((each) => each.kid === kid);
      if (!key) throw new Error(`no key "${kid}" is known`);
      return importJWK(key, algorithm);
    };
    const { payload } = await jwtVerify(token, findKey, {
      algorithms: [algorithm],
      audience: kind,
      requiredClaims: ['iat', 'exp'],
      maxTokenAge: validFor[kind],
      clockTolerance: 30,
      currentDate: now,
    });
    return payload['statement'] as Statements[Kind];
  } catch (error) {
    throw new RunbookError('Refused', `expected a ${kind} that the API has signed, found ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Hash of what a run was asked to do: all of its input but who asked for it. */
export function hashOfStart(input: object): string {
  return createHash('sha256').update(canonicalJson(input)).digest('hex');
}
