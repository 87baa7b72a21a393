// A real kube-proxy in a node's namespace.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { nodeAddresses, podNetworks, type NodeNumber } from '../network/addresses.ts';
import { within } from '../network/namespace.ts';
import { binary, type Parts } from '../parts/parts.ts';
import { Program } from '../process/program.ts';

export type ProxyMode = 'nftables' | 'iptables';

export interface KubeProxyOptions {
  readonly parts: Parts;
  readonly directory: string;
  readonly logDirectory: string;
  readonly node: NodeNumber;
  readonly mode: ProxyMode;
  readonly kubeconfigPath: string;
}

export const kubeProxyHealthPort = 10256;

export function startKubeProxy(options: KubeProxyOptions): Program {
  const { name } = nodeAddresses(options.node);
  const config = join(options.directory, `kube-proxy-${name}.yaml`);
  writeFileSync(config, stringify(configuration(name, options)));
  return new Program({
    name: `kube-proxy-${name}`,
    logPath: join(options.logDirectory, `kube-proxy-${name}.log`),
    command: within(name, [binary(options.parts, 'kube-proxy'), `--config=${config}`]),
  });
}

function configuration(nodeName: string, { mode, kubeconfigPath }: KubeProxyOptions): object {
  const syncing = { minSyncPeriod: '100ms', syncPeriod: '30s' };
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode,
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig: kubeconfigPath },
    detectLocalMode: 'ClusterCIDR',
    clusterCIDR: podNetworks.join(','),
    healthzBindAddress: `0.0.0.0:${kubeProxyHealthPort}`,
    // The table's size belongs to the whole machine; a namespace may not set it.
    conntrack: { maxPerCore: 0, min: 0 },
    iptables: syncing,
    nftables: syncing,
  };
}
