import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bgpPeerSpec } from '#shared/api/bgp-peer.ts';
import { ipAddressPoolSpec } from '#shared/api/ip-address-pool.ts';
import { l2AdvertisementSpec } from '#shared/api/l2-advertisement.ts';
import { parseConfigObject } from '#shared/config/object.ts';
import { parseEndpointSlice } from '#shared/kube/objects/endpoint-slice.ts';
import { parsePod } from '#shared/kube/objects/pod.ts';
import { parseService } from '#shared/kube/objects/service.ts';
import type { Parsed } from '#shared/kube/objects/view.ts';
import { speakerNodeParser } from '#speaker/cluster/speaker-node.ts';
import { decodePlain, encodePlain } from '#speaker/state/plain-json.ts';
import { decodeState, encodeState, type SavedState } from '#speaker/state/saved-state.ts';
import { ip, nodeId, sha256 } from '../views.ts';

const wallMs = Date.UTC(2026, 9, 20);
const identity = { node: 'n1', wallMs };

function viewOf<View>(parsed: Parsed<View>): View {
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.view;
}

const metadata = (name: string, fields: object = {}): object => ({
  namespace: 'web',
  name,
  uid: `uid-${name}`,
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...fields,
});

/** One of each kind, with every field that a view has. */
const state: SavedState = {
  cluster: {
    services: [
      viewOf(
        parseService({
          metadata: metadata('shop', { labels: { app: 'shop' }, annotations: { 'metallb.io/address-pool': 'blue' } }),
          spec: {
            clusterIPs: ['10.96.0.1', 'fd00::1'],
            ipFamilyPolicy: 'PreferDualStack',
            loadBalancerClass: 'ingot.dev/lb',
            externalTrafficPolicy: 'Local',
            healthCheckNodePort: 30_000,
            selector: { app: 'shop' },
            ports: [{ protocol: 'UDP', port: 53 }],
          },
          status: {
            loadBalancer: {
              ingress: [
                { ip: '192.0.2.100', ipMode: 'VIP' },
                { hostname: 'a.example', $odd: true },
              ],
            },
            conditions: [{ type: 'ingot.dev/Ready', status: 'True', reason: 'Done', message: 'done' }],
          },
        }),
      ),
    ],
    endpointSlices: [
      viewOf(
        parseEndpointSlice({
          metadata: metadata('shop-1', { labels: { 'kubernetes.io/service-name': 'shop' } }),
          addressType: 'IPv4',
          endpoints: [
            { nodeName: 'n1' },
            { nodeName: 'n2', conditions: { ready: false, serving: true, terminating: true } },
          ],
        }),
      ),
    ],
    nodes: [
      viewOf(
        speakerNodeParser({ drainSignals: ['unschedulable'], ignoreExcludeLb: false })({
          metadata: metadata('n1', { labels: { rack: 'a' } }),
          spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/out-of-service' }] },
          status: {
            addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
            conditions: [{ type: 'Ready', status: 'True' }],
          },
        }),
      ),
    ],
    ownNode: undefined,
    pods: [viewOf(parsePod({ metadata: metadata('speaker-1'), spec: { nodeName: 'n1' } }))],
    pools: [
      viewOf(
        parseConfigObject(ipAddressPoolSpec)({
          metadata: metadata('blue'),
          spec: { addresses: ['192.0.2.100-192.0.2.110'] },
        }),
      ),
      viewOf(parseConfigObject(ipAddressPoolSpec)({ metadata: metadata('bad'), spec: { addresses: 7 } })),
    ],
    l2Advertisements: [
      viewOf(parseConfigObject(l2AdvertisementSpec)({ metadata: metadata('all'), spec: { interfaces: ['eth0'] } })),
    ],
    bgp: undefined,
  },
  segments: [
    { interface: 'eth0', roster: [nodeId('n1')], addresses: [{ ip: ip('192.0.2.100'), epoch: 7, minority: false }] },
  ],
  incarnation: 1_792_000_000_000,
};

const text = encodeState(state, identity, sha256);

test('what was written is read again, for the same node within a day', () => {
  expect(decodeState(text, { node: 'n1', wallMs: wallMs + 86_399_999 }, sha256)).toEqual({ state });
  expect(decodeState(text, { node: 'n1', wallMs: wallMs - 3_600_000 }, sha256)).toEqual({ state });
});

test('a state is written as the golden one: whoever changes what it holds raises the version', () => {
  const golden = join(import.meta.dirname, '../../../golden/state/version-1.txt');
  expect(text).toBe(readFileSync(golden, 'utf8'));
});

test('what BGP is made of is written too, and a file without it is read as well', () => {
  const parsePeer = parseConfigObject(bgpPeerSpec);
  const spec = { myASN: 64_513, peerASN: 64_512, peerAddress: '192.0.2.1', passwordSecret: { name: 'router' } };
  const bgp = {
    bgpPeers: [viewOf(parsePeer({ metadata: metadata('router'), spec }))],
    bgpAdvertisements: [],
    bfdProfiles: undefined,
    communities: undefined,
  };
  const whole = { ...state, cluster: { ...state.cluster, bgp } };
  expect(decodeState(encodeState(whole, identity, sha256), identity, sha256)).toEqual({ state: whole });
});

const problemIn = (damaged: string, fields: Partial<typeof identity> = {}): string => {
  const read = decodeState(damaged, { ...identity, ...fields }, sha256);
  return 'problem' in read ? read.problem : 'none';
};

describe('no state is read from', () => {
  test.each([
    ['one of another node', text, { node: 'n2' }, 'it is of node "n1"'],
    ['one that is a day old', text, { wallMs: wallMs + 86_400_000 }, 'it is older than a day'],
    ['another version', text.replace('"version":1', '"version":2'), {}, 'it has version 2, not 1'],
    ['one without a time', text.replace(/"savedMs":\d+/, '"savedMs":"now"'), {}, 'it is older than a day'],
    ['something else', '{"format":"other"}', {}, 'it is no state of a speaker'],
    ['nothing', '', {}, 'it is no state of a speaker'],
    ['null', 'null\n{}\n', {}, 'it is no state of a speaker'],
  ])('%s', (_, damaged, fields, problem) => {
    expect(problemIn(damaged, fields)).toBe(problem);
  });

  test('one that is cut off anywhere', () => {
    for (let length = 0; length < text.length; length++) expect(problemIn(text.slice(0, length))).not.toBe('none');
  });

  test('one of which a character is another', () => {
    const content = text.indexOf('\n') + 1;
    fc.assert(
      fc.property(
        fc.integer({ min: content, max: text.length - 2 }),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, other) => {
          fc.pre(text[at] !== other);
          expect(problemIn(text.slice(0, at) + other + text.slice(at + 1))).toBe('it is damaged');
        },
      ),
    );
  });

  test('a right digest of something that is no JSON', () => {
    const header = { ...JSON.parse(text.split('\n')[0] ?? ''), sha256: Buffer.from(sha256('{')).toString('hex') };
    expect(problemIn(`${JSON.stringify(header)}\n{\n`)).toMatch(/^it cannot be read: SyntaxError/);
  });
});

test('plain data come back as they were, whatever their names', () => {
  const { tie } = fc.letrec((recur) => ({
    tie: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.boolean(),
      fc.integer(),
      fc.bigInt(),
      fc.constant(null),
      fc.array(recur('tie'), { maxLength: 3 }),
      fc.array(fc.tuple(fc.string(), recur('tie')), { maxLength: 3 }).map((entries) => new Map(entries)),
      fc.array(fc.string(), { maxLength: 3 }).map((items) => new Set(items)),
      fc.dictionary(fc.constantFrom('a', '$map', '$set', '$int', '$object', '$', 'toString'), recur('tie'), {
        noNullPrototype: true,
      }),
    ),
  }));
  fc.assert(
    fc.property(tie, (value) => {
      expect(decodePlain(encodePlain(value))).toEqual(value);
    }),
  );
});
