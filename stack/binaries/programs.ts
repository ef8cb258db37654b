import { goModule } from '../locations.js';
import { storefrontSource } from '../storefront/index.js';
import type { GoProgram } from './go.js';

const strip = ['-ldflags', '-s -w'];
const kubernetesVersion = ['gitVersion=v1.36.3', 'gitMajor=1', 'gitMinor=36']
  .map((setting) => `-X k8s.io/component-base/version.${setting}`)
  .join(' ');

/** The Temporal server with its Web UI on SQLite. */
export const temporalServer: GoProgram = { name: 'temporal', source: goModule('temporal-server'), flags: strip };

/** etcd, control plane, kubelet and kube-proxy in one binary, which acts by the name it is called by. */
export const kube: GoProgram = {
  name: 'kube',
  source: goModule('kube'),
  flags: ['-ldflags', `-s -w ${kubernetesVersion}`],
};

/** Prometheus without service discovery of clouds: the stack writes its targets to a file. */
export const prometheus: GoProgram = {
  name: 'prometheus',
  source: goModule('prometheus'),
  flags: ['-tags', 'netgo,remove_all_sd', ...strip],
  target: 'github.com/prometheus/prometheus/cmd/prometheus',
};

/** An S3 gateway over a directory: multipart uploads, versions, object locks. */
export const versitygw: GoProgram = {
  name: 'versitygw',
  source: goModule('versitygw'),
  flags: strip,
  target: 'github.com/versity/versitygw/cmd/versitygw',
};

/** Reads and writes encrypted files in Git. */
export const sops: GoProgram = {
  name: 'sops',
  source: goModule('sops'),
  flags: strip,
  target: 'github.com/getsops/sops/v3/cmd/sops',
};

/** The process that holds a pod's namespaces. */
export const pause: GoProgram = { name: 'pause', source: goModule('pause'), flags: strip };

/** The part of the sample shop that lives on a database. */
export const orders: GoProgram = { name: 'orders', source: goModule('orders'), flags: strip };

/** A consumer of any credential, which shows what it has. */
export const holder: GoProgram = { name: 'holder', source: goModule('holder'), flags: strip };

/** The sample service. */
export const storefront: GoProgram = { name: 'storefront', source: storefrontSource, flags: strip };
