// How fast a segment notices and how sure it is (layer2 §3.2), by the option --l2-profile; and what is the same for all profiles.

export interface Profile {
  /** A BEAT to each watcher this often. */
  readonly beatMs: number;
  /** Silent for so long: suspect. */
  readonly suspicionMs: number;
  /** Between the probes of a round. */
  readonly probeGapMs: number;
  /** From the last probe to the verdict. */
  readonly probeWaitMs: number;
  /** A verdict that comes later than this does not count. */
  readonly lateMs: number;
  /** This node did not run for so long: what it heard before is void. */
  readonly dropMs: number;
}

export const profiles = {
  fast: { beatMs: 50, suspicionMs: 200, probeGapMs: 20, probeWaitMs: 30, lateMs: 50, dropMs: 150 },
  default: { beatMs: 100, suspicionMs: 350, probeGapMs: 25, probeWaitMs: 30, lateMs: 50, dropMs: 250 },
  relaxed: { beatMs: 200, suspicionMs: 700, probeGapMs: 50, probeWaitMs: 30, lateMs: 100, dropMs: 500 },
} satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;

export const roundProbes = 5;

/** From the beginning of a round to its verdict. */
export function confirmMs({ probeGapMs, probeWaitMs }: Profile): number {
  return roundProbes * probeGapMs + probeWaitMs;
}

/** This node did not run for so long: others may have judged it. */
export function quarantineMs(profile: Profile): number {
  return profile.suspicionMs + confirmMs(profile);
}

export const watchersPerMember = 5;
/** A speaker may be away for so long, when its kernel answers. */
export const speakerHoldMs = 2_000;
/** And so long if it said that it would come back. */
export const restartHoldMs = 10_000;
export const sweepMs = 1_000;
export const rankSkewMs = 100;
