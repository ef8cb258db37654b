import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Container } from '@kubernetes/client-node';

/**
 * Tells whenever a container's readiness changes, until the signal. Only probes by HTTP are made, at the times of
 * https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/; with any other, or none, it is ready at once.
 */
export async function followReadiness(
  container: V1Container,
  localPorts: Readonly<Record<string, number>>,
  signal: AbortSignal,
  tell: (isReady: boolean) => void,
): Promise<void> {
  const probe = container.readinessProbe;
  if (probe?.httpGet === undefined) {
    tell(true);
    return;
  }
  const { path = '/', port } = probe.httpGet;
  const number = container.ports?.find(({ name }) => name === port)?.containerPort ?? port;
  const url = `http://127.0.0.1:${localPorts[String(number)]}${path}`;
  const pause = (seconds: number) => sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  await pause(probe.initialDelaySeconds ?? 0);
  let isReady = false;
  let [successes, failures] = [0, 0];
  while (!signal.aborted) {
    [successes, failures] = (await answersWell(url, probe.timeoutSeconds ?? 1))
      ? [successes + 1, 0]
      : [0, failures + 1];
    const isDue = isReady ? failures >= (probe.failureThreshold ?? 3) : successes >= (probe.successThreshold ?? 1);
    if (isDue && !isEnded(signal)) tell((isReady = !isReady));
    // While it is not ready, more often than asked for: a demo's release should not wait for whole seconds.
    await pause(isReady ? (probe.periodSeconds ?? 10) : Math.min(0.2, probe.periodSeconds ?? 10));
  }
}

async function answersWell(url: string, timeoutSeconds: number): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1000), redirect: 'manual' });
    await answer.body?.cancel();
    return answer.status >= 200 && answer.status < 400;
  } catch {
    return false; // refused or too slow: that is what is asked
  }
}

// A function, because the compiler takes what the loop's condition has seen for lasting.
function isEnded(signal: AbortSignal): boolean {
  return signal.aborted;
}
