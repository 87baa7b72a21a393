import { expect, test } from 'vitest';
import type { KubeProxyHealth } from '#speaker/kube-proxy/health.ts';
import { KubeProxyWatch } from '#speaker/kube-proxy/watch.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

/** A kube-proxy that answers so; `slow`: after a second, with nothing. */
class Played {
  readonly clock = new VirtualClock();
  readonly gates: string[] = [];
  health: KubeProxyHealth | 'slow' | 'never';
  asked = 0;
  readonly watch: KubeProxyWatch;
  late: (() => void) | undefined;

  constructor(health: KubeProxyHealth | 'slow' | 'never') {
    this.health = health;
    const { clock } = this;
    const probe = {
      ask: (answered: (health: KubeProxyHealth) => void): void => {
        this.asked++;
        const { health: now } = this;
        if (now === 'never') this.late = () => answered('silent');
        else if (now === 'slow') clock.after(1_000, () => answered('silent'));
        else answered(now);
      },
    };
    this.watch = new KubeProxyWatch({ clock, probe }, () =>
      this.gates.push(`${clock.nowMs() / 1000} ${this.watch.gate}`),
    );
    this.watch.start();
  }

  become(health: KubeProxyHealth | 'slow' | 'never', forSeconds: number): void {
    this.health = health;
    this.clock.advance(forSeconds * 1_000);
  }
}

test('it is asked at once and each 2 s, until it is stopped', () => {
  const played = new Played('healthy');
  expect([played.watch.gate, played.asked]).toEqual(['open', 1]);
  played.clock.advance(10_000);
  expect(played.asked).toBe(6);
  played.watch.stop();
  played.clock.advance(10_000);
  expect(played.asked).toBe(6);
});

test.each(['silent', 'slow'] as const)('one that never answered (%s) is unknown, for ever', (health) => {
  const played = new Played(health);
  played.clock.advance(3_600_000);
  expect([played.watch.gate, played.gates]).toEqual(['unknown', []]);
});

test('one that was never healthy keeps the gate open', () => {
  const played = new Played('unhealthy');
  played.clock.advance(3_600_000);
  expect([played.gates, played.watch.health]).toEqual([['0 open'], 'unhealthy']);
});

test.each([
  ['silent', ['6 noClaim', '30 cannotForward', '42 open']],
  ['unhealthy', ['6 noClaim', '30 cannotForward', '42 open']],
  // The time-outs add up to a second each.
  ['slow', ['7 noClaim', '31 cannotForward', '42 open']],
] as const)('one that was healthy and is %s closes the gate in two steps, and opens it at once', (health, gates) => {
  const played = new Played('healthy');
  played.become(health, 41);
  played.become('healthy', 5);
  expect(played.gates.slice(1)).toEqual(gates);
});

test('a restart of kube-proxy shorter than 6 s is nothing', () => {
  const played = new Played('healthy');
  for (let round = 0; round < 100; round++) {
    played.become('silent', 5);
    played.become('healthy', 5);
  }
  expect(played.gates).toEqual(['0 open']);
});

test('a Node that is about to be deleted is told at once, and forwards', () => {
  const played = new Played('healthy');
  played.become('ineligible', 60);
  played.become('unhealthy', 20);
  expect(played.gates).toEqual(['0 open', '2 ineligible', '62 open', '66 noClaim']);
});

test('what this program slept through counts as one answer missed', () => {
  const played = new Played('healthy');
  played.become('never', 3);
  expect(played.asked).toBe(2);
  // Stopped for a minute with a question under way: its time-out is the first that is heard of.
  played.clock.advance(60_000);
  played.health = 'healthy';
  played.late?.();
  expect(played.gates).toEqual(['0 open']);
  played.clock.advance(2_000);
  expect([played.asked, played.gates]).toEqual([3, ['0 open']]);
});
