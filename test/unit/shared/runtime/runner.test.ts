import { expect, test } from 'vitest';
import { Runner, type Engine } from '#shared/runtime/runner.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

type Event = { readonly kind: 'start' } | { readonly kind: 'again' } | { readonly kind: 'halt' };
type Effect = { readonly kind: 'say'; readonly word: string };

/** Says what happened; `start` arms a timer, `again` moves it, `halt` disarms it. */
const echo: Engine<number, Event, Effect> = {
  initial: 0,
  step(state, event) {
    const say = { kind: 'say' as const, word: `${event.kind}${state}` };
    switch (event.kind) {
      case 'start':
      case 'again':
        return { state: state + 1, effects: [say, { kind: 'arm', timer: 'tick', delayMs: 100 }] };
      case 'halt':
        return { state: state + 1, effects: [say, { kind: 'disarm', timer: 'tick' }] };
      case 'timer':
        return { state: state + 1, effects: [say] };
    }
  },
};

function run() {
  const clock = new VirtualClock();
  const said: string[] = [];
  const runner = new Runner(echo, clock, (effect: Effect) => void said.push(effect.word));
  return { clock, runner, said };
}

test('an armed timer comes back as an event', () => {
  const { clock, runner, said } = run();
  runner.dispatch({ kind: 'start' });
  clock.advance(99);
  expect(said).toEqual(['start0']);
  clock.advance(1);
  expect(said).toEqual(['start0', 'timer1']);
});

test('arming an armed timer moves it; disarming ends it', () => {
  const { clock, runner, said } = run();
  runner.dispatch({ kind: 'start' });
  clock.advance(60);
  runner.dispatch({ kind: 'again' });
  clock.advance(60);
  expect(said).toEqual(['start0', 'again1']);
  runner.dispatch({ kind: 'halt' });
  clock.advance(1_000);
  expect(said).toEqual(['start0', 'again1', 'halt2']);
});

test('an event that an effect causes is stepped after the step that caused it', () => {
  const clock = new VirtualClock();
  const said: string[] = [];
  const runner = new Runner(echo, clock, (effect: Effect) => {
    if (effect.word === 'start0') runner.dispatch({ kind: 'again' });
    said.push(effect.word);
  });
  runner.dispatch({ kind: 'start' });
  expect(said).toEqual(['start0', 'again1']);
});

test('after stop nothing happens any more', () => {
  const { clock, runner, said } = run();
  runner.dispatch({ kind: 'start' });
  runner.stop();
  clock.advance(1_000);
  runner.dispatch({ kind: 'again' });
  expect(said).toEqual(['start0']);
});

test('an effect that stops the runner is the last', () => {
  const clock = new VirtualClock();
  const said: string[] = [];
  const runner: Runner<number, Event, Effect> = new Runner(echo, clock, (effect: Effect) => {
    said.push(effect.word);
    runner.stop();
  });
  runner.dispatch({ kind: 'start' });
  clock.advance(1_000);
  expect(said).toEqual(['start0']);
});
