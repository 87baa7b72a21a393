import { describe, expect, test } from 'vitest';
import type { L2Advertisement } from '#shared/config/l2-advertisement.ts';
import {
  eligibleNode,
  excludeLabel,
  nodeExclusion,
  reachesEndpoint,
  type Exclusion,
  type Interfaces,
} from '#speaker/desired/eligibility.ts';
import type { SpeakerNode } from '#speaker/desired/inputs.ts';
import { advertisement, node } from '../views.ts';

const rules = { speakerNodes: new Set(['n1']), ignoreExcludeLabel: false };

describe('a node', () => {
  test.each<[string, Partial<SpeakerNode>, Exclusion | undefined]>([
    ['that is plain may announce', {}, undefined],
    ['that is not Ready may announce', { ready: false }, undefined],
    ['that is cordoned may announce', { unschedulable: true }, undefined],
    ['without a speaker may not', { name: 'n2' }, 'noSpeaker'],
    ['with the exclude label may not', { labels: { [excludeLabel]: '' } }, 'excludeLabel'],
    ['with the exclude label "false" may not', { labels: { [excludeLabel]: 'false' } }, 'excludeLabel'],
    ['without network may not', { networkUnavailable: true }, 'networkUnavailable'],
    ['out of service may not', { taints: ['node.kubernetes.io/out-of-service'] }, 'outOfService'],
    ['with a drain signal may not', { drainSignals: ['autoscaler-taint'] }, 'drain signal autoscaler-taint'],
  ])('%s', (_, fields, exclusion) => {
    expect(nodeExclusion(node('n1', fields), rules)).toBe(exclusion);
  });

  test('with the exclude label may announce where that is ignored', () => {
    const labelled = node('n1', { labels: { [excludeLabel]: '' } });
    expect(nodeExclusion(labelled, { ...rules, ignoreExcludeLabel: true })).toBeUndefined();
  });
});

const selects = (selectsNode: boolean, interfaces: readonly string[]): L2Advertisement =>
  advertisement('some', { selectsNode: () => selectsNode, interfaces });

describe('nodeSelectors and interfaces', () => {
  test.each<[string, readonly L2Advertisement[], Interfaces | 'noAdvertisement']>([
    ['no advertisement', [], 'noAdvertisement'],
    ['one that does not select the node', [selects(false, ['eth0'])], 'noAdvertisement'],
    ['one that names no interface', [selects(true, [])], 'any'],
    ['names are united and sorted', [selects(true, ['eth1', 'eth0']), selects(true, ['eth1'])], ['eth0', 'eth1']],
    ['one of two that names none', [selects(true, ['eth1']), selects(true, [])], 'any'],
    ['only those that select the node', [selects(true, ['eth1']), selects(false, [])], ['eth1']],
  ])('%s', (_, advertisements, expected) => {
    const candidate = eligibleNode(node('n1'), advertisements, rules);
    expect(typeof candidate === 'string' ? candidate : candidate.interfaces).toEqual(expected);
  });
});

const weighing = (weight: number, label: string) => ({ weight, matches: (labels: object) => label in labels });

test('weights of all matching preferences of all matching advertisements add up', () => {
  const advertisements = [
    advertisement('a', { preferredNodes: [weighing(1, 'rack'), weighing(10, 'fast')] }),
    advertisement('b', { preferredNodes: [weighing(100, 'rack')], selectsNode: () => false }),
  ];
  const candidate = eligibleNode(node('n1', { labels: { rack: 'a' } }), advertisements, rules);
  expect(candidate).toMatchObject({ node: 'n1', preference: 101 });
});

test.each([
  ['every node', 'every', true],
  ['no node at all', 'none', true],
  ['this node', new Set(['n1', 'n2']), true],
  ['another node', new Set(['n2']), false],
] as const)('with endpoints on %s', (_, usable, reaches) => {
  expect(reachesEndpoint('n1', usable)).toBe(reaches);
});
