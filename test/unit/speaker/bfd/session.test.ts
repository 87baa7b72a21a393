import { describe, expect, test } from 'vitest';
import type { BfdState, ControlPacket } from '#speaker/bfd/control-packet.ts';
import { newSession, stepSession } from '#speaker/bfd/session.ts';
import type { SessionEffect, SessionSettings, SessionState, SessionStep } from '#speaker/bfd/session-state.ts';
import { detectAtMs, detectionTimeMs, transmitIntervalMs, wakeAtMs } from '#speaker/bfd/timing.ts';
import { ourDiscriminator, packet, peersDiscriminator, usual } from './packets.ts';

/** No interval is cut. */
const noJitter = { next32: () => 0 };
const mostJitter = { next32: () => 2 ** 32 - 1 };
const known = { yourDiscriminator: ourDiscriminator };
/** What a peer says that is Up and as fast as we. */
const fast = { ...known, state: 'up', desiredMinTxUs: 300_000 } as const;

/** What the peer says that changes nothing. */
const keeping = { down: 'up', init: 'down', up: 'up' } as const;

/** A session, and all that it did with the last event. */
class Play {
  state: SessionState;
  effects: readonly SessionEffect[] = [];
  nowMs = 0;

  constructor(settings: Partial<SessionSettings> = {}) {
    this.state = newSession(ourDiscriminator, { ...usual, ...settings }, 0);
  }

  hear(changes: Partial<ControlPacket>): this {
    return this.#take(
      stepSession(this.state, { nowMs: this.nowMs, kind: 'packet', packet: packet(changes) }, noJitter),
    );
  }

  configure(changes: Partial<SessionSettings>): this {
    const settings = { ...this.state.settings, ...changes };
    return this.#take(stepSession(this.state, { nowMs: this.nowMs, kind: 'configure', settings }, noJitter));
  }

  do(kind: 'wake' | 'gap' | 'leave'): this {
    return this.#take(stepSession(this.state, { nowMs: this.nowMs, kind }, noJitter));
  }

  at(nowMs: number): this {
    this.nowMs = nowMs;
    return this;
  }

  get sent(): readonly ControlPacket[] {
    return this.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.packet] : []));
  }

  get became(): readonly string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'became' ? [`${effect.from} ${effect.to} ${effect.cause.kind}`] : [],
    );
  }

  #take(step: SessionStep): this {
    this.state = step.state;
    this.effects = step.effects;
    return this;
  }
}

function playIn(state: BfdState, settings: Partial<SessionSettings> = {}): Play {
  const play = new Play(settings).do('wake');
  if (state === 'init') return play.hear({});
  if (state === 'up') return play.hear({}).hear(fast);
  return state === 'adminDown' ? play.hear({}).do('leave') : play;
}

const upAndPolled = (settings: Partial<SessionSettings> = {}): Play =>
  playIn('up', settings)
    .hear({ ...fast, final: true })
    .hear(fast);

describe('RFC 5880 §6.2: every state with every state of the peer', () => {
  test.each([
    ['down', 'adminDown', 'down', 0, []],
    ['down', 'down', 'init', 0, ['down init heard']],
    ['down', 'init', 'up', 0, ['down up heard']],
    ['down', 'up', 'down', 0, []],
    ['init', 'adminDown', 'down', 3, ['init down neighborAdminDown']],
    ['init', 'down', 'init', 0, []],
    ['init', 'init', 'up', 0, ['init up heard']],
    ['init', 'up', 'up', 0, ['init up heard']],
    ['up', 'adminDown', 'down', 3, ['up down neighborAdminDown']],
    ['up', 'down', 'down', 3, ['up down neighborSignalledDown']],
    ['up', 'init', 'up', 0, []],
    ['up', 'up', 'up', 0, []],
    ['adminDown', 'adminDown', 'adminDown', 7, []],
    ['adminDown', 'down', 'adminDown', 7, []],
    ['adminDown', 'init', 'adminDown', 7, []],
    ['adminDown', 'up', 'adminDown', 7, []],
  ] as const)('%s hears %s: %s', (own, heard, next, diagnostic, became) => {
    const play = playIn(own).hear({ ...known, state: heard });
    expect(play.state).toMatchObject({ state: next, diagnostic });
    expect(play.became).toEqual(became);
    // A change is said at once, and nothing else.
    const isNews = became.length > 0 || own === 'down';
    expect(play.sent.map(({ state }) => state)).toEqual(isNews ? [next] : []);
  });

  test.each([
    ['down', []],
    ['init', ['init down detectionTimeExpired']],
    ['up', ['up down detectionTimeExpired']],
  ] as const)('%s hears nothing any more', (own, became) => {
    const play = playIn(own).hear({ ...known, state: keeping[own], desiredMinTxUs: 1_000_000 });
    play.at(2999).do('wake');
    expect([play.state.state, play.became]).toEqual([own, []]);
    play.at(3000).do('wake');
    expect(play.became).toEqual(became);
    expect(play.state).toMatchObject({
      state: 'down',
      diagnostic: own === 'down' ? 0 : 1,
      remote: { discriminator: 0 },
    });
    expect(play.sent).toMatchObject([{ state: 'down', yourDiscriminator: 0 }]);
  });

  test.each(['down', 'init', 'up'] as const)('%s leaves', (own) => {
    const play = playIn(own)
      .hear({ ...known, state: keeping[own] })
      .do('leave');
    expect(play.state).toMatchObject({ state: 'adminDown', diagnostic: 7 });
    expect(play.became).toEqual([`${own} adminDown administrativelyDown`]);
  });
});

describe('what a packet says of us', () => {
  test('a newcomer knows nobody, and is slow', () => {
    expect(new Play().do('wake').sent).toEqual([packet({ myDiscriminator: ourDiscriminator })]);
  });

  test('who is heard is answered by name; C, D, A and echo are never set', () => {
    expect(playIn('init').sent).toEqual([
      packet({ state: 'init', myDiscriminator: ourDiscriminator, yourDiscriminator: peersDiscriminator }),
    ]);
  });

  test('an authenticated packet is as if it had not come', () => {
    const play = new Play();
    const before = play.state;
    play.hear({ authentication: Uint8Array.of(1, 3, 0) });
    expect([play.state, play.effects]).toEqual([before, []]);
  });
});

describe('Poll and Final', () => {
  test('a session that comes Up says its interval with Poll until Final comes', () => {
    const play = playIn('init').hear({ ...known, state: 'init' });
    expect(play.sent).toMatchObject([{ state: 'up', poll: true, desiredMinTxUs: 300_000 }]);
    expect(play.at(300).do('wake').sent).toMatchObject([{ poll: true }]);
    play.hear({ ...fast, final: true });
    expect(play.at(600).do('wake').sent).toMatchObject([{ poll: false }]);
  });

  test('Poll is answered with Final at once, in every state but AdminDown, and the periodic packets go on as they were', () => {
    for (const state of ['down', 'init', 'up'] as const) {
      const play = state === 'up' ? upAndPolled() : playIn(state).hear({ ...known, state: keeping[state] });
      const dueMs = play.state.transmitAtMs;
      play.at(10).hear({ ...known, state: keeping[state], desiredMinTxUs: 300_000, poll: true });
      expect(play.sent).toMatchObject([{ state, poll: false, final: true }]);
      expect(play.state.transmitAtMs).toBe(dueMs);
    }
    expect(playIn('adminDown').hear({ ...known, poll: true }).sent).toEqual([]);
  });

  test('Poll that makes it Up is answered with Final, and the own Poll follows', () => {
    const play = playIn('init')
      .at(400)
      .hear({ ...fast, poll: true });
    expect(play.sent).toMatchObject([{ state: 'up', final: true, poll: false }]);
    expect(wakeAtMs(play.state)).toBeLessThanOrEqual(400);
    expect(play.do('wake').sent).toMatchObject([{ state: 'up', final: false, poll: true }]);
  });

  test('a longer transmit interval and a shorter detection wait for Final', () => {
    const play = upAndPolled().configure({ desiredMinTxUs: 1_000_000, requiredMinRxUs: 100_000 });
    expect(play.sent).toMatchObject([{ poll: true, desiredMinTxUs: 1_000_000, requiredMinRxUs: 100_000 }]);
    expect([transmitIntervalMs(play.state), detectionTimeMs(play.state)]).toEqual([300, 900]);
    play.hear({ ...fast, desiredMinTxUs: 100_000, final: true });
    expect([transmitIntervalMs(play.state), detectionTimeMs(play.state)]).toEqual([1000, 300]);
    expect(play.state.state).toBe('up');
  });

  test('a shorter transmit interval and a longer detection do not wait', () => {
    const play = upAndPolled().hear({ ...fast, requiredMinRxUs: 10_000 });
    play.configure({ desiredMinTxUs: 100_000, requiredMinRxUs: 500_000 });
    expect(play.sent).toMatchObject([{ poll: true }]);
    expect([transmitIntervalMs(play.state), detectionTimeMs(play.state)]).toEqual([100, 1500]);
  });

  test('a second change waits until the Poll of the first is over, and no Final of it can come any more', () => {
    const play = upAndPolled().configure({ requiredMinRxUs: 200_000 });
    play.configure({ requiredMinRxUs: 100_000 });
    expect(play.sent).toEqual([]);
    expect(play.hear({ ...fast, final: true }).sent).toEqual([]);
    expect(play.hear({ ...fast, final: true }).sent).toEqual([]);
    expect(play.hear(fast).sent).toMatchObject([{ poll: true, requiredMinRxUs: 100_000 }]);
    expect(play.hear({ ...fast, final: true }).state).toMatchObject({ inForce: { requiredMinRxUs: 100_000 } });
  });

  test('another multiplier is said at once, without Poll', () => {
    expect(upAndPolled().configure({ detectMultiplier: 5 }).sent).toMatchObject([{ detectMultiplier: 5, poll: false }]);
  });

  test('nothing is said of a change that is none', () => {
    expect(upAndPolled().configure({}).effects).toEqual([]);
  });

  test('Poll of a session that went Down is over', () => {
    const play = playIn('up').at(3000).do('wake');
    expect(play.sent).toMatchObject([{ state: 'down', poll: false, desiredMinTxUs: 1_000_000 }]);
  });
});

test('Poll of a slow session that went Down is over as well', () => {
  const play = upAndPolled({ desiredMinTxUs: 2_000_000 }).configure({ requiredMinRxUs: 400_000 });
  expect(play.sent).toMatchObject([{ poll: true }]);
  expect(play.at(10_000).do('wake').sent).toMatchObject([{ state: 'down', poll: false }]);
});

describe('intervals', () => {
  test('not Up: at most one packet a second, however fast the settings', () => {
    const play = new Play({ desiredMinTxUs: 50_000 }).do('wake');
    expect(play.state.transmitAtMs).toBe(1000);
    expect(new Play({ desiredMinTxUs: 2_000_000 }).do('wake').state.transmitAtMs).toBe(2000);
  });

  test('the slower of what we desire and what the peer requires', () => {
    const play = upAndPolled();
    expect(transmitIntervalMs(play.state)).toBe(300);
    expect(transmitIntervalMs(play.hear({ ...fast, requiredMinRxUs: 700_000 }).state)).toBe(700);
  });

  test('a peer that can take more has the next packet as soon as that says', () => {
    const play = upAndPolled({ desiredMinTxUs: 100_000 }).hear({ ...fast, requiredMinRxUs: 900_000 });
    const sentMs = play.state.sent?.atMs ?? NaN;
    play.at(sentMs + 50).hear({ ...fast, requiredMinRxUs: 200_000 });
    expect(play.state.transmitAtMs).toBe(sentMs + 200);
    play.at(sentMs + 150).hear({ ...fast, requiredMinRxUs: 0 });
    play.hear({ ...fast, requiredMinRxUs: 1 });
    expect(play.do('wake').sent).toHaveLength(1);
  });

  test.each([
    [3, 300, 225],
    [2, 300, 225],
    [1, 270, 225],
  ])('multiplier %i: from %i down to %i ms', (detectMultiplier, longest, shortest) => {
    for (const [random, expected] of [
      [noJitter, longest],
      [mostJitter, shortest],
    ] as const) {
      const { state } = upAndPolled({ detectMultiplier }).at(5000);
      const step = stepSession({ ...state, heardAtMs: 5000 }, { nowMs: 5000, kind: 'wake' }, random);
      expect(step.state.transmitAtMs - 5000).toBeCloseTo(expected, 3);
    }
  });

  test('the peer’s multiplier times the slower of what we require and what it desires', () => {
    const play = upAndPolled({ requiredMinRxUs: 100_000 }).hear({
      ...fast,
      detectMultiplier: 5,
      desiredMinTxUs: 200_000,
    });
    expect(detectionTimeMs(play.state)).toBe(1000);
    expect(detectionTimeMs(play.hear({ ...fast, detectMultiplier: 2, desiredMinTxUs: 50_000 }).state)).toBe(200);
  });

  test('a peer that wants no periodic packets gets none, but hears of changes', () => {
    const play = upAndPolled().hear({ ...fast, requiredMinRxUs: 0 });
    expect(play.at(800).do('wake').sent).toEqual([]);
    expect(wakeAtMs(play.state)).toBe(900);
    expect(play.hear({ ...known, state: 'down', requiredMinRxUs: 0 }).sent).toMatchObject([{ state: 'down' }]);
  });

  test('a peer in Demand mode gets no periodic packets while both are Up, but for Poll', () => {
    const play = upAndPolled().hear({ ...fast, demand: true });
    expect(play.at(800).do('wake').sent).toEqual([]);
    expect(play.configure({ desiredMinTxUs: 100_000 }).sent).toMatchObject([{ poll: true }]);
    expect(
      play
        .hear({ ...fast, demand: true })
        .at(1500)
        .do('wake').sent,
    ).toMatchObject([{ poll: true }]);
  });
});

describe('passive', () => {
  test('says nothing before the peer does, and nothing when it is gone', () => {
    const play = new Play({ passive: true });
    expect(wakeAtMs(play.state)).toBe(Infinity);
    expect(play.at(5000).do('wake').sent).toEqual([]);
    expect(play.hear({}).sent).toMatchObject([{ state: 'init' }]);
    expect(play.at(5900).do('wake').sent).toEqual([]);
    expect(play.at(6000).do('wake').sent).toMatchObject([{ state: 'init' }]);
    expect(play.at(8000).do('wake').became).toEqual(['init down detectionTimeExpired']);
    expect(play.sent).toEqual([]);
    expect(wakeAtMs(play.state)).toBe(Infinity);
  });

  test('ends when the settings say so', () => {
    const play = new Play({ passive: true }).at(5000).configure({ passive: false });
    expect(play.do('wake').sent).toHaveLength(1);
  });
});

describe('the peer’s AdminDown', () => {
  test('is remembered while it is silent, and forgotten when it speaks', () => {
    const play = upAndPolled().hear({ ...known, state: 'adminDown' });
    play.at(10_000).do('wake');
    expect(play.state.remote).toMatchObject({ state: 'adminDown', discriminator: 0 });
    expect(play.hear({}).state.remote.state).toBe('down');
  });
});

describe('gap', () => {
  test('a silence that ended with it is judged after one more interval of the peer', () => {
    const play = upAndPolled().at(5000).do('gap');
    expect(detectAtMs(play.state)).toBe(5300);
    expect(play.at(5299).do('wake').became).toEqual([]);
    expect(play.at(5300).do('wake').became).toEqual(['up down detectionTimeExpired']);
  });

  test('there is one in a silence: a program that is always late notices it, too', () => {
    const play = upAndPolled().at(5000).do('gap').at(5299).do('gap');
    expect(detectAtMs(play.state)).toBe(5300);
  });

  test('a packet ends the patience', () => {
    const play = upAndPolled().at(5000).do('gap').at(5001).hear(fast);
    expect(detectAtMs(play.state)).toBe(5901);
  });

  test('a silence that is not over is judged when it was to be', () => {
    const play = upAndPolled();
    expect(detectAtMs(play.at(100).do('gap').state)).toBe(900);
  });

  test('nothing is awaited of a peer that was not heard', () => {
    expect(detectAtMs(new Play().at(5000).do('gap').state)).toBeUndefined();
  });
});

describe('leaving', () => {
  test('is said three times, 100 ms apart, with no Poll and as slowly as AdminDown is', () => {
    const play = upAndPolled().at(50).do('leave');
    const said = {
      state: 'adminDown',
      diagnostic: 7,
      poll: false,
      desiredMinTxUs: 1_000_000,
      yourDiscriminator: peersDiscriminator,
    };
    expect(play.sent).toMatchObject([said]);
    expect(play.at(149).do('wake').effects).toEqual([]);
    expect(play.at(150).do('wake').sent).toMatchObject([said]);
    expect(wakeAtMs(play.state)).toBe(250);
    expect(play.at(250).do('wake').effects).toMatchObject([{ kind: 'send', packet: said }, { kind: 'left' }]);
    expect(wakeAtMs(play.state)).toBe(Infinity);
    expect(play.at(350).do('wake').effects).toEqual([]);
  });

  test('there is nobody to tell while nobody is heard', () => {
    expect(new Play().do('wake').do('leave').effects).toMatchObject([{ kind: 'became' }, { kind: 'left' }]);
  });

  test('nothing leads out of it', () => {
    const play = playIn('adminDown');
    for (const kind of ['gap', 'leave'] as const) expect(play.do(kind).effects).toEqual([]);
    expect(play.configure({ desiredMinTxUs: 1 }).effects).toEqual([]);
    expect(play.state.state).toBe('adminDown');
  });
});
