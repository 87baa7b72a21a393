import { describe, expect, test } from 'vitest';
import {
  activeDrainSignals,
  clusterNodes,
  lansOf,
  ownCondition,
  type OwnSituation,
} from '#speaker/desired/surroundings.ts';
import { advertisement, inputs, ip, node, nodeId, pool } from '../views.ts';

test('the nodes of the cluster are told as the wire knows them', () => {
  const nodes = [
    node('n1', { addresses: [ip('192.0.2.11')] }),
    node('n2', { ready: false, taints: ['node.kubernetes.io/out-of-service'] }),
  ];
  expect(clusterNodes(inputs({ nodes, speakerNodes: new Set(['n1']) }))).toEqual([
    { id: nodeId('n1'), name: 'n1', addresses: ['192.0.2.11'], ready: true, speaker: true, outOfService: false },
    { id: nodeId('n2'), name: 'n2', addresses: [], ready: false, speaker: false, outOfService: true },
  ]);
});

test('pools count that some advertisement selects, and interfaces that some names', () => {
  const [lan, other] = [pool('lan', ['192.0.2.0/24']), pool('other', ['198.51.100.0/24'])];
  const advertisements = [
    advertisement('a', { selectsPool: ({ name }) => name === 'lan', interfaces: ['eth1'] }),
    advertisement('b', { selectsPool: () => false, interfaces: ['eth0', 'eth1'] }),
  ];
  expect(lansOf({ pools: [lan, other], advertisements })).toEqual({
    ranges: lan.ranges,
    namedInterfaces: ['eth0', 'eth1'],
  });
  expect(lansOf({ pools: [lan], advertisements: [] })).toEqual({ ranges: [], namedInterfaces: [] });
});

const plain: OwnSituation = {
  node: node('n1'),
  noClaim: false,
  cannotForward: false,
  ineligible: false,
  stale: false,
  leaving: false,
};
const nothing = { draining: false, noClaim: false, leaving: false, stale: false };
const draining = node('n1', { drainSignals: ['exclude-label'] });

describe('the own condition', () => {
  test.each<[string, Partial<OwnSituation>, object]>([
    ['is nothing special', {}, { flags: nothing, cannotForward: false, ending: false }],
    [
      'is that of a Node that is not known',
      { node: undefined },
      { flags: nothing, cannotForward: false, ending: false },
    ],
    ['takes nothing new', { noClaim: true }, { flags: { ...nothing, noClaim: true } }],
    ['cannot forward', { cannotForward: true }, { cannotForward: true }],
    ['has no network', { node: node('n1', { networkUnavailable: true }) }, { cannotForward: true }],
    ['drains', { node: draining }, { flags: { ...nothing, draining: true }, ending: false }],
    ['drains, says kube-proxy', { ineligible: true }, { flags: { ...nothing, draining: true }, ending: false }],
    ['ends and comes back', { leaving: true }, { flags: { ...nothing, leaving: true }, ending: false }],
    [
      'ends for good',
      { leaving: true, node: draining },
      { flags: { ...nothing, leaving: true, draining: true }, ending: true },
    ],
    ['knows the cluster from a file only', { stale: true }, { flags: { ...nothing, stale: true } }],
  ])('%s', (_, fields, condition) => {
    expect(ownCondition({ ...plain, ...fields })).toMatchObject(condition);
  });
});

test('drain signals are those of the Node and that of kube-proxy', () => {
  expect(activeDrainSignals({ node: draining, ineligible: true })).toEqual(['exclude-label', 'proxy-ineligible']);
  expect(activeDrainSignals({ node: undefined, ineligible: false })).toEqual([]);
});
