// What can happen to the node that owns an address, or to its speaker; and what a client may lose by it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterNode } from '#test/lab/cluster-node.ts';
import type { Lab } from '#test/lab/lab.ts';
import type { Goals } from './figures.ts';

export interface Fault {
  /** Of its figures. */
  readonly labels: { readonly fault: string; readonly stop_seconds?: number };
  /** Another node takes the address. */
  readonly moves: boolean;
  /** It moves though its owner lives. */
  readonly atWill?: true;
  /** A second host on the LAN forgets the address as the fault begins, and waits until somebody tells it. */
  readonly newcomer?: true;
  /** Short enough for a smoke. */
  readonly inSmoke: boolean;
  /** Of one round, in whole. */
  readonly limitMs: number;
  readonly goals: Goals;
  /** Resolves when the fault is over, or lasts. */
  act(lab: Lab, owner: ClusterNode): Promise<void>;
  /** All is as before. */
  undo?(lab: Lab, owner: ClusterNode): Promise<void>;
}

/** Until a kubelet starts again what has died. */
const restartDelayMs = 1_000;
/** A DaemonSet's minReadySeconds, shortened: nothing of a speaker takes longer. */
const minReadyMs = 3_000;
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

const newOwnerInTime: Goals = { lost_ms_p50: 600, lost_ms_max: 1_000 };
const nothingLost: Goals = { probes_lost: 0 };
const nothingHappens: Goals = { ...nothingLost, owner_moves: 0 };
const newcomerWaits: Goals = { wait_ms_max: 2_600 };

export const faults: readonly Fault[] = [
  {
    labels: { fault: 'node-off' },
    moves: true,
    inSmoke: true,
    limitMs: 60_000,
    goals: newOwnerInTime,
    act: (_, owner) => owner.powerOff(),
    undo: (_, owner) => owner.powerOn(),
  },
  {
    labels: { fault: 'link-down' },
    moves: true,
    inSmoke: true,
    limitMs: 45_000,
    goals: newOwnerInTime,
    act: (_, owner) => owner.pullCable(),
    undo: (_, owner) => owner.heal(),
  },
  {
    labels: { fault: 'speaker-kill' },
    moves: false,
    newcomer: true,
    inSmoke: true,
    limitMs: 45_000,
    goals: { ...nothingHappens, ...newcomerWaits },
    act: (_, owner) => owner.restartSpeaker('SIGKILL', restartDelayMs),
  },
  {
    ...speakerStop(1.5),
    inSmoke: true,
    goals: { ...nothingHappens, ...newcomerWaits },
  },
  {
    ...speakerStop(5),
    inSmoke: false,
    goals: { ...nothingLost, ...newcomerWaits },
  },
  {
    labels: { fault: 'drain' },
    moves: true,
    atWill: true,
    inSmoke: true,
    limitMs: 45_000,
    goals: { new_connections_lost: 0 },
    act: ({ admin }, { name }) => setExcluded(admin, name, ''),
    undo: ({ admin }, { name }) => setExcluded(admin, name, null),
  },
  {
    labels: { fault: 'rolling-restart' },
    moves: false,
    inSmoke: true,
    limitMs: 120_000,
    goals: nothingHappens,
    async act({ nodes }) {
      for (const node of nodes) await node.upgradeSpeaker(minReadyMs);
    },
  },
  {
    // As a DaemonSet does that may not surge: each is ended before its successor starts.
    labels: { fault: 'rolling-restart-without-surge' },
    moves: false,
    inSmoke: false,
    limitMs: 120_000,
    goals: nothingHappens,
    async act({ nodes }) {
      for (const node of nodes) {
        await node.restartSpeaker();
        await sleep(minReadyMs);
      }
    },
  },
];

function speakerStop(seconds: number): Pick<Fault, 'labels' | 'moves' | 'newcomer' | 'limitMs' | 'act'> {
  return {
    labels: { fault: 'speaker-stop', stop_seconds: seconds },
    moves: false,
    newcomer: true,
    limitMs: 45_000,
    async act(_, { speaker }) {
      speaker?.kill('SIGSTOP');
      await sleep(seconds * 1_000);
      speaker?.kill('SIGCONT');
    },
  };
}

async function setExcluded(admin: Lab['admin'], node: string, value: string | null): Promise<void> {
  await admin.patch(`/api/v1/nodes/${node}`, { metadata: { labels: { [excludeLabel]: value } } });
}
