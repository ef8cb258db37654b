import { examineBackup } from './backup.js';
import type { Finding } from './findings.js';
import { examineKubernetes, type ExaminedNamespaces } from './kubernetes.js';
import { examinePeople } from './people.js';
import { examinePrometheus } from './prometheus.js';
import { examineKeyRing, examineTemporal } from './temporal.js';

/** Every check, side by side; in the order in which people set things up. */
export async function examineEverything(
  environment: NodeJS.ProcessEnv,
  examined: ExaminedNamespaces,
): Promise<Finding[]> {
  const findings = await Promise.all([
    examineKeyRing(environment),
    examineTemporal(environment),
    examineKubernetes(examined),
    examinePrometheus(environment),
    examineBackup(environment),
    examinePeople(environment),
  ]);
  return findings.flat();
}
