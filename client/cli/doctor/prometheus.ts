import { check, type Finding, reasonOf } from './findings.js';

const readyTimeoutMs = 5000;

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
