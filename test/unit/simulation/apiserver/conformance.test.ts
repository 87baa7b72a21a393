// The simulated apiserver answers the request script as a real one did, field by field.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { WatchEvent } from '#shared/kube/kube-api.ts';
import { namespaces } from '#shared/kube/resources.ts';
import { Apiserver } from '#test/simulation/apiserver/apiserver.ts';
import { isEverydayBookmark, type Act, type Heard } from '#test/simulation/apiserver/conformance/act.ts';
import { conformanceScript } from '#test/simulation/apiserver/conformance/script.ts';
import { Transcript } from '#test/simulation/apiserver/conformance/transcript.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

const namespace = 'conformance';
const recorded = join(import.meta.dirname, '../../../simulation/apiserver/conformance/recorded.ndjson');

interface OpenWatch {
  readonly events: WatchEvent[];
  readonly cancel: () => void;
}

const clock = new VirtualClock();
const apiserver = new Apiserver({ scheduler: clock.scheduler, random: (purpose) => randomFor(1, purpose) });
const api = apiserver.connect({ name: 'test', node: undefined, receive: (work) => work() });
const watches = new Map<string, OpenWatch>();

function perform(act: Act): Heard {
  if (act.kind === 'ask') {
    let heard: Heard;
    api.request(act.request, (answer) => (heard = answer));
    clock.advance(100);
    return heard;
  }
  if (act.kind === 'watch') {
    const events: WatchEvent[] = [];
    const hear = (event: WatchEvent): void => {
      if (!isEverydayBookmark(event)) events.push(event);
    };
    watches.set(act.name, { events, cancel: api.watch(act.request, hear) });
    clock.advance(100);
    return undefined;
  }
  const { events, cancel } = watches.get(act.name) ?? { events: [], cancel: () => {} };
  for (let tenth = 0; tenth < 50 && events.length < act.events && events.at(-1)?.kind !== 'closed'; tenth++) {
    clock.advance(100);
  }
  cancel();
  return events;
}

function transcript(): string {
  apiserver.put(namespaces, { metadata: { name: namespace } });
  const heard = new Transcript();
  const script = conformanceScript(namespace);
  for (let next = script.next(); next.done !== true;) {
    const answer = perform(next.value);
    heard.note(next.value, answer);
    next = script.next(answer);
  }
  return heard.text;
}

test('all answers are those that were recorded', () => {
  expect(parsed(transcript())).toEqual(parsed(readFileSync(recorded, 'utf8')));
});

function parsed(text: string): readonly unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
