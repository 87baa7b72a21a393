// What a Linux host does with ARP, as scripts that are played to a real kernel (test/host) and to the model (test/unit): both must come to what
// is written here. Times are chosen away from where something changes, as a real machine is some milliseconds late.

/** Of the client's entry, as `ip neighbour` names it. */
export type EntryState = 'none' | 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe' | 'failed';
/** Two hosts that may say that they have the address. */
export type Speaking = 'A' | 'B';

export type ArpForm =
  /** To the client, as the answer to its question. */
  | 'reply'
  | 'request-form announcement'
  /** Its target MAC is the sender's. */
  | 'reply-form announcement'
  /** Its target MAC is ff:ff:ff:ff:ff:ff. */
  | 'reply-form announcement to ff';

export type ScriptStep = { readonly atMs: number } &
  /** One packet to the address. */
  (
    | { readonly use: 'once' }
    /** One each 20 ms from now on. */
    | { readonly use: 'always' }
    /** Whoever asks is answered by this host from now on. */
    | { readonly answers: Speaking | 'nobody' }
    | { readonly says: ArpForm; readonly by: Speaking }
    | { readonly entry: readonly EntryState[]; readonly of?: Speaking }
    /** What the client has asked since the beginning. */
    | { readonly asked: { readonly broadcast: Between; readonly unicast: Between } }
    /** Of those that were to be sent, so many have been sent. */
    | { readonly packets: Between }
  );

type Between = readonly [least: number, most: number];

/** What a runner sees at a step. */
export interface Seen {
  readonly state: string;
  /** Whose MAC the entry has. */
  readonly of: Speaking | undefined;
  readonly broadcast: number;
  readonly unicast: number;
  readonly packets: number;
}

/** Where what is seen is not what the step expects; empty where it expects nothing. */
export function differences(step: ScriptStep, seen: Seen): readonly string[] {
  const found: string[] = [];
  const outside = (what: string, value: number, [least, most]: Between): void => {
    if (value < least || value > most) found.push(`${value} ${what} instead of ${least} to ${most}`);
  };
  if ('entry' in step) {
    if (!step.entry.some((state) => state === seen.state)) found.push(`${seen.state} instead of ${step.entry.join()}`);
    if (step.of !== undefined && step.of !== seen.of) found.push(`MAC of ${seen.of} instead of ${step.of}`);
  }
  if ('packets' in step) outside('packets', seen.packets, step.packets);
  if ('asked' in step) {
    outside('questions to all', seen.broadcast, step.asked.broadcast);
    outside('questions to one', seen.unicast, step.asked.unicast);
  }
  return found.map((difference) => `at ${step.atMs} ms: ${difference}`);
}

export interface NeighbourScript {
  readonly name: string;
  /** Else the kernel's: 30 s, 5 s, 1 s. */
  readonly times?: { readonly baseReachableMs: number; readonly delayMs: number; readonly retransmitMs: number };
  readonly steps: readonly ScriptStep[];
}

/** Reachable for 0.2 to 0.6 s. */
const short = { baseReachableMs: 400, delayMs: 1000, retransmitMs: 200 };

export const neighbourScripts: readonly NeighbourScript[] = [
  {
    name: 'of two replies the first is taken; others change it only a second after the update',
    steps: [
      { atMs: 0, use: 'once' },
      { atMs: 150, entry: ['incomplete'] },
      { atMs: 200, says: 'reply', by: 'A' },
      { atMs: 210, says: 'reply', by: 'B' },
      { atMs: 300, entry: ['reachable'], of: 'A' },
      { atMs: 900, says: 'reply', by: 'B' },
      { atMs: 1000, entry: ['reachable'], of: 'A' },
      { atMs: 1500, says: 'reply', by: 'B' },
      { atMs: 1600, entry: ['reachable'], of: 'B' },
    ],
  },
  ...(['request-form announcement', 'reply-form announcement'] as const).map((says): NeighbourScript => ({
    name: `a ${says} overrides at once and leaves a stale entry`,
    steps: [
      { atMs: 0, use: 'once' },
      { atMs: 200, says: 'reply', by: 'A' },
      { atMs: 250, says, by: 'B' },
      { atMs: 350, entry: ['stale'], of: 'B' },
      { atMs: 400, says, by: 'A' },
      { atMs: 500, entry: ['stale'], of: 'A' },
      { atMs: 550, use: 'once' },
      { atMs: 700, entry: ['delay'], of: 'A' },
    ],
  })),
  {
    name: 'a reply-form announcement to ff is ignored for a second after an update, then taken',
    steps: [
      { atMs: 0, use: 'once' },
      { atMs: 200, says: 'reply', by: 'A' },
      { atMs: 900, says: 'reply-form announcement to ff', by: 'B' },
      { atMs: 1000, entry: ['reachable'], of: 'A' },
      { atMs: 1500, says: 'reply-form announcement to ff', by: 'B' },
      { atMs: 1600, entry: ['stale'], of: 'B' },
    ],
  },
  {
    name: 'an announcement of whom it knows changes nothing',
    steps: [
      { atMs: 0, use: 'once' },
      { atMs: 200, says: 'reply', by: 'A' },
      { atMs: 300, says: 'request-form announcement', by: 'A' },
      { atMs: 350, says: 'reply-form announcement', by: 'A' },
      { atMs: 450, entry: ['reachable'], of: 'A' },
    ],
  },
  {
    name: 'an announcement without an entry makes none',
    steps: [
      { atMs: 0, says: 'request-form announcement', by: 'A' },
      { atMs: 50, says: 'reply-form announcement', by: 'A' },
      { atMs: 150, entry: ['none'] },
    ],
  },
  {
    name: 'three questions in vain, then it gives up; an announcement revives the entry',
    steps: [
      { atMs: 0, use: 'once' },
      { atMs: 500, entry: ['incomplete'] },
      { atMs: 500, asked: { broadcast: [1, 1], unicast: [0, 0] } },
      { atMs: 3700, entry: ['failed'] },
      { atMs: 3700, asked: { broadcast: [3, 3], unicast: [0, 0] } },
      { atMs: 3800, says: 'request-form announcement', by: 'A' },
      { atMs: 3900, entry: ['stale'], of: 'A' },
    ],
  },
  {
    name: 'an announcement answers an open question',
    steps: [
      { atMs: 0, use: 'once' },
      { atMs: 300, says: 'request-form announcement', by: 'A' },
      { atMs: 400, entry: ['stale', 'delay'], of: 'A' },
    ],
  },
  {
    name: 'packets wait for the answer',
    steps: [
      { atMs: 0, use: 'always' },
      { atMs: 900, packets: [0, 0] },
      { atMs: 1500, answers: 'A' },
      { atMs: 2400, packets: [60, 125] },
      { atMs: 2400, entry: ['reachable'], of: 'A' },
    ],
  },
  {
    name: 'an entry that is not used becomes stale and stays so; used again it is delayed, then its owner is asked',
    times: { baseReachableMs: 3000, delayMs: 1000, retransmitMs: 200 },
    steps: [
      { atMs: 0, answers: 'A' },
      { atMs: 0, use: 'once' },
      { atMs: 1000, entry: ['reachable'], of: 'A' },
      { atMs: 5200, entry: ['stale'], of: 'A' },
      { atMs: 5200, asked: { broadcast: [1, 1], unicast: [0, 0] } },
      { atMs: 5300, use: 'once' },
      { atMs: 5600, entry: ['delay'], of: 'A' },
      { atMs: 7000, entry: ['reachable'], of: 'A' },
      { atMs: 7000, asked: { broadcast: [1, 1], unicast: [1, 1] } },
    ],
  },
  {
    name: 'where doubt comes sooner than its delay, an entry that was just confirmed counts as used',
    times: short,
    steps: [
      { atMs: 0, answers: 'A' },
      { atMs: 0, use: 'once' },
      { atMs: 1000, entry: ['delay'], of: 'A' },
      { atMs: 4500, entry: ['reachable', 'delay'], of: 'A' },
      { atMs: 4500, asked: { broadcast: [1, 1], unicast: [2, 4] } },
    ],
  },
  {
    name: 'an entry in use is doubted, then its owner asked, who confirms it',
    times: short,
    steps: [
      { atMs: 0, answers: 'A' },
      { atMs: 0, use: 'always' },
      { atMs: 1000, entry: ['delay'], of: 'A' },
      { atMs: 1000, asked: { broadcast: [1, 1], unicast: [0, 0] } },
      { atMs: 2100, asked: { broadcast: [1, 1], unicast: [1, 1] } },
    ],
  },
  {
    name: 'a dead owner is asked three times, then everybody',
    times: short,
    steps: [
      { atMs: 0, answers: 'A' },
      { atMs: 0, use: 'always' },
      { atMs: 150, answers: 'nobody' },
      { atMs: 1000, entry: ['delay'], of: 'A' },
      { atMs: 1700, entry: ['probe'], of: 'A' },
      { atMs: 2500, asked: { broadcast: [2, 6], unicast: [3, 3] } },
      { atMs: 2500, entry: ['incomplete', 'failed'] },
      { atMs: 2600, answers: 'B' },
      { atMs: 3000, entry: ['reachable', 'delay'], of: 'B' },
    ],
  },
  {
    name: 'the new owner announces while the dead one is asked',
    times: short,
    steps: [
      { atMs: 0, answers: 'A' },
      { atMs: 0, use: 'always' },
      { atMs: 150, answers: 'nobody' },
      { atMs: 1700, entry: ['probe'], of: 'A' },
      { atMs: 1710, says: 'request-form announcement', by: 'B' },
      { atMs: 1900, entry: ['delay', 'stale'], of: 'B' },
    ],
  },
];
