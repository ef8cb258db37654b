import type { Say } from '../progress.js';
import { canInstallPackages, installPackages, prometheusPackages } from './debian.js';
import { findExecutable, findNamedBinary } from './find-executable.js';
import { buildGoProgram, type GoProgram } from './go.js';
import { kube, prometheus, sops, temporalServer, versitygw } from './programs.js';

/** The Temporal server: one that is named, the `temporal` command, or our own build. */
export async function obtainTemporal(say: Say, signal?: AbortSignal): Promise<string> {
  return find('temporal', 'temporal', say) ?? (await buildOrFind(temporalServer, say, signal));
}

/** The Kubernetes binary; none on PATH would do, for it is several programs in one. */
export async function obtainKube(say: Say, signal?: AbortSignal): Promise<string> {
  return find('kube', undefined, say) ?? (await buildOrFind(kube, say, signal));
}

/** Prometheus: one that is named or on PATH, Debian's, or our own build. */
export async function obtainPrometheus(say: Say, signal?: AbortSignal): Promise<string> {
  const found = find('prometheus', 'prometheus', say);
  if (found !== undefined) return found;
  if (!canInstallPackages()) return buildOrFind(prometheus, say, signal);
  await installPackages('prometheus', prometheusPackages, say, signal);
  return findExecutable('prometheus') ?? (await buildOrFind(prometheus, say, signal));
}

/** The S3 server: one that is named or on PATH, or our own build. */
export async function obtainVersitygw(say: Say, signal?: AbortSignal): Promise<string> {
  return find('versitygw', 'versitygw', say) ?? (await buildOrFind(versitygw, say, signal));
}

/** SOPS: one that is named or on PATH, or our own build. */
export async function obtainSops(say: Say, signal?: AbortSignal): Promise<string> {
  return find('sops', 'sops', say) ?? (await buildOrFind(sops, say, signal));
}

/** A program of ours that is built here, and said so only when it takes time. */
export async function buildOrFind(program: GoProgram, say: Say, signal?: AbortSignal): Promise<string> {
  return findNamedBinary(program.name) ?? (await buildGoProgram(program, say, signal));
}

function find(name: string, command: string | undefined, say: Say): string | undefined {
  const binary = findNamedBinary(name) ?? (command === undefined ? undefined : findExecutable(command));
  if (binary !== undefined) say(`${name}: found ${binary}`);
  return binary;
}
