// What the apiserver fills in, clears and refuses in a Service.
import { isIP } from 'node:net';
import { fieldsOf, isFields, listOf, type Fields } from '../object.ts';

const balances = (service: Fields): boolean => fieldsOf(service['spec'])['type'] === 'LoadBalancer';

/** With the defaults of its type; without what only load balancers have, once it is none any more. */
export function completedService(service: Fields, before: Fields | undefined): Fields {
  const given = fieldsOf(service['spec']);
  const { loadBalancerClass, allocateLoadBalancerNodePorts = true, ...others } = given;
  const isLoadBalancer = balances(service);
  const wasLoadBalancer = before !== undefined && balances(before);
  const hasNodePorts = isLoadBalancer || given['type'] === 'NodePort';
  const spec = {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ...(hasNodePorts ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(isLoadBalancer ? { allocateLoadBalancerNodePorts } : {}),
    ...(isLoadBalancer && loadBalancerClass !== undefined ? { loadBalancerClass } : {}),
    ...others,
    ports: listOf(given['ports']).map((port) => (isFields(port) ? completedPort(port) : port)),
  };
  return { ...service, spec, status: completedStatus(fieldsOf(service['status']), wasLoadBalancer && !isLoadBalancer) };
}

function completedPort(port: Fields): Fields {
  return { protocol: 'TCP', targetPort: port['port'], ...port };
}

function completedStatus({ loadBalancer, conditions, ...others }: Fields, isCleared: boolean): Fields {
  const { ingress, ...rest } = fieldsOf(loadBalancer);
  const entries = listOf(ingress).map((entry) => completedEntry(fieldsOf(entry)));
  return {
    ...others,
    loadBalancer: isCleared ? {} : { ...rest, ...(entries.length > 0 ? { ingress: entries } : {}) },
    ...(conditions === undefined
      ? {}
      : { conditions: listOf(conditions).map((condition) => ({ ...blankCondition, ...fieldsOf(condition) })) }),
  };
}

/** What a condition shows that was not said. */
const blankCondition = { lastTransitionTime: null, reason: '', message: '' };

/** An empty address is none. */
function completedEntry({ ip, ...rest }: Fields): Fields {
  return ip === undefined || ip === '' ? rest : { ip, ipMode: 'VIP', ...rest };
}

export function serviceProblems(service: Fields): readonly string[] {
  const entries = listOf(fieldsOf(fieldsOf(service['status'])['loadBalancer'])['ingress']);
  const path = 'status.loadBalancer.ingress';
  if (entries.length > 0 && !balances(service)) {
    return [`${path}: Forbidden: may only be used when \`spec.type\` is "LoadBalancer"`];
  }
  return entries.flatMap((entry, index) => ingressProblems(fieldsOf(entry), `${path}[${index}]`));
}

function ingressProblems({ ip, ipMode, hostname }: Fields, path: string): readonly string[] {
  const problems: string[] = [];
  if (ip !== undefined && !isAddress(ip)) problems.push(`${path}.ip: Invalid value: must be a valid IP address`);
  if (ip === undefined && ipMode !== undefined) {
    problems.push(`${path}.ipMode: Forbidden: may not be specified when \`ip\` is not set`);
  }
  if (ipMode !== undefined && ipMode !== 'VIP' && ipMode !== 'Proxy')
    problems.push(`${path}.ipMode: Unsupported value`);
  if (typeof hostname === 'string' && isIP(hostname) > 0) {
    problems.push(`${path}.hostname: Invalid value: must be a DNS name, not an IP address`);
  }
  return problems;
}

/** Any spelling of an IPv6 address, but none with a zone or of an IPv4 address (KEP-4858). */
function isAddress(ip: unknown): boolean {
  return typeof ip === 'string' && isIP(ip) > 0 && !ip.includes('%') && !/^::ffff:\d+\./i.test(ip);
}
