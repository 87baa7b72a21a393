// The verdict on a suspect at the end of a round (layer2 §3.5): the first row that applies.

export interface RoundEvidence {
  /** It is suspected of hearing nothing: its own beats prove nothing. */
  readonly deaf: boolean;
  /** A packet younger than its suspicion time, own or voted. */
  readonly beat: boolean;
  /** Its speaker answered in this round, to this node or to a voter. */
  readonly speaker: boolean;
  /** Its kernel did. */
  readonly kernel: boolean;
  /** Its speaker has been away for longer than it may. */
  readonly holdOver: boolean;
  /** Others were there to be asked in between, to see that this node hears at all; and so many of them answered. */
  readonly controls: number | undefined;
  /** A kernel that never answers must be silent for longer. */
  readonly silenceProven: boolean;
  readonly quorum: boolean;
  /** This node is not cut off. */
  readonly guard: boolean;
}

export type Verdict =
  | 'up'
  | 'speakerDown'
  /** Its kernel lives; its speaker has had its time. */
  | 'speakerLost'
  /** It is this node that is deaf: the round does not count. */
  | 'void'
  /** Not sure enough: another round. */
  | 'unsure'
  | 'isolated'
  | 'down';

const controlsNeeded = 2;

export function verdict(evidence: RoundEvidence): Verdict {
  const { deaf, beat, speaker, kernel, holdOver, controls, silenceProven, quorum, guard } = evidence;
  if (deaf ? speaker || kernel : beat || speaker) return 'up';
  if (kernel) return holdOver && quorum ? 'speakerLost' : 'speakerDown';
  if (controls !== undefined && controls < controlsNeeded) return 'void';
  if (!silenceProven || !quorum) return 'unsure';
  return guard ? 'down' : 'isolated';
}
