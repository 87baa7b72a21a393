import { expect, test } from 'vitest';
import { KubeProxyWatch } from '#speaker/kube-proxy/watch.ts';
import type { KubeProxy } from '#test/simulation/node/kube-proxy.ts';
import { SimulatedKubeProxyProbe } from '#test/simulation/node/kube-proxy-probe.ts';
import { Stage } from '../stage.ts';

function watching(kubeProxy: Pick<KubeProxy, 'answers'>) {
  const stage = new Stage();
  const thread = stage.thread('n1/cluster');
  const probe = new SimulatedKubeProxyProbe({ scheduler: stage.scheduler, thread, kubeProxy });
  const gates: string[] = [];
  thread.receive(() => {
    const watch = new KubeProxyWatch({ clock: thread.clock, probe }, () => gates.push(watch.gate));
    watch.start();
  }, 1);
  return { stage, thread, probe, gates };
}

test('the gate follows a kube-proxy that runs, hangs, and is gone', () => {
  const kubeProxy: { answers: KubeProxy['answers'] } = { answers: 'at once' };
  const { stage, gates, probe } = watching(kubeProxy);
  stage.advance(5_000);
  kubeProxy.answers = 'never';
  stage.advance(20_000);
  kubeProxy.answers = 'at once';
  stage.advance(5_000);
  kubeProxy.answers = 'not there';
  stage.advance(40_000);
  kubeProxy.answers = 'at once';
  probe.health = 'ineligible';
  stage.advance(5_000);
  expect(gates).toEqual(['open', 'noClaim', 'open', 'noClaim', 'cannotForward', 'ineligible']);
});

test('a program that is held meanwhile does not take its own sleep for a failure', () => {
  const { stage, thread, gates } = watching({ answers: 'at once' });
  stage.advance(5_000);
  const go = thread.hold();
  stage.advance(600_000);
  go();
  stage.advance(10_000);
  expect(gates).toEqual(['open']);
});
