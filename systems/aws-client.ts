import type { ErrorCode } from '../core/errors.js';
import type { AccessKey } from './access-key.js';

/** Where a service with Amazon's protocol is. */
export interface AwsPlace {
  region: string;
  /** Of a server other than Amazon's. */
  endpoint?: string | undefined;
}

const [connectMs, requestMs] = [5000, 10_000];
const silent = () => undefined;

/** How a client of such a service is made. Without a key the worker's own is taken: of its instance, its pod's role, its environment. */
export function clientOptions({ region, endpoint }: AwsPlace, credentials?: AccessKey) {
  // Would tell on stderr, in each process, which Node the next year's SDK wants.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    // A call whose answer is lost is repeated by the activity, after a look at what it has done.
    maxAttempts: 1,
    requestHandler: {
      ...{ connectionTimeout: connectMs, requestTimeout: requestMs, throwOnRequestTimeout: true },
      // A client lives no longer than an activity: nobody would use a connection that it keeps.
      httpAgent: { keepAlive: false },
      httpsAgent: { keepAlive: false },
    },
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
  };
}

/** What a service calls an error; "Error" where none has answered. */
export function nameOf(error: unknown): string {
  const { name } = error as { name?: unknown };
  return typeof name === 'string' ? name : 'Error';
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html */
const refusedCaller =
  /AccessDenied|NotAuthorized|InvalidClientTokenId|UnrecognizedClient|Signature|ExpiredToken|OptInRequired/;

/** What an error means here: as the service's own names say, else as all of Amazon's do. */
export function codeOf(error: unknown, codes: Readonly<Record<string, ErrorCode>>): ErrorCode {
  const [name, status] = [nameOf(error), statusOf(error)];
  const known = codes[name];
  if (known) return known;
  if (refusedCaller.test(name)) return 'Forbidden';
  return status === undefined || status >= 500 || status === 429 ? 'SystemUnreachable' : 'Refused';
}
