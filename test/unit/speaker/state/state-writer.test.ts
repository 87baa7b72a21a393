import { expect, test } from 'vitest';
import type { StateFile } from '#speaker/state/state-file.ts';
import { StateWriter } from '#speaker/state/state-writer.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

/** A file that takes a while. */
class Played {
  readonly clock = new VirtualClock();
  readonly written: string[] = [];
  readonly logged: string[] = [];
  failure: string | undefined;
  tookMs = 100;
  content = 0;
  readonly writer: StateWriter;

  constructor() {
    const { clock } = this;
    const file: StateFile = {
      read: () => ({ kind: 'none' }),
      write: (text, done) => {
        this.written.push(`${clock.nowMs()} ${text}`);
        const { failure } = this;
        clock.after(this.tookMs, () => done(failure));
      },
    };
    const tell = (_: unknown, message: string): void => void this.logged.push(message);
    const log = { debug: tell, info: tell, warn: tell, error: tell };
    this.writer = new StateWriter({ clock, file, log }, () => String(this.content));
  }

  change(): void {
    this.content++;
    this.writer.changed();
  }
}

test('the first change is written at once, further ones as one, at most each 5 s', () => {
  const played = new Played();
  played.change();
  played.clock.advance(1_000);
  played.change();
  played.change();
  played.clock.advance(10_000);
  played.change();
  played.clock.advance(10_000);
  expect(played.written).toEqual(['0 1', '5000 3', '11000 4']);
});

test('two writes never overlap, and what changes meanwhile is written after', () => {
  const played = new Played();
  played.tookMs = 20_000;
  played.change();
  played.clock.advance(1_000);
  played.change();
  played.clock.advance(30_000);
  expect(played.written).toEqual(['0 1', '20000 2']);
});

test('nothing is written without a change', () => {
  const played = new Played();
  played.change();
  played.clock.advance(3_600_000);
  expect(played.written).toHaveLength(1);
});

test('what cannot be written is tried again each 5 s, and said once', () => {
  const played = new Played();
  played.failure = 'ENOSPC';
  played.change();
  played.clock.advance(12_000);
  played.failure = undefined;
  played.clock.advance(20_000);
  expect(played.written).toEqual(['0 1', '5000 1', '10000 1', '15000 1']);
  expect(played.logged).toEqual([
    'the state file cannot be written: a restart while the apiserver is away would forget',
    'the state file is written again',
  ]);
});

test('a stopped writer writes no more, also not what failed', () => {
  const played = new Played();
  played.change();
  played.clock.advance(1_000);
  played.change();
  played.writer.stop();
  played.clock.advance(60_000);
  played.change();
  played.clock.advance(60_000);
  expect(played.written).toHaveLength(1);
});
