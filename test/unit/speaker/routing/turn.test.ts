import { expect, test } from 'vitest';
import { Turn } from '#speaker/routing/turn.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { PlayedLocks } from '../played-locks.ts';

function played() {
  const clock = new VirtualClock();
  const locks = new PlayedLocks(clock);
  const log = new RecordedLog();
  const process = () => {
    const turn = new Turn({ clock, log, nodeLock: locks.of('n1') });
    const state = { isOurs: false, turn };
    turn.wait(() => (state.isOurs = true));
    return state;
  };
  return { clock, log, locks, process };
}

test('a process waits, and says so, until the other gives way', () => {
  const { clock, log, process } = played();
  const [older, newer] = [process(), process()];
  clock.advance(5_000);
  expect([older.isOurs, newer.isOurs]).toEqual([true, false]);
  expect(log.lines.map(({ message }) => message)).toEqual([
    'this process runs BGP on this node',
    'another process of this node runs BGP: this one waits until it has ended',
  ]);
  older.turn.giveBack();
  clock.advance(900);
  expect(newer.isOurs).toBe(false);
  clock.advance(200);
  expect(newer.isOurs).toBe(true);
  expect(log.lines.at(-1)?.fields).toEqual({ waitedMs: 5_001 });
});

test('one that gives way in the second after the other is not called', () => {
  const { clock, locks, process } = played();
  const [older, newer] = [process(), process()];
  clock.advance(5_000);
  older.turn.giveBack();
  clock.advance(500);
  newer.turn.giveBack();
  clock.advance(5_000);
  expect([newer.isOurs, locks.wantedOn('n1')]).toEqual([false, 0]);
});

test('one that waits no more is not called', () => {
  const { clock, log, locks, process } = played();
  const [older, newer] = [process(), process()];
  newer.turn.giveBack();
  older.turn.giveBack();
  clock.advance(5_000);
  expect([older.isOurs, newer.isOurs, locks.wantedOn('n1')]).toEqual([false, false, 0]);
  expect(log.lines).toEqual([]);
});
