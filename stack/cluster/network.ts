/** Where one stack's node lives: its slot decides every address, so that no two stacks on a machine overlap. */
export interface NodeNetwork {
  slot: number;
  nodeName: string;
  /** The network namespace of the node. */
  namespace: string;
  /** The host's end of the veth pair; at most 15 characters. */
  link: string;
  hostAddress: string;
  nodeAddress: string;
  nodeRange: string;
  podRange: string;
  serviceRange: string;
  /** The address of Service `kubernetes`, the first of the range. */
  apiServiceAddress: string;
  cgroup: string;
}

/** What the control plane knows of its node, which may be simulated. */
export type ControlPlaneNetwork = Pick<
  NodeNetwork,
  'nodeName' | 'nodeAddress' | 'podRange' | 'serviceRange' | 'apiServiceAddress'
>;

/** How many stacks with a cluster fit on a machine. */
export const slotCount = 16;

/** The network of the stack `name` in a slot: 10.200.S.0/24, pods 10.244.S.0/24, Services a sixteenth of 10.96.0.0/16. */
export function describeNetwork(slot: number, name: string): NodeNetwork {
  return {
    slot,
    nodeName: `trb-${name}`,
    namespace: `trb-${slot}-${name}`,
    link: `trb${slot}`,
    hostAddress: `10.200.${slot}.254`,
    nodeAddress: `10.200.${slot}.1`,
    nodeRange: `10.200.${slot}.0/24`,
    podRange: `10.244.${slot}.0/24`,
    serviceRange: `10.96.${slot * 16}.0/20`,
    apiServiceAddress: `10.96.${slot * 16}.1`,
    cgroup: `trb-${slot}-${name}`,
  };
}

/** Whether two IPv4 ranges, such as 10.0.0.0/8, have an address in common. */
export function rangesOverlap(left: string, right: string): boolean {
  const [leftStart, leftBits] = parseRange(left);
  const [rightStart, rightBits] = parseRange(right);
  const shared = 2 ** (32 - Math.min(leftBits, rightBits));
  return Math.floor(leftStart / shared) === Math.floor(rightStart / shared);
}

function parseRange(range: string): [start: number, bits: number] {
  const [address = '', bits = '32'] = range.split('/');
  return [address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), Number(bits)];
}
