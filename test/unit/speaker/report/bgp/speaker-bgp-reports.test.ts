// What people see of a speaker that runs BGP: ServiceBGPStatus, conditions, problems, Events, metrics.
import { beforeEach, describe, expect, test } from 'vitest';
import { bgpAdvertisements } from '#shared/api/bgp-advertisement.ts';
import { bgpPeers } from '#shared/api/bgp-peer.ts';
import { configurationStates } from '#shared/api/configuration-state.ts';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { serviceBGPStatuses } from '#shared/api/service-bgp-status.ts';
import { endpointSlices, events, nodes, services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import { keepalive } from '#speaker/bgp/message.ts';
import { cease } from '#speaker/bgp/notification.ts';
import { encodeMessage } from '#speaker/bgp/codec.ts';
import { hexDigits } from '#speaker/digest.ts';
import type { HostNetworkState } from '#speaker/l2/host-network.ts';
import { PlayedRouter, routerIp } from '../../bgp/played-router.ts';
import { external } from '../../bgp/octets.ts';
import { namespace, nodeObject, serviceObject, sliceObject } from '../../manifests.ts';
import { address, Stage, stop, type RunningSpeaker } from '../../stage.ts';
import { ip, nodeId, sha256 } from '../../views.ts';

const otherIp = '192.0.2.2' as Ip;

const network: HostNetworkState = {
  links: new Map(),
  addresses: [
    {
      interfaceIndex: 2,
      ip: ip('192.0.2.11'),
      prefixBits: 24,
      temporary: false,
      deprecated: false,
      tentative: false,
      duplicate: false,
    },
  ],
  gateways: [],
};

let stage: Stage;
let router: PlayedRouter;

beforeEach(() => {
  stage = new Stage();
  stage.cluster.remove(l2Advertisements, namespace, 'lan');
  stage.cluster.put(bgpAdvertisements, { metadata: { name: 'all', namespace, generation: 1 }, spec: {} });
  router = new PlayedRouter(stage.network, { onOpen: answerIfItSpeaks });
  putPeer('router');
});

function answerIfItSpeaks(one: PlayedRouter): void {
  if (!one.speaks) return;
  one.send(one.open);
  one.send(keepalive);
}

function putPeer(name: string, spec: object = {}): void {
  stage.cluster.put(bgpPeers, {
    metadata: { name, namespace, generation: 1, uid: `uid-${name}` },
    spec: { myASN: 64_513, peerASN: 64_512, peerAddress: routerIp, ...spec },
  });
}

/** On n1. */
function start(): RunningSpeaker {
  const running = stage.start('n1');
  running.wire.fields = { network };
  return running;
}

const statuses = () => stage.cluster.list(serviceBGPStatuses);
/** Of each object. */
const peersTold = (): readonly unknown[] => statuses().map(({ status }) => status['peers']);
const state = () =>
  stage.cluster.get(configurationStates, namespace, 'speaker-n1')?.['status'] as
    | {
        readonly errorSummary: string;
        readonly conditions: readonly { readonly type: string; readonly message: string }[];
      }
    | undefined;
const condition = (type: string) => state()?.conditions.find((one) => one.type === type);

function restart(first: RunningSpeaker): RunningSpeaker {
  stop(first);
  stage.clock.advance(8_000);
  return start();
}

describe('ServiceBGPStatus', () => {
  test('says to which peers a node announces a Service, and goes with the Node', () => {
    start();
    stage.clock.advance(5_000);
    expect(statuses()).toMatchObject([
      {
        metadata: {
          name: `bgp-${hexDigits(sha256('uid-shop'), 16)}-${nodeId('n1')}`,
          namespace,
          labels: {
            'metallb.io/node': 'n1',
            'metallb.io/service-name': 'shop',
            'metallb.io/service-namespace': 'web',
          },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'uid-n1' }],
        },
        status: { node: 'n1', serviceName: 'shop', serviceNamespace: 'web', peers: ['router'] },
      },
    ]);
  });

  test('follows sessions: peers that are told are in it, and none is without any', () => {
    const other = new PlayedRouter(stage.network, { onOpen: answerIfItSpeaks }, otherIp);
    putPeer('other', { peerAddress: otherIp });
    start();
    stage.clock.advance(5_000);
    expect(peersTold()).toEqual([['other', 'router']]);
    other.speaks = false;
    stage.clock.advance(12_000);
    expect(peersTold()).toEqual([['router']]);
    router.speaks = false;
    stage.clock.advance(25_000);
    expect(peersTold()).toEqual([]);
  });

  test('is not written again while nothing changes', () => {
    start();
    stage.clock.advance(60_000);
    const writes = stage.cluster.writes.length;
    stage.clock.advance(600_000);
    expect(stage.cluster.writes.slice(writes)).toEqual([]);
  });

  test('is one for each node', () => {
    for (const name of ['n1', 'n2']) {
      stage.start(name).wire.fields = { network };
      stage.clock.advance(3_000);
    }
    expect(statuses().map(({ status }) => status['node'])).toEqual(['n1', 'n2']);
  });

  test('stays as it is over a restart', () => {
    const first = start();
    stage.clock.advance(5_000);
    const before = statuses();
    restart(first);
    stage.clock.advance(60_000);
    expect(statuses()).toEqual(before);
    const written = stage.cluster.writes.filter(({ resource }) => resource === serviceBGPStatuses);
    expect(written).toHaveLength(2);
  });

  test('of a Service or of peers that went while the speaker was away is deleted', () => {
    const first = start();
    stage.clock.advance(5_000);
    stop(first);
    stage.clock.advance(10_000);
    stage.cluster.remove(bgpPeers, namespace, 'router');
    stage.clock.advance(5_000);
    expect(peersTold()).toEqual([['router']]);
    start();
    stage.clock.advance(20_000);
    expect(peersTold()).toEqual([]);
  });
});

describe('ConfigurationState', () => {
  test('says since when peers have a session, and what was agreed on', () => {
    start();
    stage.clock.advance(20_000);
    expect(condition('PeersEstablished')).toMatchObject({
      status: 'True',
      reason: 'AllEstablished',
      message: expect.stringMatching(/^1\/1: router: Established since \d{4}-.*Z, AS 64512, hold 9 s, IPv4/),
    });
  });

  test('says why peers have none', () => {
    putPeer('absent', { peerAddress: otherIp });
    putPeer('secret', { peerAddress: '192.0.2.3', passwordSecret: { name: 'password' } });
    start();
    stage.clock.advance(30_000);
    expect(condition('PeersEstablished')).toMatchObject({ status: 'False', reason: 'NotAllEstablished' });
    const [absent, secret, up] = condition('PeersEstablished')?.message.split('; ') ?? [];
    expect(absent).toMatch(/^1\/3: absent: ./);
    expect(secret).toMatch(/^secret: .*password/);
    expect(up).toMatch(/^router: Established since/);
    expect(state()?.errorSummary).toContain('BGPPeer secret: spec.passwordSecret');
  });

  test('is silent where there are no peers', () => {
    stage.cluster.remove(bgpPeers, namespace, 'router');
    start();
    stage.clock.advance(5_000);
    expect(condition('PeersEstablished')).toBeUndefined();
  });

  test('says that this node is excluded', () => {
    const excluded = nodeObject('n1');
    const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
    stage.cluster.put(nodes, { ...excluded, metadata: { ...excluded.metadata, labels } });
    start();
    stage.clock.advance(5_000);
    expect(condition('RoutesWithheld')).toMatchObject({
      status: 'True',
      reason: 'NodeExcluded',
      message: expect.stringContaining('--ignore-exclude-lb'),
    });
  });

  test('names advertisements that contradict each other', () => {
    stage.cluster.put(bgpAdvertisements, {
      metadata: { name: 'two', namespace, generation: 1 },
      spec: { localPref: 7 },
    });
    start();
    stage.clock.advance(5_000);
    expect(state()).toMatchObject({ result: 'Invalid', errorSummary: expect.stringContaining('spec.localPref') });
    stage.clock.advance(600_000);
    const told = stage.told().filter((line) => line.startsWith('ConfigurationProblem'));
    expect(told).toEqual([
      expect.stringMatching(/^ConfigurationProblem: spec\.localPref: differs from that of BGPAdv/),
    ]);
    expect(peersTold()).toEqual([]);
  });

  test('is left as it is by a process that ends', () => {
    const running = start();
    stage.clock.advance(20_000);
    const before = state();
    stop(running);
    stage.clock.advance(20_000);
    expect(state()).toEqual(before);
  });
});

describe('Events', () => {
  const assigned = 'nodeAssigned: announcing from node "n1" with protocol "bgp"';
  const up = 'sessionEstablished: session with node "n1" is established';

  test('tell that a session is established and that a Service is announced, and of neither again while it lasts', () => {
    start();
    stage.clock.advance(700_000);
    expect(stage.told()).toEqual([up, assigned]);
    expect(stage.cluster.list(events)[0]).toMatchObject({
      action: 'Connect',
      type: 'Normal',
      regarding: { apiVersion: 'metallb.io/v1beta2', kind: 'BGPPeer', namespace, name: 'router', uid: 'uid-router' },
    });
  });

  test('tell why a session has ended; the Services are still announced from here, and nobody is told of each', () => {
    start();
    stage.clock.advance(5_000);
    router.send(encodeMessage(cease('shutdown', 'maintenance'), external));
    stage.clock.advance(30_000);
    expect(stage.told()).toEqual([
      up,
      assigned,
      'sessionLost: session with node "n1" has ended: peer: Cease/Administrative Shutdown "maintenance"',
    ]);
    const sessions = stage.cluster.list(events).filter(({ reason }) => reason === 'sessionEstablished');
    expect(sessions).toHaveLength(1);
  });

  test('tell nothing of Services when the speaker is restarted, or the endpoints come and go', () => {
    const first = start();
    stage.clock.advance(5_000);
    restart(first);
    stage.clock.advance(60_000);
    stage.cluster.put(endpointSlices, sliceObject('shop', []));
    stage.clock.advance(20_000);
    expect(peersTold()).toEqual([]);
    stage.cluster.put(endpointSlices, sliceObject('shop', ['n2']));
    stage.clock.advance(5_000);
    expect(peersTold()).toEqual([['router']]);
    expect(stage.told().filter((line) => line.includes('announc'))).toEqual([assigned]);
  });

  test('tell that the last endpoint of a Service has left this node, where its traffic stays on the node', () => {
    stage.cluster.put(services, serviceObject('shop', [address], { externalTrafficPolicy: 'Local' }));
    stage.cluster.put(endpointSlices, sliceObject('shop', ['n1', 'n2']));
    start();
    stage.clock.advance(5_000);
    stage.cluster.put(endpointSlices, sliceObject('shop', ['n2']));
    stage.clock.advance(15_000);
    expect(peersTold()).toEqual([]);
    expect(stage.told().slice(2)).toEqual([
      'nodeUnassigned: not announcing from node "n1" with protocol "bgp" any more: no usable endpoint is there (externalTrafficPolicy is Local)',
    ]);
  });

  test('tell why an address is not announced, where that is wrong', () => {
    const n1 = nodeObject('n1');
    const addresses = ['192.0.2.11', '192.0.2.201'].map((one) => ({ type: 'InternalIP', address: one }));
    stage.cluster.put(nodes, { ...n1, status: { addresses } });
    stage.cluster.put(services, serviceObject('other', ['192.0.2.201']));
    stage.cluster.put(endpointSlices, sliceObject('other', ['n2']));
    stage.cluster.put(services, serviceObject('outside', ['198.51.100.1']));
    const { log } = start();
    stage.clock.advance(5_000);
    expect(stage.told().filter((line) => line.startsWith('announceFailed'))).toEqual([
      'announceFailed: addressIsNodeAddress: 192.0.2.201 is not announced by BGP from node "n1": it is an address of a node: take it out of the IPAddressPool',
    ]);
    expect(log.lines.map(({ fields }) => fields['reason'])).toContain('notInPool');
  });

  test('tell that kube-proxy does not forward, when that lasts', () => {
    const running = start();
    stage.clock.advance(5_000);
    running.kubeProxy = 'unhealthy';
    stage.clock.advance(35_000);
    expect(stage.told().slice(2)).toEqual([]);
    stage.clock.advance(15_000);
    expect(stage.told().slice(2)).toEqual([
      `announceFailed: kubeProxyNotReady: ${address} is not announced by BGP from node "n1": kube-proxy does not forward there: its health check or the healthCheckNodePort of the Service says so`,
    ]);
    running.kubeProxy = 'healthy';
    stage.clock.advance(30_000);
    expect(peersTold()).toEqual([['router']]);
    expect(stage.told()).toHaveLength(3);
  });
});

test('metrics show sessions, and what is announced', () => {
  const { speaker, metrics } = start();
  stage.clock.advance(20_000);
  speaker.refresh();
  const ofPeer = (name: string) => metrics.values.get(`${name}{peer="192.0.2.1:179"}`);
  expect(ofPeer('metallb_bgp_session_up')).toBe(1);
  expect(ofPeer('metallb_bgp_announced_prefixes_total')).toBe(1);
  expect(ofPeer('metallb_bgp_opens_sent')).toBe(1);
  expect(ofPeer('ingot_bgp_state')).toBe(5);
  const series = `metallb_speaker_announced{service="web/shop",protocol="bgp",node="n1",ip="${address}"}`;
  expect(metrics.values.get(series)).toBe(1);
  stage.cluster.remove(bgpPeers, namespace, 'router');
  stage.clock.advance(30_000);
  speaker.refresh();
  expect([...metrics.values.keys()].filter((name) => name.includes('peer=') || name.includes('_announced{'))).toEqual(
    [],
  );
});
