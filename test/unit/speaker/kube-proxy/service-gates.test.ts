import { expect, test } from 'vitest';
import { ServiceGates } from '#speaker/kube-proxy/service-gates.ts';
import type { ServiceHealth, ServiceHealthPort } from '#speaker/kube-proxy/service-gate.ts';
import { RecordedMetrics } from '#test/simulation/recorder.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { ip } from '../views.ts';

const host = ip('127.0.0.1');

function played(health: ServiceHealth) {
  const clock = new VirtualClock();
  const kubeProxy = { health };
  const asked: number[] = [];
  let changes = 0;
  const serviceHealth = {
    ask({ port, hosts }: ServiceHealthPort, answered: (health: ServiceHealth) => void) {
      asked.push(port);
      expect(hosts).toEqual([host]);
      clock.after(5, () => answered(kubeProxy.health));
    },
  };
  const metrics = new RecordedMetrics();
  const gates = new ServiceGates({ clock, serviceHealth, metrics }, () => changes++);
  gates.follow(new Set([30_000]), [host]);
  return { clock, kubeProxy, asked, gates, metrics, changes: () => changes };
}

test('a port that answers opens the gate, and is not asked again', () => {
  const { clock, asked, gates, changes } = played('ready');
  expect(gates.of(30_000)).toBe('asking');
  clock.advance(10);
  expect(gates.of(30_000)).toBe('open');
  clock.advance(60_000);
  expect([asked.length, changes()]).toEqual([1, 1]);
});

test('a port that says no is asked each second until it does not', () => {
  const { clock, kubeProxy, asked, gates } = played('notReady');
  clock.advance(3_500);
  expect(gates.of(30_000)).toBe('waiting');
  expect(asked).toHaveLength(4);
  kubeProxy.health = 'ready';
  clock.advance(1_000);
  expect(gates.of(30_000)).toBe('open');
});

test('where nobody answers for 10 s nothing is to be waited for; it is asked now and then', () => {
  const { clock, kubeProxy, asked, gates } = played('silent');
  clock.advance(8_900);
  expect(gates.of(30_000)).toBe('asking');
  clock.advance(200);
  expect(gates.of(30_000)).toBe('unknown');
  const before = asked.length;
  clock.advance(30_000);
  expect(asked.length - before).toBe(3);
  kubeProxy.health = 'notReady';
  clock.advance(10_000);
  expect(gates.of(30_000)).toBe('open');
});

test('an answer ends the silence before', () => {
  const { clock, kubeProxy, gates } = played('silent');
  clock.advance(5_500);
  kubeProxy.health = 'notReady';
  clock.advance(1_000);
  kubeProxy.health = 'silent';
  clock.advance(8_000);
  expect(gates.of(30_000)).toBe('waiting');
});

test('a port that is not wanted any more is forgotten', () => {
  const { clock, asked, gates } = played('notReady');
  clock.advance(100);
  gates.follow(new Set([30_001]), [host]);
  clock.advance(10_000);
  expect(asked.filter((port) => port === 30_000)).toHaveLength(1);
  gates.follow(new Set([30_000]), [host]);
  expect(gates.of(30_000)).toBe('asking');
});

test('not more than 1,000 ports are asked, which is counted', () => {
  const { gates, asked, metrics } = played('ready');
  const ports = new Set(Array.from({ length: 1_100 }, (_, index) => 30_000 + index));
  gates.follow(ports, [host]);
  gates.follow(ports, [host]);
  expect(metrics.values.get('ingot_limit_reached_total{limit="healthCheckNodePorts"}')).toBe(1);
  expect(new Set(asked).size).toBe(1_000);
  expect(gates.of(31_099)).toBe('unknown');
});
