import { z } from 'zod';

const Reference = z.object({ name: z.string(), uid: z.string() });

const Claims = z.object({
  exp: z.number().optional(),
  'kubernetes.io': z.object({ secret: Reference.optional() }).optional(),
  // As tokens without an end say it, which stand in a Secret themselves.
  'kubernetes.io/serviceaccount/secret.name': z.string().optional(),
});

/** What a token says of itself; nobody has checked it. */
export interface TokenClaims {
  /** The Secret with which it dies. */
  secret?: { name: string; uid?: string };
  /** ISO 8601. */
  expiresAt?: string;
}

/**
 * Reads the claims of a service account's token; nothing of what is none.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
 */
export function claimsOf(token: string): TokenClaims {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const { exp, ...claims } = Claims.parse(JSON.parse(payload));
    const legacy = claims['kubernetes.io/serviceaccount/secret.name'];
    const secret = claims['kubernetes.io']?.secret ?? (legacy === undefined ? undefined : { name: legacy });
    return { ...(secret && { secret }), ...(exp !== undefined && { expiresAt: new Date(exp * 1000).toISOString() }) };
  } catch {
    // Not even the parser's message is kept: it may quote the token.
    return {};
  }
}
