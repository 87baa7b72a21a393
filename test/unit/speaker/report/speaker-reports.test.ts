// What people see of a speaker: status objects, Events, its ConfigurationState, metrics.
import { beforeEach, describe, expect, test } from 'vitest';
import { configurationStates } from '#shared/api/configuration-state.ts';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { serviceL2Statuses } from '#shared/api/service-l2-status.ts';
import { endpointSlices, events, nodes, services } from '#shared/kube/resources.ts';
import { hexDigits } from '#speaker/digest.ts';
import type { AnyObject } from '../../cluster.ts';
import { advertisementObject, namespace, nodeObject, serviceObject, sliceObject } from '../manifests.ts';
import { refusal } from '#test/simulation/apiserver/answer.ts';
import { address, ownedBy, Stage } from '../stage.ts';
import { sha256 } from '../views.ts';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

const statusName = (service: string): string => `l2-${hexDigits(sha256(`uid-${service}`), 16)}`;
const statuses = (): readonly AnyObject[] => stage.cluster.list(serviceL2Statuses);

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
    for (const name of ['n1', 'n2', 'n3']) stage.start(name);
    stage.clock.advance(5_000);
    stage.cluster.put(nodes, nodeObject('n1', false));
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
    first.speaker.stop(() => {});
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
    first.speaker.stop(() => {});
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
    for (const name of ['n1', 'n3']) stage.start(name);
    stage.clock.advance(5_000);
    stage.cluster.put(nodes, nodeObject('n1', false));
    stage.clock.advance(5_000);
    expect(stage.told()).toEqual([assigned, assigned.replace('n1', 'n3')]);
  });

  test('tell once why an address is announced nowhere', () => {
    const running = stage.start('n1');
    running.wire.interfacesOf = () => [];
    stage.clock.advance(60_000);
    expect(stage.told()).toEqual([
      'announceFailed: noInterface: 192.0.2.200 is announced nowhere: no interface of node "n1" has it in its subnet ' +
        '(suitable are eth0): name the interface in the L2Advertisement',
    ]);
    expect(stage.cluster.list(serviceL2Statuses)).toEqual([]);
    running.wire.interfacesOf = () => ['eth0'];
    running.wire.report();
    stage.clock.advance(10_000);
    expect(stage.told().slice(1)).toEqual([assigned]);
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
          { type: 'SegmentsReady', status: 'True', message: 'eth0' },
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
    expect(ownedBy(running)).toEqual([address]);
    expect(running.metrics.values.get('metallb_k8s_client_config_stale_bool')).toBe(1);
  });

  test('says why this node cannot announce', () => {
    const running = stage.start('n1');
    const [eth0] = [{ name: 'eth0', mac: '02:00:00:00:00:01' as never, open: false, reason: 'it is down' }];
    running.wire.fields = { interfaces: [eth0], problems: ['CAP_NET_RAW is missing'] };
    stage.clock.advance(5_000);
    expect(conditions()[1]).toMatchObject({
      type: 'SegmentsReady',
      status: 'False',
      reason: 'NoSegment',
      message: 'no interface can announce; eth0: it is down; CAP_NET_RAW is missing',
    });
  });

  test('keeps the time of a condition over a restart', () => {
    const first = stage.start('n1');
    stage.clock.advance(5_000);
    const before = state();
    first.speaker.stop(() => {});
    stage.clock.advance(60_000);
    stage.start('n1');
    stage.clock.advance(5_000);
    expect(state()?.['status']).toEqual(before?.['status']);
  });
});

test('metrics show what is announced', () => {
  const { metrics } = stage.start('n1');
  stage.clock.advance(5_000);
  const series = `metallb_speaker_announced{service="web/shop",protocol="layer2",node="n1",ip="${address}"}`;
  expect(metrics.values.get(series)).toBe(1);
  expect(metrics.values.get('ingot_snapshot_objects{kind="Node"}')).toBe(3);
  expect(metrics.values.get('metallb_k8s_client_config_loaded_bool')).toBe(1);
});
