import type { IncomingHttpHeaders } from 'node:http';
import type { Identity } from '../../../core/access.js';
import type { Access } from '../../../runbooks/access.js';

const plain = (address: string) => address.replace(/^::ffff:/, '');

/** Whose certificate a proxy has checked; undefined where none is configured, or somebody else says so. */
export function findByProxy(access: Access, headers: IncomingHttpHeaders, peer: string): Identity | undefined {
  const { proxy, people } = access;
  if (!proxy?.from.includes(plain(peer))) return undefined;
  const subject = headers[proxy.header.toLowerCase()];
  // One that is there twice, or empty, says nothing that can be relied on.
  if (typeof subject !== 'string' || subject === '') return undefined;
  const person = people.find(({ ids }) => ids['proxy'] === subject);
  return { name: person?.name ?? `proxy:${subject}`, via: 'proxy', groups: [] };
}
