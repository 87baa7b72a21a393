import { expect, test } from 'vitest';
import type { RouteGate } from '#speaker/desired/bgp/contributions.ts';
import { routeAnnouncements, routesWithheld } from '#speaker/report/bgp/route-announcements.ts';
import { ip, service } from '../../views.ts';

const web = service('web', ['192.0.2.200']);
const mail = service('mail', ['192.0.2.201']);
const view = { peersOfService: new Map([[web, ['router']]]), gated: [] };

const gatedMail = (gate: RouteGate) => ({ ip: ip('192.0.2.201'), service: mail, gate });

function gatedBy(gate: RouteGate) {
  const gated = [gatedMail(gate)];
  return routeAnnouncements({ ...view, gated }, [], gated, 'n1');
}

test('a Service is announced where peers hold it', () => {
  const shown = [{ service: web, ips: [ip('192.0.2.200')], peers: ['router'] }];
  expect(routeAnnouncements(view, shown, [], 'n1')).toEqual({
    announcing: [{ service: web, how: { ips: ['192.0.2.200'], peers: ['router'] } }],
    spokenFor: [web],
    failing: [],
    givenUp: new Map(),
  });
});

test.each([
  ['noEndpoints', true],
  ['notInPool', true],
  ['noLocalEndpoints', true],
  ['kubeProxyNotReady', false],
  ['duplicateAddress', false],
  ['addressIsNodeAddress', false],
] as const)('%s is told of the address; quietly: %s', (gate, isQuiet) => {
  expect(gatedBy(gate).failing).toEqual([
    {
      ip: '192.0.2.201',
      service: mail,
      reason: gate,
      message: expect.stringMatching(/^192\.0\.2\.201 is not announced by BGP from node "n1": ./),
      isQuiet,
    },
  ]);
});

test('only what goes to other nodes for want of local endpoints is given up', () => {
  expect(gatedBy('noEndpoints').spokenFor).toEqual([web, mail]);
  expect(gatedBy('noEndpoints').givenUp.size).toBe(0);
  expect(gatedBy('noLocalEndpoints').spokenFor).toEqual([web]);
  expect([...gatedBy('noLocalEndpoints').givenUp.keys()]).toEqual(['uid-mail']);
});

test.each([
  ['nodeNetworkUnavailable', 'NodeNetworkUnavailable', 'NetworkUnavailable is True'],
  ['nodeExcluded', 'NodeExcluded', '--ignore-exclude-lb'],
  ['nodeDraining', 'NodeDraining', 'drained'],
] as const)('%s is told once for the node, and of no address', (gate, reason, words) => {
  expect(gatedBy(gate).failing).toEqual([]);
  const conditions = routesWithheld({ gated: [gatedMail('noEndpoints'), gatedMail(gate)] });
  expect(conditions).toMatchObject([{ type: 'RoutesWithheld', status: 'True', reason }]);
  expect(conditions[0]?.message).toContain(words);
});

test('a node that announces has no condition', () => {
  expect(routesWithheld({ gated: [gatedMail('noEndpoints')] })).toEqual([]);
});
