import { isIPv4 } from 'node:net';

/** Refuses every address that is not this machine or the stack's own cluster: load is for nobody else. */
export function parseTarget(text: string): URL {
  const url = new URL(text);
  const host = url.hostname;
  const ours = host === 'localhost' || host === '[::1]' || (isIPv4(host) && /^(127|10)\./.test(host));
  if (url.protocol !== 'http:' || !ours) {
    throw new Error(`load: ${text} is refused; wanted an http address on loopback or in 10.0.0.0/8`);
  }
  return url;
}
