import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { Runner } from '#shared/runtime/runner.ts';
import {
  initialRouterDiscovery,
  maxRouters,
  routerLifetimeMs,
  stepRouterDiscovery,
  type RouterDiscoveryEffect,
  type RouterDiscoveryEvent,
  type RouterDiscoveryState,
} from '#speaker/l2/router-discovery.ts';
import type { LinkSpeaker } from '#speaker/l2/router-message.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

const node: LinkSpeaker = { mac: '02:50:00:00:00:09' as Mac, ip: 'fe80::9' as Ip };
const [a, b, c] = ['fe80::a', 'fe80::b', 'fe80::c'] as Ip[] as [Ip, Ip, Ip];

/** A link in virtual time, with what the engine did on it. */
class Link {
  readonly clock = new VirtualClock();
  readonly done: { readonly atMs: number; readonly effect: RouterDiscoveryEffect }[] = [];
  readonly #runner: Runner<RouterDiscoveryState, RouterDiscoveryEvent, RouterDiscoveryEffect>;

  constructor(seed = 1) {
    const random = seededRandom(seed);
    this.#runner = new Runner(
      {
        initial: initialRouterDiscovery,
        step: (state, event) => stepRouterDiscovery(state, event, { nowMs: this.clock.nowMs(), random }),
      },
      this.clock,
      (effect) => this.done.push({ atMs: this.clock.nowMs(), effect }),
    );
  }

  static up(seed?: number): Link {
    const link = new Link(seed);
    link.become(node);
    return link;
  }

  become(self: LinkSpeaker | undefined): void {
    this.#runner.dispatch({ kind: 'self', self });
  }

  solicit(): void {
    this.#runner.dispatch({ kind: 'solicited' });
  }

  hear(ip: Ip): void {
    this.#runner.dispatch({ kind: 'heard', ip });
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  get isUp(): boolean {
    return this.#runner.state.self !== undefined;
  }

  get routers(): readonly Ip[] {
    return this.#runner.state.routers.map(({ ip }) => ip);
  }

  /** When that was done. */
  times(kind: RouterDiscoveryEffect['kind']): readonly number[] {
    return this.done.filter(({ effect }) => effect.kind === kind).map(({ atMs }) => atMs);
  }

  /** Between advertisements, since then and until now. */
  longestSilenceMs(sinceMs: number): number {
    const told = this.times('advertise').filter((atMs) => atMs >= sinceMs);
    const all = [sinceMs, ...told, this.clock.nowMs()];
    return Math.max(...all.slice(1).map((atMs, at) => atMs - (all[at] ?? 0)));
  }

  /** From each of those to the next. */
  intervals(kind: RouterDiscoveryEffect['kind']): readonly number[] {
    return this.times(kind)
      .map((atMs, index, all) => atMs - (all[index - 1] ?? 0))
      .slice(1);
  }
}

describe('advertisements', () => {
  test('three at intervals of a second, then one each ten seconds, more or less', () => {
    const link = Link.up();
    link.advance(600_000);
    const [first, second, ...later] = link.intervals('advertise');
    expect([link.times('advertise')[0], first, second]).toEqual([0, 1000, 1000]);
    expect(later.length).toBeGreaterThan(50);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(7_500);
    expect(Math.max(...later)).toBeLessThanOrEqual(12_500);
    expect(Math.max(...later) - Math.min(...later)).toBeGreaterThan(2_500);
  });

  test('none where nothing can be said; three again when it can', () => {
    const link = Link.up();
    link.advance(2_500);
    link.become(undefined);
    link.advance(60_000);
    expect(link.times('advertise')).toEqual([0, 1_000, 2_000]);
    link.become(node);
    link.advance(2_500);
    expect(link.times('advertise').slice(3)).toEqual([62_500, 63_500, 64_500]);
  });

  test('a solicitation is answered within half a second', () => {
    const link = Link.up();
    link.advance(5_500);
    link.solicit();
    link.advance(500);
    expect(link.times('advertise')).toHaveLength(4);
    expect(link.times('advertise')[3]).toBeGreaterThanOrEqual(5_500);
  });

  test('solicitations by the hundred are answered once in three seconds', () => {
    const link = Link.up();
    link.advance(3_000);
    for (let atMs = 0; atMs < 60_000; atMs += 100) {
      link.solicit();
      link.advance(100);
    }
    const answers = link.intervals('advertise').slice(2);
    expect(Math.min(...answers)).toBeGreaterThanOrEqual(3_000);
    expect(Math.max(...answers)).toBeLessThanOrEqual(3_600);
  });

  test('an answer takes the place of the next one in turn', () => {
    const link = Link.up();
    link.advance(6_000);
    link.solicit();
    link.advance(500);
    const answeredMs = link.times('advertise').at(-1) ?? 0;
    link.advance(20_000);
    const nextMs = link.times('advertise')[4] ?? 0;
    expect(nextMs - answeredMs).toBeGreaterThanOrEqual(7_500);
  });

  test.each<[string, LinkSpeaker]>([
    ['MAC address', { ...node, mac: '02:50:00:00:00:0a' as Mac }],
    ['link-local address', { ...node, ip: 'fe80::99' as Ip }],
  ])('one more, at once, with another %s; the turn stays as it is', (_, self) => {
    const [changed, plain] = [Link.up(), Link.up()];
    for (const link of [changed, plain]) link.advance(4_000);
    changed.become(self);
    changed.become(self);
    expect(changed.done.at(-1)).toEqual({ atMs: 4_000, effect: { kind: 'advertise', self } });
    for (const link of [changed, plain]) link.advance(60_000);
    const inTurn = changed.times('advertise').filter((atMs) => atMs !== 4_000);
    expect(inTurn).toEqual(plain.times('advertise'));
  });
});

describe('solicitations', () => {
  test('three, four seconds apart, while no router is heard', () => {
    const link = Link.up();
    link.advance(60_000);
    expect(link.times('solicit')).toEqual([0, 4_000, 8_000]);
  });

  test('none after a router was heard', () => {
    const link = Link.up();
    link.advance(500);
    link.hear(a);
    link.advance(60_000);
    expect(link.times('solicit')).toEqual([0]);
  });

  test('the question comes first: whoever asks is taken for no router, until it says that it is one', () => {
    expect(Link.up().done.map(({ effect }) => effect.kind)).toEqual(['solicit', 'advertise']);
  });

  test('asked anew on a link that came back, for its router may be another one', () => {
    const link = Link.up();
    link.hear(a);
    link.advance(10_000);
    link.become(undefined);
    link.advance(1_000);
    link.become(node);
    link.advance(60_000);
    expect(link.times('solicit')).toEqual([0, 11_000, 15_000, 19_000]);
  });
});

describe('routers', () => {
  test('the first that is heard stays the first; the others are named', () => {
    const link = Link.up();
    for (const ip of [a, b, a, c, b]) {
      link.hear(ip);
      link.advance(1_000);
    }
    expect(link.routers).toEqual([a, b, c]);
    expect(link.times('changed')).toEqual([0, 1_000, 3_000]);
  });

  test('this node itself is none', () => {
    const link = Link.up();
    link.hear(node.ip);
    expect(link.routers).toEqual([]);
  });

  test('who says nothing for half an hour is gone', () => {
    const link = Link.up();
    link.hear(a);
    link.advance(1_000);
    link.hear(b);
    link.advance(routerLifetimeMs - 1_001);
    expect(link.routers).toEqual([a, b]);
    link.advance(1);
    expect(link.routers).toEqual([b]);
    link.advance(1_000);
    expect(link.routers).toEqual([]);
    expect(link.times('changed')).toEqual([0, 1_000, routerLifetimeMs, routerLifetimeMs + 1_000]);
  });

  test('each time that it is heard counts anew', () => {
    const link = Link.up();
    for (let hours = 0; hours < 5; hours++) {
      link.hear(a);
      link.advance(routerLifetimeMs - 1);
    }
    expect(link.routers).toEqual([a]);
    expect(link.times('changed')).toEqual([0]);
  });

  test('a link that is gone for a while takes no router away', () => {
    const link = Link.up();
    link.hear(a);
    link.become(undefined);
    link.hear(b);
    link.advance(60_000);
    expect(link.routers).toEqual([a]);
    link.become(node);
    link.hear(b);
    link.advance(1_000);
    link.hear(a);
    expect(link.routers).toEqual([a, b]);
  });

  test('on a link that came back, one that does not answer makes room for one that speaks', () => {
    const link = Link.up();
    link.hear(a);
    link.advance(1_000);
    link.become(undefined);
    link.advance(1_000);
    link.become(node);
    link.advance(1_000);
    link.hear(b);
    expect(link.routers).toEqual([a, b]);
    link.advance(12_000);
    link.hear(b);
    expect(link.routers).toEqual([b]);
    expect(link.done.at(-1)?.effect).toEqual({ kind: 'changed' });
  });

  test('no more than a few are noted, and it is told', () => {
    const link = Link.up();
    for (let at = 1; at <= maxRouters + 2; at++) link.hear(`fe80::1:${at}` as Ip);
    expect(link.routers).toHaveLength(maxRouters);
    expect(link.times('overlooked')).toHaveLength(2);
    link.hear('fe80::1:1' as Ip);
    expect(link.times('overlooked')).toHaveLength(2);
  });
});

interface Act {
  readonly afterMs: number;
  readonly act: (link: Link) => void;
}
const acts: fc.Arbitrary<Act> = fc.record({
  afterMs: fc.nat(40_000),
  act: fc.constantFrom<Act['act'][]>(
    (link) => link.solicit(),
    (link) => link.solicit(),
    (link) => link.hear(a),
    (link) => link.become(undefined),
    (link) => link.become(node),
    (link) => link.become({ ...node, ip: 'fe80::99' as Ip }),
  ),
});

test('whatever happens: silent while nothing can be said, else heard from at least each 12.5 seconds', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(acts, { maxLength: 40 }), (seed, played) => {
      const link = new Link(seed);
      let upSinceMs: number | undefined;
      for (const { afterMs, act } of played) {
        const said = link.times('advertise').length;
        link.advance(afterMs);
        const saidNow = link.times('advertise').length - said;
        const isRight = upSinceMs === undefined ? saidNow === 0 : link.longestSilenceMs(upSinceMs) <= 12_500;
        expect(isRight).toBe(true);
        act(link);
        upSinceMs = link.isUp ? (upSinceMs ?? link.clock.nowMs()) : undefined;
      }
    }),
  );
});

test('whoever else is heard within half an hour: the first stays', () => {
  const heard = fc.array(fc.tuple(fc.nat(40_000), fc.constantFrom(a, b, c)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(heard, (ips) => {
      const link = Link.up();
      for (const [afterMs, ip] of ips) {
        link.advance(afterMs);
        link.hear(ip);
        expect(link.routers[0]).toBe(ips[0]?.[1]);
      }
      expect(new Set(link.routers)).toEqual(new Set(ips.map(([, ip]) => ip)));
    }),
  );
});
