import { execFileSync } from 'node:child_process';
import type { ImageFile, ImageSpec } from './image.js';

/** The image whose process holds a pod's namespaces. */
export function pauseImage(binary: string): ImageSpec {
  return {
    reference: 'registry.local/pause:3.10',
    files: [{ path: '/pause', mode: 0o755, source: binary }],
    entrypoint: ['/pause'],
    user: '65535:65535',
  };
}

/** A shell with the usual commands, for Jobs and for looking around. */
export function busyboxImage(binary: string): ImageSpec {
  const applets = execFileSync(binary, ['--list'], { encoding: 'utf8', timeout: 5000 }).split('\n').filter(Boolean);
  const links = applets
    .filter((applet) => applet !== 'busybox')
    .map((applet): ImageFile => ({ path: `/bin/${applet}`, mode: 0o777, source: { link: 'busybox' } }));
  const users = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n';
  return {
    reference: 'registry.local/busybox:1',
    files: [
      { path: '/bin/busybox', mode: 0o755, source: binary },
      ...links,
      { path: '/etc/passwd', mode: 0o644, source: { content: users } },
      { path: '/etc/group', mode: 0o644, source: { content: 'root:x:0:\nnogroup:x:65534:\n' } },
      { path: '/tmp', mode: 0o1777, source: { directory: true } },
      { path: '/root', mode: 0o700, source: { directory: true } },
    ],
    entrypoint: ['/bin/sh'],
  };
}
