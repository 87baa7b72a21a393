import { expect, test } from 'vitest';
import type { StateFile, StateRead } from '#speaker/state/state-file.ts';
import { StateDisk } from '#test/simulation/node/state-disk.ts';
import type { Thread } from '#test/simulation/thread.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { Stage } from '../stage.ts';

class Machine extends Stage {
  readonly disk = new StateDisk();
  readonly done: (string | undefined)[] = [];

  start(): { readonly thread: Thread; readonly file: StateFile } {
    const thread = this.thread('n1/cluster');
    return { thread, file: this.disk.forProgram({ scheduler: this.scheduler, random: randomFor(1, 'disk'), thread }) };
  }

  write({ thread, file }: ReturnType<Machine['start']>, text: string): void {
    thread.receive(() => file.write(text, (failure) => this.done.push(failure)), 1);
    this.advance(50);
  }

  /** As a new process reads it. */
  read(): StateRead | undefined {
    const { thread, file } = this.start();
    let read: StateRead | undefined;
    thread.receive(() => (read = file.read()), 1);
    this.advance(1);
    return read;
  }
}

test('what was written outlives the program', () => {
  const machine = new Machine();
  expect(machine.read()).toEqual({ kind: 'none' });
  const program = machine.start();
  machine.write(program, 'one');
  program.thread.end();
  expect([machine.read(), machine.done]).toEqual([{ kind: 'text', text: 'one' }, [undefined]]);
});

test('a program that is killed while it writes leaves the old state', () => {
  const machine = new Machine();
  const program = machine.start();
  machine.write(program, 'old');
  machine.disk.killNextWriter(() => program.thread.end());
  machine.write(program, 'new');
  expect([machine.read(), machine.done]).toEqual([{ kind: 'text', text: 'old' }, [undefined]]);
});

test('a state is lost, stale, cut off, or cannot be written', () => {
  const machine = new Machine();
  const program = machine.start();
  for (const text of ['one', 'two', 'three']) machine.write(program, text);
  machine.disk.makeStale(1);
  expect(machine.read()).toEqual({ kind: 'text', text: 'two' });
  machine.disk.truncate(1);
  expect(machine.read()).toEqual({ kind: 'text', text: 't' });
  machine.disk.makeStale(9);
  expect(machine.read()).toEqual({ kind: 'text', text: 'one' });
  machine.disk.failure = 'ENOSPC';
  machine.write(program, 'four');
  expect([machine.read(), machine.done.at(-1)]).toEqual([{ kind: 'text', text: 'one' }, 'ENOSPC']);
  machine.disk.lose();
  expect(machine.read()).toEqual({ kind: 'none' });
});
