import { describe, expect, test } from 'vitest';
import type { Configuration } from '#shared/config/configuration.ts';
import { parseConfiguration } from '#shared/config/configuration.ts';
import { excludeLabel } from '#speaker/desired/eligibility.ts';
import { sumEndpoints } from '#speaker/desired/service-endpoints.ts';
import { Routing, type RoutingSituation } from '#speaker/routing.ts';
import type { RoutingInputs } from '#speaker/cluster/snapshot.ts';
import { address, ethernet, network as links } from '#test/simulation/node/host-network.ts';
import { RecordedMetrics } from '#test/simulation/recorder.ts';
import { bgpAdvertisement, bgpPeer, byKey, pool } from '../shared/config/objects.ts';
import { PlayedRouter } from './bgp/played-router.ts';
import { Stage } from './bgp/session-stage.ts';
import { PlayedLocks } from './played-locks.ts';
import { network } from './routing-stage.ts';
import { node, service, slice } from './views.ts';

const usual: RoutingSituation = { gate: 'open', isDraining: false };
const observed = { network, bfd: [], routers: [] };
const shop = service('shop', ['192.0.2.200']);

function configuration(peer: object = {}): Configuration {
  const spec = { myASN: 64_513, peerASN: 64_512, peerAddress: '192.0.2.1', ...peer };
  const objects = {
    pools: byKey(pool('lan', { addresses: ['192.0.2.0/24'] })),
    bgpPeers: byKey(bgpPeer('router', spec)),
    bgpAdvertisements: byKey(bgpAdvertisement('all', {})),
  };
  return parseConfiguration(objects, undefined);
}

function inputs(fields: Partial<RoutingInputs> = {}): RoutingInputs {
  return {
    thisNode: node('n1'),
    nodes: [node('n1')],
    configuration: configuration(),
    secrets: undefined,
    services: [shop],
    endpoints: sumEndpoints([slice('shop', { n2: { ready: 1 } })]),
    isComplete: true,
    ...fields,
  };
}

/** A node with a router; what it asks for is counted. */
function played() {
  const stage = new Stage();
  const router = new PlayedRouter(stage.network);
  const locks = new PlayedLocks(stage.clock);
  const told = { due: 0, wants: 0, changed: 0 };
  const advertised: string[] = [];
  const { clock, random, tcp, log } = stage.dependencies();
  const routing = new Routing(
    { bgpListen: 'off', bgpPort: 179, graceSeconds: 30, ignoreExcludeLb: false, softwareVersion: 'Ingot/test' },
    {
      clock,
      random,
      tcp,
      log,
      metrics: new RecordedMetrics(),
      nodeLock: locks.of('n1'),
      routerAdvertiser: { send: (name) => advertised.push(name) },
      serviceHealth: { ask: (_, answered) => void clock.after(1, () => answered('ready')) },
    },
    { due: () => told.due++, wants: () => told.wants++, changed: () => told.changed++ },
  );
  return { clock: stage.clock, router, locks, routing, told, advertised };
}

describe('what can be seen', () => {
  test('begins with the first peer, and ends with the process', () => {
    const { clock, locks, routing, told } = played();
    const other = locks.of('n1').take(() => {});
    expect(routing.view).toMatchObject({ phase: 'idle', peers: [], isComplete: false });
    routing.observe(observed);
    routing.decide(inputs(), usual);
    clock.advance(100);
    expect(routing.view).toMatchObject({
      phase: 'waiting',
      peers: [{ name: 'router', remote: '192.0.2.1', port: 179, device: undefined, session: undefined }],
      isComplete: true,
    });
    other();
    clock.advance(1_100);
    expect(told.changed).toBeGreaterThan(0);
    const { phase, peers, peersOfService, gated, problems } = routing.view;
    expect([phase, peers[0]?.session?.state]).toEqual(['running', 'Established']);
    expect([[...peersOfService], gated, problems]).toEqual([[[shop, ['router']]], [], []]);
    routing.leave({ keepsRoutes: false, text: 'bye' }, () => {});
    expect([routing.view.phase, routing.hasLeft]).toEqual(['leaving', false]);
    clock.advance(7_000);
    expect([routing.view.phase, routing.hasLeft]).toEqual(['leaving', true]);
  });

  test('are addresses that are not announced, and why, though an excluded node has no sessions', () => {
    const { routing, locks } = played();
    routing.observe(observed);
    routing.decide(inputs({ thisNode: node('n1', { labels: { [excludeLabel]: '' } }) }), usual);
    expect(routing.view.gated).toMatchObject([{ ip: '192.0.2.200', gate: 'nodeExcluded' }]);
    expect([routing.view.peers, locks.wantedOn('n1')]).toEqual([[], 0]);
  });

  test('are peers that cannot be had', () => {
    const { routing } = played();
    routing.observe(observed);
    routing.decide(inputs({ configuration: configuration({ vrf: 'red' }) }), usual);
    expect(routing.view).toMatchObject({ phase: 'idle', peers: [], problems: [{ reason: 'MissingVRF' }] });
  });
});

test('Secrets that are not listed yet are no problem at first; after 30 s they are', () => {
  const { clock, routing, told } = played();
  const unlisted = inputs({ configuration: configuration({ passwordSecret: { name: 'router' } }) });
  routing.observe(observed);
  routing.decide(unlisted, usual);
  expect(routing.view.problems).toEqual([]);
  clock.advance(29_999);
  expect(told.due).toBe(0);
  clock.advance(1);
  expect(told.due).toBe(1);
  routing.decide(unlisted, usual);
  expect(routing.view.problems).toMatchObject([{ reason: 'SecretsUnknown', field: 'spec.passwordSecret' }]);
  routing.decide({ ...unlisted, secrets: new Map() }, usual);
  expect(routing.view.problems).toMatchObject([{ reason: 'PasswordSecret' }]);
});

test('an unnumbered peer gets a router advertisement at once, and no other one from here', () => {
  const { routing, advertised } = played();
  const unnumbered = inputs({ configuration: configuration({ peerAddress: undefined, interface: 'eth1' }) });
  routing.observe({ ...observed, network: links([ethernet(2, 'eth1')], [address(2, 'fe80::11', 64)]) });
  routing.decide(unnumbered, usual);
  routing.decide(unnumbered, usual);
  expect([advertised, routing.wanted.unnumbered]).toEqual([['eth1'], ['eth1']]);
});

describe('it is decided anew', () => {
  test('when the network or a router is another, and not when it is the same', () => {
    const { routing, told } = played();
    routing.observe(observed);
    routing.decide(inputs(), usual);
    routing.observe(structuredClone(observed));
    expect(told.due).toBe(0);
    routing.observe({ ...observed, network: { ...network, addresses: [] } });
    expect(told.due).toBe(1);
  });

  test('only where a peer is', () => {
    const { routing, told } = played();
    const elsewhere = configuration({ nodeSelectors: [{ matchLabels: { rack: 'b' } }] });
    routing.observe(observed);
    routing.decide(inputs({ configuration: elsewhere }), usual);
    routing.observe({ ...observed, network: { ...network, addresses: [] } });
    expect([told.due, routing.view.gated]).toEqual([0, []]);
  });
});

describe('asked to leave', () => {
  test('before it was its turn, it leaves at once and waits no more', () => {
    const { clock, locks, routing, router } = played();
    locks.of('n1').take(() => {});
    routing.observe(observed);
    routing.decide(inputs(), usual);
    let left = 0;
    routing.leave({ keepsRoutes: true, text: 'bye' }, () => left++);
    expect([left, routing.hasLeft, locks.wantedOn('n1')]).toEqual([1, true, 1]);
    routing.decide(inputs(), usual);
    clock.advance(10_000);
    expect(router.connections).toBe(0);
  });

  test('twice, it leaves once', () => {
    const { clock, routing } = played();
    routing.observe(observed);
    routing.decide(inputs(), usual);
    clock.advance(100);
    let left = 0;
    for (const keepsRoutes of [false, true]) routing.leave({ keepsRoutes, text: 'bye' }, () => left++);
    clock.advance(60_000);
    expect(left).toBe(1);
  });
});
