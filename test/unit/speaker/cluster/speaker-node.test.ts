import { expect, test } from 'vitest';
import { defaultDrainSignals, type DrainSignal } from '#shared/runtime/drain-signals.ts';
import { speakerNodeParser } from '#speaker/cluster/speaker-node.ts';

const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
const metadata = { name: 'n1', uid: 'uid-n1', creationTimestamp: '2026-01-01T00:00:00Z' };
const signalsOf = (object: object, drainSignals: readonly DrainSignal[], ignoreExcludeLb = false): unknown => {
  const parsed = speakerNodeParser({ drainSignals, ignoreExcludeLb })({ metadata, ...object });
  return 'view' in parsed ? parsed.view.drainSignals : parsed.problem;
};
const tainted = (key: string): object => ({ spec: { taints: [{ key, effect: 'NoSchedule' }] } });
const conditioned = (type: string, status = 'True'): object => ({ status: { conditions: [{ type, status }] } });

test.each<[object, readonly DrainSignal[], readonly DrainSignal[]]>([
  [{}, defaultDrainSignals, []],
  [{ metadata: { ...metadata, labels: { [label]: '' } } }, defaultDrainSignals, ['exclude-label']],
  [tainted('node.kubernetes.io/out-of-service'), defaultDrainSignals, ['out-of-service']],
  [tainted('ToBeDeletedByClusterAutoscaler'), defaultDrainSignals, ['autoscaler-taint']],
  [tainted('ToBeDeletedByClusterAutoscaler'), [], []],
  [conditioned('DrainInProgress'), defaultDrainSignals, ['lifecycle-conditions']],
  [conditioned('MaintenanceInProgress'), defaultDrainSignals, ['lifecycle-conditions']],
  [conditioned('GracefulNodeShutdownInProgress'), defaultDrainSignals, ['lifecycle-conditions']],
  [conditioned('DrainInProgress', 'False'), defaultDrainSignals, []],
  [{ spec: { unschedulable: true } }, defaultDrainSignals, []],
  [{ spec: { unschedulable: true } }, ['unschedulable'], ['unschedulable']],
  [tainted('example.com/going'), ['taint:example.com/going'], ['taint:example.com/going']],
  [tainted('example.com/other'), ['taint:example.com/going'], []],
  [conditioned('Going'), ['condition:Going', 'proxy-ineligible'], ['condition:Going']],
  [conditioned('Going', 'Unknown'), ['condition:Going'], []],
])('of the Node %j and the signals %j count %j', (object, configured, shown) => {
  expect(signalsOf(object, configured)).toEqual(shown);
});

test('the exclude label is no signal where it is ignored', () => {
  const labels = { [label]: '' };
  expect(signalsOf({ metadata: { ...metadata, labels } }, defaultDrainSignals, true)).toEqual([]);
});

test('what is no Node says why', () => {
  expect(speakerNodeParser({ drainSignals: [], ignoreExcludeLb: false })({})).toMatchObject({
    problem: expect.stringContaining('metadata.'),
  });
});
