import type { ImageSpec } from '../images/image.js';
import { goModule } from '../locations.js';

export { storefrontManifests } from './manifests.js';

/** The directory of the Go program; the stack builds it once, static, and caches the binary. */
export const storefrontSource = goModule('storefront');

/** The image's name without its tag. */
export const storefrontRepository = 'registry.local/storefront';

/** Every tag is the same binary; what differs is the environment that the image bakes in. */
const environmentByTag: Record<string, string[]> = {
  '1.4.0': [],
  '1.5.0': [],
  '1.6.0': ['ERROR_RATE=0.2'],
  '1.7.0': ['LATENCY_MS=400'],
  '1.8.0': ['CRASH=the configuration key "catalogue" is missing'],
};

/** The images of the sample service: two good versions, a failing, a slow and a crashing one. */
export function storefrontImages(binary: string, busybox = '/usr/bin/busybox'): ImageSpec[] {
  return Object.entries(environmentByTag).map(([tag, environment]) => ({
    reference: `${storefrontRepository}:${tag}`,
    files: [...storefrontFiles(binary), ...shellFiles(busybox)],
    entrypoint: ['/bin/storefront'],
    env: [`VERSION=${tag}`, ...environment],
  }));
}

function storefrontFiles(binary: string): ImageSpec['files'] {
  return [
    { path: '/bin/storefront', mode: 0o755, source: binary },
    { path: '/bin/alembic', mode: 0o777, source: { link: 'storefront' } },
  ];
}

// Jobs run `sh -c` in this image, so it carries a shell and the commands that scripts use.
const applets =
  'sh cat cp cut date echo env false find grep head kill ls mkdir mv printf ps rm sed sleep sort tail test touch true wc wget';

function shellFiles(busybox: string): ImageSpec['files'] {
  return [
    { path: '/bin/busybox', mode: 0o755, source: busybox },
    ...applets.split(' ').map((name) => ({ path: `/bin/${name}`, mode: 0o777, source: { link: 'busybox' } })),
    {
      path: '/etc/passwd',
      mode: 0o644,
      source: { content: 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' },
    },
    { path: '/tmp', mode: 0o1777, source: { directory: true } },
    { path: '/etc/group', mode: 0o644, source: { content: 'root:x:0:\nnogroup:x:65534:\n' } },
  ];
}
