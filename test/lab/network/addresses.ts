// The address plan of the lab, and the only place that knows it.

/** Nodes are numbered from 1; their addresses and MACs count on from .10 and :10. */
export type NodeNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

export const serviceNetworks = ['10.96.0.0/16', 'fd00:10:96::/112'] as const;
export const podNetworks = ['10.244.0.0/16', 'fd00:244::/32'] as const;

/** The LAN: nodes, client, router. */
export const lanBits = { ipv4: 24, ipv6: 64 } as const;
export const client = { ipv4: '192.0.2.100', ipv6: '2001:db8:b::100', mac: '02:50:00:00:01:00' } as const;
export const router = {
  lan: { ipv4: '192.0.2.1', ipv6: '2001:db8:b::1', mac: '02:50:00:00:00:01' },
  external: { ipv4: '203.0.113.1', ipv6: '2001:db8:e::1' },
} as const;

/** Beyond the router. */
export const outside = { ipv4: '203.0.113.2', ipv6: '2001:db8:e::2' } as const;
export const externalBits = { ipv4: 24, ipv6: 64 } as const;

/** The management network: apiserver and nodes, apart from the LAN so that a fault of one never cuts the other. */
export const management = { root: '172.31.0.1', bits: 24 } as const;
export const apiserver = { address: management.root, port: 6443 } as const;

export interface NodeAddresses {
  readonly name: string;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly management: string;
  readonly pod: PodAddresses;
}

/** The pod network of one node: its gateway on the node, and the one pod behind it. */
export interface PodAddresses {
  readonly name: string;
  readonly networks: readonly [ipv4: string, ipv6: string];
  readonly gateway: { readonly ipv4: string; readonly ipv6: string };
  readonly ipv4: string;
  readonly ipv6: string;
  readonly bits: { readonly ipv4: number; readonly ipv6: number };
}

export function nodeAddresses(number: NodeNumber): NodeAddresses {
  const host = 10 + number;
  return {
    name: `n${number}`,
    mac: `02:50:00:00:00:${(0x10 + number).toString(16)}`,
    ipv4: `192.0.2.${host}`,
    ipv6: `2001:db8:b::${host}`,
    management: `172.31.0.${host}`,
    pod: {
      name: `p${number}`,
      networks: [`10.244.${number}.0/24`, `fd00:244:${number}::/64`],
      gateway: { ipv4: `10.244.${number}.1`, ipv6: `fd00:244:${number}::1` },
      ipv4: `10.244.${number}.2`,
      ipv6: `fd00:244:${number}::2`,
      bits: { ipv4: 24, ipv6: 64 },
    },
  };
}
