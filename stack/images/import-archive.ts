import { execa } from 'execa';

/** Hands the images of an archive to the containerd that listens on this socket. */
export async function importArchive(containerdSocket: string, archive: string): Promise<void> {
  const parameters = ['-a', containerdSocket, '-n', 'k8s.io', 'images', 'import', archive];
  await execa('ctr', parameters, { timeout: 120_000 });
}
