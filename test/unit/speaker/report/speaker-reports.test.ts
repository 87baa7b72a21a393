// What people see of a speaker: status objects, Events, its ConfigurationState, metrics.
import { beforeEach, describe, expect, test } from 'vitest';
import { configurationStates } from '#shared/api/configuration-state.ts';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { serviceL2Statuses } from '#shared/api/service-l2-status.ts';
import { endpointSlices, events, services } from '#shared/kube/resources.ts';
import { hexDigits } from '#speaker/digest.ts';
import type { AnyObject } from '../../cluster.ts';
import { advertisementObject, namespace, serviceObject, sliceObject } from '../manifests.ts';
import { refusal } from '#test/simulation/apiserver/answer.ts';
import { address, eligibleFor, Stage, stop } from '../stage.ts';
import type { Mac } from '#shared/net/mac.ts';
import { ip, observedSegment, sha256 } from '../views.ts';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

const statusName = (service: string): string => `l2-${hexDigits(sha256(`uid-${service}`), 16)}`;
const statuses = (): readonly AnyObject[] => stage.cluster.list(serviceL2Statuses);
/** Name, interfaces and addresses of each. */
const shown = (): unknown => statuses().map(({ metadata, status }) => [metadata.name, status.interfaces, status.ips]);

const state = (): AnyObject | undefined => stage.cluster.get(configurationStates, namespace, 'speaker-n1');
const conditions = (): readonly unknown[] =>
  (state() as { readonly status: { readonly conditions: readonly unknown[] } } | undefined)?.status.conditions ?? [];

describe('ServiceL2Status', () => {
  test('says who announces what and where, and goes with the Node', () => {
    stage.start('n1');
    stage.clock.advance(5_000);
    expect(statuses()).toMatchObject([
      {
        metadata: {
          name: statusName('shop'),
          namespace,
          labels: {
            'metallb.io/node': 'n1',
            'metallb.io/service-name': 'shop',
            'metallb.io/service-namespace': 'web',
          },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'uid-n1' }],
        },
        status: {
          node: 'n1',
          serviceName: 'shop',
          serviceNamespace: 'web',
          interfaces: [{ name: 'eth0' }],
          ips: [address],
        },
      },
    ]);
  });

  test('is one for each further LAN on which the address is owned', () => {
    stage.cluster.put(l2Advertisements, advertisementObject({ interfaces: ['eth0', 'eth1'] }));
    const { wire } = stage.start('n1');
    wire.fields = { segments: ['eth0', 'eth1'].map((segment) => observedSegment({ segment })) };
    wire.segmentsOf = () => ['eth0', 'eth1'];
    stage.clock.advance(5_000);
    const further = `${statusName('shop')}-${hexDigits(sha256('eth1'), 8)}`;
    expect(shown()).toEqual([
      [statusName('shop'), [{ name: 'eth0' }], [address]],
      [further, [{ name: 'eth1' }], [address]],
    ]);
    wire.segmentsOf = () => ['eth1'];
    wire.report();
    stage.clock.advance(15_000);
    expect(shown()).toEqual([[further, [{ name: 'eth1' }], [address]]]);
  });

  test('is not written again while nothing changes', () => {
    stage.start('n1');
    stage.clock.advance(5_000);
    const writes = stage.cluster.writes.length;
    stage.clock.advance(3_600_000);
    expect(stage.cluster.writes).toHaveLength(writes);
  });

  test('stays while the Service is silent for less than 10 s, and goes then', () => {
    stage.start('n1');
    stage.clock.advance(5_000);
    const [before] = statuses();
    stage.cluster.put(endpointSlices, sliceObject('shop', []));
    stage.clock.advance(9_000);
    expect(statuses()).toEqual([before]);
    stage.clock.advance(3_000);
    expect(statuses()).toEqual([]);
    stage.cluster.put(endpointSlices, sliceObject('shop', ['n2']));
    stage.clock.advance(5_000);
    expect(statuses()).toMatchObject([{ status: { node: 'n1' } }]);
  });

  test('goes at once with its Service, or when that has no address any more', () => {
    stage.start('n1');
    stage.clock.advance(5_000);
    stage.cluster.put(services, serviceObject('shop', []));
    stage.clock.advance(1_000);
    expect(statuses()).toEqual([]);
    stage.cluster.put(services, serviceObject('shop', [address]));
    stage.clock.advance(1_000);
    expect(statuses()).toHaveLength(1);
    stage.cluster.remove(services, 'web', 'shop');
    stage.clock.advance(1_000);
    expect(statuses()).toEqual([]);
  });

  test('is replaced by the next owner, and the former one does not take it back', () => {
    const speakers = ['n1', 'n2', 'n3'].map((name) => stage.start(name));
    stage.clock.advance(5_000);
    stage.moveTo('n3', speakers);
    stage.clock.advance(60_000);
    expect(statuses()).toMatchObject([{ metadata: { labels: { 'metallb.io/node': 'n3' } }, status: { node: 'n3' } }]);
  });

  test('is not made any more when it could not be made while it was true', () => {
    const { troubles } = stage.cluster.apiserver;
    const error = refusal(429, 'later', { retryAfterMs: 1_000 });
    const end = troubles.begin({
      what: 'status objects cannot be made',
      fate: ({ verb, resource }) =>
        verb === 'create' && resource === serviceL2Statuses ? { kind: 'refused', error } : undefined,
    });
    stage.start('n1');
    stage.clock.advance(10_000);
    stage.cluster.put(endpointSlices, sliceObject('shop', []));
    stage.clock.advance(1_000);
    end();
    stage.clock.advance(120_000);
    const made = stage.cluster.writes.filter(
      ({ verb, resource }) => verb === 'create' && resource === serviceL2Statuses,
    );
    expect(made).toEqual([]);
  });

  test('is made anew when it was deleted while its watch was broken, and never seen', () => {
    const { apiserver } = stage.cluster;
    stage.cluster.put(endpointSlices, sliceObject('shop', []));
    stage.start('n1');
    stage.clock.advance(5_000);
    const end = apiserver.troubles.begin({
      what: 'watches of status objects are refused',
      fate: ({ verb, resource }) =>
        verb === undefined && resource === serviceL2Statuses
          ? { kind: 'refused', error: refusal(500, 'no') }
          : undefined,
    });
    apiserver.resetWatches();
    stage.cluster.put(endpointSlices, sliceObject('shop', ['n2']));
    stage.clock.advance(2_000);
    expect(statuses()).toHaveLength(1);
    stage.cluster.remove(serviceL2Statuses, namespace, statusName('shop'));
    end();
    apiserver.compact();
    stage.clock.advance(60_000);
    expect(statuses()).toHaveLength(1);
  });

  test('that somebody deletes is put back', () => {
    stage.start('n1');
    stage.clock.advance(5_000);
    stage.cluster.remove(serviceL2Statuses, namespace, statusName('shop'));
    stage.clock.advance(4_000);
    expect(statuses()).toEqual([]);
    stage.clock.advance(4_000);
    expect(statuses()).toMatchObject([{ status: { node: 'n1' } }]);
  });

  test('that somebody keeps deleting is left alone, and a condition says so', () => {
    stage.start('n1');
    stage.clock.advance(5_000);
    stage.cluster.remove(serviceL2Statuses, namespace, statusName('shop'));
    stage.clock.advance(10_000);
    stage.cluster.remove(serviceL2Statuses, namespace, statusName('shop'));
    stage.clock.advance(590_000);
    expect(statuses()).toEqual([]);
    expect(conditions()).toContainEqual(expect.objectContaining({ type: 'StatusContended', status: 'True' }));
    stage.clock.advance(20_000);
    expect(statuses()).toMatchObject([{ status: { node: 'n1' } }]);
    expect(JSON.stringify(conditions())).not.toContain('StatusContended');
  });

  test('of a Service that went while the speaker was away is deleted', () => {
    const first = stage.start('n1');
    stage.clock.advance(5_000);
    stop(first);
    stage.clock.advance(10_000);
    stage.cluster.remove(services, 'web', 'shop');
    stage.clock.advance(5_000);
    expect(statuses()).toHaveLength(1);
    stage.start('n1');
    stage.clock.advance(15_000);
    expect(statuses()).toEqual([]);
  });
});

describe('Events', () => {
  const assigned = 'nodeAssigned: announcing from node "n1" with protocol "layer2"';

  test('tell once that a Service is announced from here', () => {
    stage.start('n1');
    stage.clock.advance(600_000);
    expect(stage.told()).toEqual([assigned]);
    expect(stage.cluster.list(events)[0]).toMatchObject({
      action: 'Announce',
      type: 'Normal',
      reportingController: 'metallb-speaker',
      reportingInstance: 'speaker-n1',
      regarding: { kind: 'Service', namespace: 'web', name: 'shop', uid: 'uid-shop' },
    });
  });

  test('tell nothing when the speaker is restarted, or the endpoints come and go', () => {
    const first = stage.start('n1');
    stage.clock.advance(5_000);
    stop(first);
    stage.clock.advance(10_000);
    stage.clock.advance(5_000);
    stage.start('n1');
    stage.clock.advance(700_000);
    stage.cluster.put(endpointSlices, sliceObject('shop', []));
    stage.clock.advance(20_000);
    stage.cluster.put(endpointSlices, sliceObject('shop', ['n2']));
    stage.clock.advance(5_000);
    expect(stage.told()).toEqual([assigned]);
    expect(stage.cluster.writes.filter(({ verb, resource }) => verb === 'patch' && resource === events)).toEqual([]);
  });

  test('tell each new owner', () => {
    const speakers = ['n1', 'n3'].map((name) => stage.start(name));
    stage.clock.advance(5_000);
    stage.moveTo('n3', speakers);
    stage.clock.advance(5_000);
    expect(stage.told()).toEqual([assigned, assigned.replace('n1', 'n3')]);
  });

  test('tell once, and from one node, why an address is announced nowhere', () => {
    stage.owner = 'nobody';
    const speakers = ['n1', 'n2', 'n3'].map((name) => stage.start(name));
    for (const { wire } of speakers) wire.fields = { unplaced: [ip(address)] };
    stage.clock.advance(60_000);
    expect(stage.told()).toEqual([
      'announceFailed: noInterface: 192.0.2.200 is announced nowhere: no interface of node "n1" has it in its subnet ' +
        '(suitable are eth0): name the interface in the L2Advertisement',
    ]);
    expect(stage.cluster.list(serviceL2Statuses)).toEqual([]);
    for (const { wire } of speakers) wire.fields = {};
    stage.moveTo('n1', speakers);
    stage.clock.advance(10_000);
    expect(stage.told().slice(1)).toEqual([assigned]);
  });

  test('tell once that another station has an address, and that it still has it after it was gone', () => {
    const running = stage.start('n1');
    const claim = { ip: ip(address), mac: '02:50:00:00:00:09' as Mac, while: 'owning' } as const;
    running.wire.fields = { segments: [observedSegment({ foreignClaims: [claim] })] };
    stage.clock.advance(5_000);
    for (let count = 0; count < 5; count++) {
      running.wire.report();
      stage.clock.advance(1_000);
    }
    const told = (): number => running.log.lines.filter(({ fields }) => fields['reason'] === 'foreignClaim').length;
    expect(told()).toBe(1);
    expect(stage.told().filter((line) => line.startsWith('announceFailed: foreignClaim: '))).toHaveLength(1);
    running.wire.report({ segments: [observedSegment()] });
    stage.clock.advance(5_000);
    running.wire.report();
    stage.clock.advance(5_000);
    expect(told()).toBe(2);
  });

  test('tell from one node only that no node may announce', () => {
    stage.cluster.put(l2Advertisements, advertisementObject({ nodeSelectors: [{ matchLabels: { rack: 'none' } }] }));
    for (const name of ['n1', 'n2', 'n3']) stage.start(name);
    stage.clock.advance(10_000);
    expect(stage.told()).toEqual([
      'announceFailed: noEligibleNode: no node may announce 192.0.2.200: ' +
        '3 of 3 nodes: selected by no L2Advertisement that matches the Service',
    ]);
  });

  test('tell nothing about a Service without endpoints or out of all pools', () => {
    stage.cluster.put(endpointSlices, sliceObject('shop', []));
    stage.cluster.put(services, serviceObject('other', ['198.51.100.1']));
    const speakers = ['n1', 'n2', 'n3'].map((name) => stage.start(name));
    stage.clock.advance(10_000);
    expect(stage.told()).toEqual([]);
    const reasons = speakers.flatMap(({ log }) => log.lines.map(({ fields }) => fields['reason']));
    expect(new Set(reasons)).toEqual(new Set(['noReadyEndpoints', 'notInPool']));
  });
});

describe('ConfigurationState', () => {
  test('says that all is well', () => {
    stage.start('n1');
    stage.clock.advance(5_000);
    expect(state()).toMatchObject({
      metadata: { labels: { 'metallb.io/component-type': 'speaker', 'metallb.io/node-name': 'n1' } },
      status: {
        result: 'Valid',
        errorSummary: '',
        conditions: [
          { type: 'configReconcilerValid', status: 'True', reason: 'Reconciled' },
          { type: 'SegmentsReady', status: 'True', message: 'eth0: 1 member, 0 suspect' },
        ],
      },
    });
  });

  test('lists what is wrong, and the last good version goes on', () => {
    const running = stage.start('n1');
    stage.clock.advance(5_000);
    stage.cluster.put(l2Advertisements, advertisementObject({ nodeSelectors: [{ matchLabels: { 'no label': 'x' } }] }));
    stage.clock.advance(5_000);
    expect(state()?.['status']).toMatchObject({ result: 'Invalid', errorSummary: expect.stringContaining('no label') });
    expect(conditions()[0]).toMatchObject({ type: 'configReconcilerValid', status: 'False' });
    expect(eligibleFor(running)).toEqual([address]);
    expect(running.metrics.values.get('metallb_k8s_client_config_stale_bool')).toBe(1);
  });

  test('says why this node cannot announce', () => {
    const running = stage.start('n1');
    const [eth0] = [{ name: 'eth0', mac: '02:00:00:00:00:01' as never, open: false, reason: 'it is down' }];
    running.wire.fields = { segments: [], interfaces: [eth0], problems: ['CAP_NET_RAW is missing'] };
    stage.clock.advance(5_000);
    expect(conditions()[1]).toMatchObject({
      type: 'SegmentsReady',
      status: 'False',
      reason: 'NoSegment',
      message: 'no interface can announce; eth0: it is down; CAP_NET_RAW is missing',
    });
  });

  test('says that there is no key, and what to do', () => {
    const { speaker } = stage.start('n1');
    speaker.useSegmentKeys(undefined);
    stage.clock.advance(5_000);
    expect(conditions()).toContainEqual(
      expect.objectContaining({
        type: 'SegmentKeyMissing',
        message: expect.stringContaining('/etc/ingot/segment-key/current'),
      }),
    );
  });

  test('has nothing to say of keys where nothing is announced on LANs', () => {
    stage.cluster.remove(l2Advertisements, namespace, 'lan');
    stage.start('n1').speaker.useSegmentKeys(undefined);
    stage.clock.advance(5_000);
    expect(JSON.stringify(conditions())).not.toContain('SegmentKeyMissing');
  });

  test('is written for a change of words at most each 10 s, for any other at once', () => {
    const { wire } = stage.start('n1');
    stage.clock.advance(20_000);
    const patches = (): number =>
      stage.cluster.writes.filter(({ verb, resource }) => verb === 'patch' && resource === configurationStates).length;
    const before = patches();
    for (let up = 1; up <= 20; up++) {
      wire.report({ segments: [observedSegment({ members: { up } })] });
      stage.clock.advance(500);
    }
    wire.fields = { segments: [observedSegment({ members: { up: 20 } })] };
    wire.report();
    stage.clock.advance(10_000);
    expect(patches() - before).toBeLessThanOrEqual(3);
    expect(conditions()[1]).toMatchObject({ message: 'eth0: 20 members, 0 suspect' });
    wire.fields = { segments: [observedSegment({ conditions: [{ condition: 'segmentSilent', about: undefined }] })] };
    wire.report();
    stage.clock.advance(1_000);
    expect(conditions()).toContainEqual(expect.objectContaining({ type: 'SegmentSilent', status: 'True' }));
  });

  test('keeps the time of a condition over a restart', () => {
    const first = stage.start('n1');
    stage.clock.advance(5_000);
    const before = state();
    stop(first);
    stage.clock.advance(10_000);
    stage.clock.advance(60_000);
    stage.start('n1');
    stage.clock.advance(5_000);
    expect(state()?.['status']).toEqual(before?.['status']);
  });
});

test('metrics show what is announced', () => {
  const { speaker, metrics } = stage.start('n1');
  stage.clock.advance(5_000);
  speaker.refresh();
  const series = `metallb_speaker_announced{service="web/shop",protocol="layer2",node="n1",ip="${address}"}`;
  expect(metrics.values.get(series)).toBe(1);
  expect(metrics.values.get('ingot_snapshot_objects{kind="Node"}')).toBe(3);
  expect(metrics.values.get('metallb_k8s_client_config_loaded_bool')).toBe(1);
  expect(metrics.values.get('ingot_kube_proxy_healthy')).toBe(1);
});
