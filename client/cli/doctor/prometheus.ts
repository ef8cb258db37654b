import { check, type Finding } from './findings.js';

const readyTimeoutMs = 5000;

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return String((cause as NodeJS.ErrnoException | undefined)?.code ?? (error instanceof Error ? error.message : error));
}

/** Prometheus: needed by canaries only. */
export function examinePrometheus(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const address = environment['PROMETHEUS_URL'];
  return check('Prometheus', 'canaries need it: set PROMETHEUS_URL to its address', async () => {
    if (!address) throw new Error('PROMETHEUS_URL is not set');
    const url = new URL('-/ready', address.endsWith('/') ? address : `${address}/`);
    let response: Response;
    try {
      response = await fetch(url, { signal: AbortSignal.timeout(readyTimeoutMs) });
    } catch (error) {
      throw new Error(`${url.href}: ${reasonOf(error)}`, { cause: error });
    }
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${url.href} answered ${response.status}`);
    return address;
  });
}
