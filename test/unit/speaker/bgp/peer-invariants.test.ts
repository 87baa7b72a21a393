import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { initialPeer, stepPeer } from '#speaker/bgp/fsm.ts';
import { cease } from '#speaker/bgp/notification.ts';
import type { PeerConfig } from '#speaker/bgp/peer-config.ts';
import {
  rfcState,
  type Connection,
  type ConnectionId,
  type PeerEvent,
  type PeerState,
  type PeerStep,
} from '#speaker/bgp/peer-state.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { decodeWhole } from './octets.ts';
import { addresses, config, eventsOf, routerOpen } from './peer-play.ts';

/** What each connection has sent, which are closed, which timers run; and every invariant that did not hold. */
class Watch {
  readonly broken: string[] = [];
  readonly #sent = new Map<ConnectionId, string[]>();
  readonly #closed = new Set<ConnectionId>();
  readonly #timers = new Set<string>();

  see({ state, effects }: PeerStep): void {
    for (const effect of effects) {
      if (effect.kind === 'arm') this.#timers.add(effect.timer);
      else if (effect.kind === 'disarm') this.#timers.delete(effect.timer);
      else if (effect.kind === 'send') this.#send(effect.id, decodeWhole(effect.octets).kind);
      else if (effect.kind === 'close') this.#closed.add(effect.id);
    }
    this.#check(state);
  }

  /** The runner forgets a timer before it tells of it. */
  fired(timer: string): void {
    this.#timers.delete(timer);
  }

  get timers(): readonly string[] {
    return [...this.#timers];
  }

  #send(id: ConnectionId, kind: string): void {
    const sent = this.#sent.get(id) ?? [];
    this.#must(!this.#closed.has(id), 'nothing is sent on a closed connection');
    this.#must(!sent.includes('notification'), 'nothing is sent after NOTIFICATION');
    this.#must((sent.length === 0) === (kind === 'open'), 'OPEN is the first message and the only one');
    this.#sent.set(id, [...sent, kind]);
  }

  #check({ connections, dialer }: PeerState): void {
    const established = connections.filter(({ state }) => state === 'established').length;
    this.#must(established <= 1, 'at most one connection is Established');
    this.#must(connections.length <= 3, 'connections are few');
    const expected = connections.flatMap(timersThatRun).toSorted().join();
    const found = this.timers.filter((timer) => timer.includes(' ')).toSorted();
    this.#must(
      found.join() === expected,
      `a connection has its timers and nobody else has any: ${expected} or ${found.join()}`,
    );
    this.#must(established === 0 || dialer.state === 'engaged', 'a session ends all dialling');
    this.#must(established === 0 || !this.#timers.has('connectRetry'), 'a session needs no retry');
    const resting = dialer.state === 'idle' && dialer.until === 'idleHold';
    this.#must(this.#timers.has('idleHold') === resting, 'a rest has an end');
    this.#must(dialer.state !== 'idle' || connections.length === 0, 'Idle has no connections');
    this.#must(dialer.state !== 'engaged' || connections.length > 0, 'somebody will dial again');
  }

  #must(holds: boolean, invariant: string): void {
    if (!holds) this.broken.push(invariant);
  }
}

function timersThatRun(connection: Connection): readonly string[] {
  const { id, state } = connection;
  if (state === 'waiting') return [`delayOpen ${id}`];
  if (state === 'openSent') return [`hold ${id}`];
  if (connection.negotiated.holdTimeMs === 0) return [];
  return state === 'openConfirm'
    ? [`hold ${id}`, `keepalive ${id}`]
    : [`hold ${id}`, `keepalive ${id}`, `sendHold ${id}`];
}

const messages = [
  routerOpen(),
  routerOpen({ bgpIdentifier: 0xffff_ffff }),
  routerOpen({ holdTimeSeconds: 0 }),
  routerOpen({}, true),
] as const;

type Pick = readonly [kind: number, which: number, variant: number];

/** An event that could come in this state: of its connections, its timers, or from outside. */
function possibleEvent(
  state: PeerState,
  timers: readonly string[],
  [kind, which, variant]: Pick,
  next: number,
): PeerEvent {
  const at = <Item>(items: readonly Item[]): Item | undefined => items[which % Math.max(1, items.length)];
  const id = at(state.connections)?.id ?? (state.dialer.state === 'connect' ? state.dialer.id : 'dialed 99');
  const on = eventsOf(id);
  const message = messages[variant % messages.length] ?? routerOpen();
  const dial: ConnectionId = state.dialer.state === 'connect' ? state.dialer.id : 'dialed 99';
  const timer = at(timers);
  const choices: readonly PeerEvent[] = [
    { kind: 'connected', id: dial, addresses },
    { kind: 'accepted', id: `accepted ${next}`, addresses },
    { kind: 'open', id, message },
    { kind: 'open', id, message },
    on.keepalive,
    on.keepalive,
    on.update,
    on.routeRefresh,
    on.drained,
    on.closed,
    on.badOpen,
    on.wireError,
    { kind: 'notification', id, message: cease('collision') },
    timer === undefined ? { kind: 'gap' } : { kind: 'timer', timer },
    timer === undefined ? { kind: 'gap' } : { kind: 'timer', timer },
    { kind: 'start' },
    { kind: 'start' },
    { kind: 'stop', reason: variant % 2 === 0 ? 'shutdown' : 'restart', text: '' },
    { kind: 'renew', reason: variant % 2 === 0 ? 'reset' : 'configurationChange', text: '' },
    { kind: 'bfd', state: 'down' },
    { kind: 'exhausted', reason: 'prefixLimit' },
    { kind: 'gap' },
  ];
  return choices[kind % choices.length] ?? { kind: 'gap' };
}

/** One that brings the peer nearer to a session, or into a collision. */
function helpfulEvent(state: PeerState, [kind, which, variant]: Pick, next: number): PeerEvent {
  const { dialer, connections } = state;
  if (dialer.state === 'idle') return { kind: 'start' };
  if (kind % 3 === 0 && dialer.state === 'connect') return { kind: 'connected', id: dialer.id, addresses };
  const connection = connections[which % Math.max(1, connections.length)];
  if (connection === undefined || kind % 4 === 0) return { kind: 'accepted', id: `accepted ${next}`, addresses };
  const { id } = connection;
  if (connection.state === 'openConfirm') return { kind: 'keepalive', id };
  if (connection.state === 'established') return { kind: 'update', id };
  return { kind: 'open', id, message: messages[variant % messages.length] ?? routerOpen() };
}

const pick = fc.tuple(fc.nat(0xff), fc.nat(3), fc.nat(3), fc.nat(9));

test.each([
  ['dialling', {}],
  ['passive', { passive: true }],
  ['waiting with OPEN', { delayOpenTimeMs: 1_000 }],
  ['without a hold time', { holdTimeSeconds: 0 }],
] as const)('§3: the invariants hold in any sequence of events: %s', (_, change) => {
  const settings: PeerConfig = { ...config, ...change, random: randomFor(7, 'peer') };
  let [sessions, collisions] = [0, 0];
  fc.assert(
    fc.property(fc.array(pick, { minLength: 5, maxLength: 60 }), (picks) => {
      const watch = new Watch();
      let step = stepPeer(initialPeer, { kind: 'start' }, settings);
      watch.see(step);
      for (const [index, one] of picks.entries()) {
        const [first, second, third, luck] = one;
        const chosen: Pick = [first, second, third];
        const event =
          luck < 7 ? helpfulEvent(step.state, chosen, index) : possibleEvent(step.state, watch.timers, chosen, index);
        if (event.kind === 'timer') watch.fired(event.timer);
        step = stepPeer(step.state, event, settings);
        watch.see(step);
        if (step.effects.some(({ kind }) => kind === 'established')) sessions++;
        if (step.state.connections.length > 1) collisions++;
      }
      // Start after stop works always.
      step = stepPeer(step.state, { kind: 'stop', reason: 'shutdown', text: '' }, settings);
      watch.see(step);
      expect(watch.broken).toEqual([]);
      expect(rfcState(step.state)).toBe('Idle');
      expect(watch.timers).toEqual([]);
      const started = rfcState(stepPeer(step.state, { kind: 'start' }, settings).state);
      expect(started).toBe(settings.passive ? 'Active' : 'Connect');
    }),
    { numRuns: 300, seed: 6 },
  );
  // Or nothing was tested.
  expect(sessions).toBeGreaterThan(50);
  expect(collisions).toBeGreaterThan(50);
});
