// Wireshark and ExaBGP read every message that we send, and both read what was meant.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNamespace, deleteNamespace } from '#test/lab/network/namespace.ts';
import { hasRouters } from '#test/lab/parts/routers.ts';
import { RouterFolder } from '#test/lab/routers/router-folder.ts';
import type { Meaning } from './decoders/meaning.ts';
import { everythingSaid, longSaid, type Said, type ToldRoutes } from './decoders/said.ts';
import { captureOf, tsharkCommand, tsharkMeanings } from './decoders/tshark.ts';

const namespace = 'decoders';
const script = readFileSync(join(import.meta.dirname, 'decoders/exabgp-decode.py'), 'utf8');
const timeoutMs = 60_000;
/** With fewer, something is not said any more. */
const leastMessages = 350;

/** What a decoder reads, for each thing said its messages. */
type Readings = readonly (readonly Meaning[])[];

describe.skipIf(!hasRouters())('what we send', () => {
  let folder: RouterFolder;
  beforeAll(async () => {
    await createNamespace(namespace, 'host');
    folder = new RouterFolder('newest', namespace);
  });
  afterAll(async () => {
    await folder.stop();
    await deleteNamespace(namespace);
  });

  const byTshark = (all: readonly Said[]): Promise<Readings> =>
    readAll(all, async (messages, fourOctetAs) => {
      const input = Buffer.from(captureOf(messages)).toString('base64');
      const words = tsharkCommand('/tmp/said.pcap', fourOctetAs);
      const output = await folder.run(['sh', '-ec', 'base64 -d > /tmp/said.pcap; exec "$@"', 'sh', ...words], {
        input,
        timeoutMs,
      });
      return tsharkMeanings(output);
    });

  const byExabgp = (all: readonly Said[]): Promise<Readings> =>
    readAll(all, async (messages, asn4) => {
      folder.write('tmp/decode.py', script);
      const asked = messages.map((octets) => JSON.stringify({ hex: Buffer.from(octets).toString('hex'), asn4 }));
      const output = await folder.run(['python3', '/tmp/decode.py'], { input: asked.join('\n'), timeoutMs });
      return output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Meaning);
    });

  test('is read by Wireshark and ExaBGP as it was meant', { timeout: 2 * timeoutMs }, async () => {
    const all = everythingSaid();
    const distinct = new Set(all.flatMap(({ messages }) => messages.map((octets) => octets.join())));
    expect(distinct.size).toBeGreaterThan(leastMessages);
    const [tshark, exabgp] = [await byTshark(all), await byExabgp(all)];
    for (const [at, said] of all.entries()) {
      const { name, meant } = said;
      expect({ name, read: tshark[at] }).toEqual({ name, read: exabgp[at] });
      expect(understood(said, tshark[at] ?? [])).toEqual({ name, meant });
    }
  });

  test('is read by ExaBGP when it is longer than Wireshark has heard of', async () => {
    const all = longSaid();
    const exabgp = await byExabgp(all);
    for (const [at, said] of all.entries()) {
      expect(Math.max(...said.messages.map(({ length }) => length))).toBeGreaterThan(4_096);
      expect(understood(said, exabgp[at] ?? [])).toEqual({ name: said.name, meant: said.meant });
    }
  });
});

/** `read` is asked once for each width of AS numbers, with all messages of that width. */
async function readAll(
  all: readonly Said[],
  read: (messages: readonly Uint8Array[], fourOctetAs: boolean) => Promise<readonly Meaning[]>,
): Promise<Readings> {
  const readings = new Map<Said, readonly Meaning[]>();
  for (const fourOctetAs of [true, false]) {
    const some = all.filter((said) => said.fourOctetAs === fourOctetAs);
    const meanings = await read(
      some.flatMap(({ messages }) => messages),
      fourOctetAs,
    );
    let start = 0;
    for (const said of some) {
      readings.set(said, meanings.slice(start, start + said.messages.length));
      start += said.messages.length;
    }
    if (meanings.length !== start) throw new Error(`${meanings.length} readings of ${start} messages`);
  }
  return all.map((said) => readings.get(said) ?? []);
}

/** In the form that was meant. */
function understood({ name, meant }: Said, meanings: readonly Meaning[]): Pick<Said, 'name' | 'meant'> {
  const [only = { type: 'refused', why: 'nothing' }] = meanings;
  return { name, meant: meant.type === 'routes' ? { type: 'routes', told: toldBy(meanings) } : only };
}

function toldBy(meanings: readonly Meaning[]): ToldRoutes {
  const updates = meanings.filter((meaning) => meaning.type === 'update');
  const attributes = new Map<string, ToldRoutes['attributes'][number]>();
  for (const { type: _, withdrawn: __, announced, ...others } of updates) {
    if (announced.length > 0) attributes.set(JSON.stringify(others), others);
  }
  return {
    announced: updates.flatMap(({ announced }) => announced),
    withdrawn: updates.flatMap(({ withdrawn }) => withdrawn),
    attributes: [...attributes.values()],
    marks: meanings.filter(({ type }) => type !== 'update'),
  };
}
