import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { ControlPlaneNetwork } from './network.js';

const days = '3650';
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** The group of the API server's own certificate when it asks a kubelet for logs, exec and port-forward. */
export const kubeletClients = 'trb:kubelet-clients';

/** Makes an authority and every key pair of the control plane and the node. */
export async function createCertificates(directory: string, network: ControlPlaneNetwork): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const authority = ['-subj', '/CN=trb-ca', '-keyout', 'ca.key', '-out', 'ca.crt', '-days', days];
  await openssl(directory, ['req', '-x509', ...newKey, ...authority]);
  const client = 'extendedKeyUsage=clientAuth';
  await Promise.all([
    createPair(directory, 'apiserver', '/CN=kube-apiserver', serverExtension(apiServerNames(network))),
    createPair(directory, 'node', `/CN=${network.nodeName}`, serverExtension(nodeNames(network))),
    createPair(directory, 'apiserver-kubelet', `/O=${kubeletClients}/CN=kube-apiserver-kubelet-client`, client),
    createPair(directory, 'admin', '/O=system:masters/CN=admin', client),
    createPair(directory, 'kubelet', `/O=system:nodes/CN=system:node:${network.nodeName}`, client),
    createPair(directory, 'controller-manager', '/CN=system:kube-controller-manager', client),
    createPair(directory, 'scheduler', '/CN=system:kube-scheduler', client),
    createPair(directory, 'proxy', '/CN=system:kube-proxy', client),
    createServiceAccountKey(directory),
  ]);
}

/** A kubeconfig with everything in it, so that the file alone is enough, wherever it is copied. */
export async function renderKubeconfig(directory: string, user: string, server: string): Promise<string> {
  const [authority, certificate, key] = await Promise.all(
    ['ca.crt', `${user}.crt`, `${user}.key`].map((file) => readFile(join(directory, file), 'base64')),
  );
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'stack', cluster: { server, 'certificate-authority-data': authority } }],
      users: [{ name: user, user: { 'client-certificate-data': certificate, 'client-key-data': key } }],
      contexts: [{ name: 'stack', context: { cluster: 'stack', user } }],
      'current-context': 'stack',
    },
    null,
    2,
  )}\n`;
}

function apiServerNames(network: ControlPlaneNetwork): string[] {
  const names = [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const addresses = ['127.0.0.1', network.nodeAddress, network.apiServiceAddress];
  return [...new Set(addresses.map((address) => `IP:${address}`)), ...names.map((name) => `DNS:${name}`)];
}

function nodeNames(network: ControlPlaneNetwork): string[] {
  return [`IP:${network.nodeAddress}`, `DNS:${network.nodeName}`];
}

function serverExtension(names: string[]): string {
  return `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth`;
}

async function createPair(directory: string, name: string, subject: string, extension: string): Promise<void> {
  await writeFile(join(directory, `${name}.extension`), `${extension}\n`);
  await openssl(directory, ['req', ...newKey, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.request`]);
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', `0x${serialOf(name)}`];
  const files = ['-in', `${name}.request`, '-out', `${name}.crt`, '-extfile', `${name}.extension`];
  await openssl(directory, ['x509', '-req', ...authority, ...files, '-days', days]);
}

async function createServiceAccountKey(directory: string): Promise<void> {
  const key = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'service-account.key'];
  await openssl(directory, ['genpkey', ...key]);
  await openssl(directory, ['pkey', '-in', 'service-account.key', '-pubout', '-out', 'service-account.pub']);
}

// The pairs are made at the same time, so they cannot share openssl's serial number file.
function serialOf(name: string): string {
  return Buffer.from(name).toString('hex').slice(0, 38);
}

async function openssl(directory: string, parameters: string[]): Promise<void> {
  await execa('openssl', parameters, { cwd: directory, timeout: 30_000 });
}
