// L9: each new claim of a node for an address has a higher epoch than all it knew of, one that it goes on with is not older than that, and no claim
// that it accepts is worse than that of the live owner whom it replaces.
import type { Ip } from '#shared/net/ip.ts';
import type { SegmentEffect } from '#speaker/segment/effect.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import type { ExplainedStep, ProcessRef } from '../observer.ts';
import type { Checker, Tally } from './checker.ts';
import { nodeIdText } from '../world/address-plan.ts';
import { PerSegment } from './per-segment.ts';
import type { Scene } from './scene.ts';

interface Claimed {
  readonly owner: NodeId | undefined;
  readonly epoch: number;
  readonly minority: boolean;
}

interface Known {
  readonly records: Map<Ip, Claimed>;
  /** The highest epoch that was seen of it. */
  readonly highest: Map<Ip, number>;
}

/** Those by which a node takes what it did not have. */
const taking: ReadonlySet<string> = new Set(['orphan', 'new', 'handOff']);

export class L9 implements Checker {
  readonly #tally: Tally;
  readonly #known = new PerSegment<Known>(() => ({ records: new Map(), highest: new Map() }));

  constructor(_scene: Scene, tally: Tally) {
    this.#tally = tally;
  }

  ended(process: ProcessRef): void {
    this.#known.ended(process);
  }

  explained(process: ProcessRef, step: ExplainedStep): void {
    // A segment that begins anew has forgotten what it knew.
    if (step.event.kind === 'start') this.#known.ended(process);
    const heard = heardIn(step);
    const hasClaims = step.effects.some(isClaim);
    const seen = step.event.kind === 'neighbour' ? step.event.ip : undefined;
    const givenUp = step.effects.flatMap((effect) =>
      effect.kind === 'ownerChanged' && !effect.owns ? [effect.ip] : [],
    );
    if (heard === undefined && seen === undefined && !hasClaims && givenUp.length === 0) return;
    const known = this.#known.of(process, step.segment);
    // Yielding to an announcement is no acceptance of a claim.
    if (seen !== undefined) remember(known, step, seen);
    for (const { ip, epoch } of heard?.entries ?? []) {
      this.#judgeAccepted(process, step, known, ip);
      known.highest.set(ip, Math.max(known.highest.get(ip) ?? 0, epoch));
    }
    for (const effect of step.effects) if (isClaim(effect)) this.#judgeOwn(process, effect, known);
    for (const { ip } of heard?.entries ?? []) remember(known, step, ip);
    if (heard?.kind === 'table') rememberAllOf(known, step, heard.about);
    for (const effect of step.effects) {
      if (isClaim(effect)) for (const { ip } of effect.message.entries) remember(known, step, ip);
    }
    // As when nobody wants it any more: it is free without a word.
    for (const ip of givenUp) remember(known, step, ip);
  }

  #judgeOwn({ node }: ProcessRef, { message: { reason, entries } }: ClaimEffect, { highest }: Known): void {
    for (const { ip, epoch } of entries) {
      const before = highest.get(ip) ?? 0;
      const holds = taking.has(reason) ? epoch > before : reason !== 'adopt' || epoch >= before;
      this.#tally.judge(holds, ip, () => `${node} claims it (${reason}) with epoch ${epoch}, and knew of ${before}`);
      highest.set(ip, Math.max(before, epoch));
    }
  }

  #judgeAccepted({ node }: ProcessRef, { state }: ExplainedStep, { records }: Known, ip: Ip): void {
    const before = records.get(ip);
    const after = state.ownership.addresses.get(ip);
    if (before?.owner === undefined || after?.owner === undefined || after.owner === before.owner) return;
    const member = state.watch.members.get(before.owner);
    const isOwn = before.owner === nodeIdText(node);
    const isLive = isOwn || (member !== undefined && !member.joining && member.down === undefined);
    if (!isLive) return;
    this.#tally.judge(!isWorse(after, before), ip, () => {
      return `${node} accepts the claim of ${textOf(after)} in place of ${textOf(before)}, which is better`;
    });
  }
}

type ClaimEffect = Extract<SegmentEffect, { kind: 'send' }> & {
  readonly message: Extract<Extract<SegmentEffect, { kind: 'send' }>['message'], { kind: 'claim' }>;
};

function isClaim(effect: SegmentEffect): effect is ClaimEffect {
  return effect.kind === 'send' && effect.message.kind === 'claim';
}

/** Only of members: what strangers say is not believed. */
function heardIn({ event, state }: ExplainedStep) {
  if (event.kind !== 'packet' || event.header.joining) return undefined;
  const { header, message } = event;
  if (state.watch.members.get(header.sender)?.joining !== false) return undefined;
  switch (message.kind) {
    case 'claim':
    case 'release':
    case 'table':
    case 'offer':
      return message;
    default:
      return undefined;
  }
}

function remember({ records }: Known, { state }: ExplainedStep, ip: Ip): void {
  const record = state.ownership.addresses.get(ip);
  if (record === undefined) records.delete(ip);
  else records.set(ip, { owner: record.owner, epoch: record.epoch, minority: record.minority });
}

/** What a node does not list in its table any more is free. */
function rememberAllOf(known: Known, step: ExplainedStep, id: NodeId): void {
  for (const [ip, { owner }] of known.records) if (owner === id) remember(known, step, ip);
}

function textOf({ owner, epoch, minority }: Claimed): string {
  return `${owner} @${epoch}${minority ? ' minority' : ''}`;
}

/** Where both are equal the address decides, which is not looked at here. */
function isWorse(a: Claimed, b: Claimed): boolean {
  return a.minority === b.minority ? a.epoch < b.epoch : a.minority;
}
