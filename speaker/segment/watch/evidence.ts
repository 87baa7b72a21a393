// ARP and ND as signs of life (layer2 §3.4): answers to this node's own probes, and frames that show that it is not cut off.
import type { SegmentEventOf } from '../event.ts';
import { noteSeen } from './last-two.ts';
import { isKernelMute, type Member } from './member.ts';
import type { WatchTurn } from './state.ts';
import { isLive } from './member.ts';
import { probe } from './suspicion.ts';

const kernelCheckIntervalMs = 60_000;
/** Up to so much less, by member: else all that were met at once would be asked at once for ever. */
const kernelCheckSpreadMs = 15_000;

export function seeNeighbour(turn: WatchTurn, { mac, ip, answersUs }: SegmentEventOf<'neighbour'>): void {
  const { watch, nowMs } = turn;
  if (mac === watch.link.mac) return;
  const member = watch.byMac.get(mac);
  noteSeen(watch.foreign, mac, nowMs);
  if (member === undefined) watch.strangerMs = nowMs;
  if (!answersUs || ip === undefined) return;
  if (watch.link.gateways.includes(ip)) watch.gatewayAnswerMs = nowMs;
  // An answer with another MAC is a proxy's: switches answer broadcasts for the dead.
  if (member === undefined) return;
  if (ip === member.source.ip) seeKernel(turn, member);
  else member.speakerMs = nowMs;
}

function seeKernel(turn: WatchTurn, member: Member): void {
  const { watch, nowMs } = turn;
  member.kernelMs = nowMs;
  for (const { suspicion } of watch.suspects) {
    if (suspicion !== undefined && suspicion !== member.suspicion) suspicion.controlAnswers++;
  }
  setKernelMisses(turn, member, 0);
}

/** Each second: is there anybody whose kernel never answers (arp_ignore 8)? Asked once a minute. */
export function checkKernels(turn: WatchTurn): void {
  const { watch, nowMs } = turn;
  for (const member of watch.watched) {
    if (!isLive(member) || member.suspicion !== undefined || member.absence !== undefined) continue;
    if (nowMs - member.kernelCheckMs < checkIntervalMs(member)) continue;
    const wasAsked = member.kernelCheckMs > (member.watchedSinceMs ?? nowMs);
    if (wasAsked && member.kernelMs < member.kernelCheckMs) setKernelMisses(turn, member, member.kernelMisses + 1);
    member.kernelCheckMs = nowMs;
    probe(turn, member);
  }
}

function checkIntervalMs({ hash }: Member): number {
  return kernelCheckIntervalMs - (hash % kernelCheckSpreadMs);
}

function setKernelMisses({ effects }: WatchTurn, member: Member, misses: number): void {
  const wasMute = isKernelMute(member);
  member.kernelMisses = misses;
  const holds = isKernelMute(member);
  if (holds !== wasMute)
    effects.push({ kind: 'condition', condition: 'kernelProbeUnanswered', holds, about: member.id });
}
