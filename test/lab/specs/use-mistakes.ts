// For specs about what users get wrong: something that works and must go on, and the places where a mistake is told.
import { beforeAll, expect, test } from 'vitest';
import type { Lab } from '../lab.ts';
import { allocated, conditionOf } from '../services.ts';
import { configurationPath, l2Advertisement, lanAddresses, pool, service } from './objects.ts';
import { allocationOf, configurationStateOf, notesOn, served } from './seen.ts';
import { useAllocations } from './use-allocations.ts';

const timeout = 15_000;

/** Names of ConfigurationStates. */
export const controller = 'controller';
export const speakers = ['speaker-n1', 'speaker-n2', 'speaker-n3'] as const;

/** All of it for the lab of a file. */
export function useMistakes(lab: () => Lab) {
  const { apply } = useAllocations(lab);

  /** What works and must go on: a Service that the client reaches. Returns its address. */
  async function serve(): Promise<string> {
    await apply(pool('lan', [lanAddresses.ipv4]), l2Advertisement('lan', { ipAddressPools: ['lan'] }));
    await lab().admin.create(service('web'));
    const [address] = await allocated(lab(), 'web');
    await served(lab(), 'web', address);
    return address;
  }

  async function expectStillServed(address: string): Promise<void> {
    expect(await allocationOf(lab(), 'web')).toMatchObject({ addresses: [address], reason: 'Allocated' });
    await lab().client.flushNeighbours();
    expect((await lab().client.curl(address)).pod).toMatch(/^p\d$/);
  }

  /** Waits until the state of each of these daemons has this result and holds this line. */
  async function expectToldBy(daemons: readonly string[], result: string, line: string): Promise<void> {
    for (const daemon of daemons) {
      await expect
        .poll(async () => (await configurationStateOf(lab(), daemon))['status'], { timeout, message: daemon })
        .toMatchObject({ result, errorSummary: expect.stringContaining(line) });
    }
  }

  async function expectAllWell(daemons: readonly string[]): Promise<void> {
    for (const daemon of daemons) {
      await expect
        .poll(async () => (await configurationStateOf(lab(), daemon))['status'], { timeout, message: daemon })
        .toMatchObject({ result: 'Valid', errorSummary: '' });
    }
  }

  function expectPoolCondition(name: string, type: string, expected: object): Promise<void> {
    const condition = async () => conditionOf(await lab().admin.get(configurationPath('ipaddresspools', name)), type);
    return expect.poll(condition, { timeout, message: name }).toMatchObject(expected);
  }

  async function expectEvent(kind: string, name: string, note: string): Promise<void> {
    const notes = async (): Promise<string> => (await notesOn(lab(), kind, name, 'metallb-system')).join('\n');
    await expect.poll(notes, { timeout }).toContain(note);
  }

  return { apply, serve, expectStillServed, expectToldBy, expectAllWell, expectPoolCondition, expectEvent };
}

/** Declares the last test of a file. */
export function testThatNoDaemonDied(lab: () => Lab): void {
  const daemonPids = (): readonly number[] => {
    const programs = [...lab().controllers.values(), ...lab().nodes.map(({ speaker }) => speaker)];
    return programs.map((program) => (program?.running === true ? program.pid : -1));
  };
  let before: readonly number[] = [];
  beforeAll(() => {
    before = daemonPids();
  });

  test('no daemon has died of any of this', () => {
    expect(before).toHaveLength(5);
    expect(daemonPids()).toEqual(before);
  });
}
