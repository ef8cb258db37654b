import tls from 'node:tls';

/** Where a server is asked which certificate it has. */
export interface TlsPlace {
  host: string;
  port: number;
  /** The name that is asked for; with it the certificate must have it. */
  servername?: string | undefined;
  /** Who must have signed it, as PEM; default: whom Node trusts. */
  ca?: string | undefined;
}

/** What a server has shown. */
export interface Presented {
  /** In hexadecimal digits, as Node writes it. */
  serialNumber: string;
  /** Whether whoever trusts the authority would trust it. */
  isTrusted: boolean;
}

/** Connects by TLS, sends nothing, and answers what was shown; undefined where there was no handshake within so many milliseconds. */
export function readPresented(place: TlsPlace, timeoutMs: number): Promise<Presented | undefined> {
  const { host, port, servername, ca } = place;
  return new Promise((resolve) => {
    const socket = tls.connect({
      ...{ host, port },
      ...(ca !== undefined && { ca }),
      // It is looked at whatever it is.
      rejectUnauthorized: false,
      ...(servername === undefined ? { checkServerIdentity: () => undefined } : { servername }),
    });
    const end = (found: Presented | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => end(undefined), timeoutMs);
    socket.once('secureConnect', () => {
      const { serialNumber } = socket.getPeerCertificate();
      end({ serialNumber, isTrusted: socket.authorized });
    });
    socket.on('error', () => end(undefined));
  });
}
