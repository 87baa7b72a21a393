// What the simulated apiserver is measured by: the request script against a real one. With -u it is recorded anew.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { WatchEvent } from '#shared/kube/kube-api.ts';
import { namespaces } from '#shared/kube/resources.ts';
import { eventually } from '#test/lab/eventually.ts';
import { isEverydayBookmark, type Act, type Heard } from '#test/simulation/apiserver/conformance/act.ts';
import { conformanceScript } from '#test/simulation/apiserver/conformance/script.ts';
import { Transcript } from '#test/simulation/apiserver/conformance/transcript.ts';
import { ask, done, kubeClient, type KubeClient } from './kube-client.ts';

const namespace = 'conformance';
const recorded = join(import.meta.dirname, '../simulation/apiserver/conformance/recorded.ndjson');
const soon = { withinMs: 10_000, everyMs: 5 };

interface OpenWatch {
  readonly events: WatchEvent[];
  readonly cancel: () => void;
}

let client: KubeClient;
const watches = new Map<string, OpenWatch>();

beforeAll(async () => {
  client = await kubeClient(inject('apiserver').kubeconfigPath);
  await done(client, { verb: 'create', resource: namespaces, body: { metadata: { name: namespace } } });
});

afterAll(async () => {
  await client.api.stop();
});

async function perform(act: Act): Promise<Heard> {
  if (act.kind === 'ask') return ask(client, act.request);
  if (act.kind === 'watch') {
    const events: WatchEvent[] = [];
    const hear = (event: WatchEvent): void => {
      if (!isEverydayBookmark(event)) events.push(event);
    };
    watches.set(act.name, { events, cancel: client.api.watch(act.request, hear) });
    return undefined;
  }
  const { events, cancel } = watches.get(act.name) ?? { events: [], cancel: () => {} };
  const isComplete = (): boolean => events.length >= act.events || events.at(-1)?.kind === 'closed';
  await eventually(isComplete, soon).catch(() => {});
  cancel();
  return events;
}

test('a real apiserver answers as was recorded', async () => {
  const transcript = new Transcript();
  const script = conformanceScript(namespace);
  for (let next = script.next(); next.done !== true;) {
    const heard = await perform(next.value);
    transcript.note(next.value, heard);
    next = script.next(heard);
  }
  await expect(transcript.text).toMatchFileSnapshot(recorded);
}, 60_000);
