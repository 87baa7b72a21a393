// Broken rules of the segments: who is alive, and who owns what (spec/simulation.md §8).
import type { Mutant } from './mutant.ts';

const watchMutants: readonly Mutant[] = [
  {
    name: 'verdict inside the timer callback, no drain and re-check',
    file: 'speaker/segment/watch/watch.ts',
    find: 'for (const member of watch.suspects) if (member.suspicion) advanceRound(turn, member, member.suspicion);',
    replace:
      'for (const member of watch.suspects) if (member.suspicion) advanceRound(turn, member, member.suspicion);\n    judgeAll(turn);',
    caughtBy: ['L13', 'L6'],
    scenarios: ['node crash'],
  },
  {
    name: 'no kernel probe: silence of beats is death',
    file: 'speaker/segment/watch/verdict.ts',
    find: "if (kernel) return holdOver && quorum ? 'speakerLost' : 'speakerDown';",
    replace: '',
    caughtBy: ['L6', 'L7'],
    scenarios: ['speaker crash'],
  },
  {
    name: 'no quorum',
    file: 'speaker/segment/watch/verdict.ts',
    find: "if (!silenceProven || !quorum) return 'unsure';",
    replace: "if (!silenceProven) return 'unsure';",
    caughtBy: ['L6', 'L8', 'L11'],
    scenarios: ['loss of 50 % for 1 min'],
    soakSeeds: 20,
  },
  {
    name: 'joiner is a member at once',
    file: 'speaker/segment/watch/watch.ts',
    find: 'if (header.joining) return hearJoiner(turn, event);',
    replace: 'if (header.joining) hearJoiner(turn, event);',
    caughtBy: ['L11', 'speaker dies again and again while it listens'],
    scenarios: ['speaker dies again and again while it listens'],
  },
  {
    name: 'SPEAKER_DOWN treated as DOWN',
    file: 'speaker/segment/watch/verdict.ts',
    find: "? 'speakerLost' : 'speakerDown';",
    replace: "? 'speakerLost' : 'speakerLost';",
    caughtBy: ['L7', 'speaker crash'],
    scenarios: ['speaker crash'],
  },
  {
    name: 'no isolation guard',
    file: 'speaker/segment/watch/verdict.ts',
    find: "return guard ? 'down' : 'isolated';",
    replace: "return guard ? 'down' : 'down';",
    caughtBy: ['L6', 'L2', 'the switch between two nodes dies'],
    scenarios: ['the switch between two nodes dies'],
  },
  {
    name: 'hearsay refreshes «last heard», and VOTEs report it',
    file: 'speaker/segment/watch/watch.ts',
    find: '  suspicion.votes.set(voter.id, { atMs: nowMs, vote: message });',
    replace: `  suspicion.votes.set(voter.id, { atMs: nowMs, vote: message });
  const member = watch.members.get(message.about);
  if (member !== undefined) member.heardMs = Math.max(member.heardMs, nowMs - (message.beatAgeMs ?? Infinity));`,
    caughtBy: ['L11', 'L3'],
    scenarios: ['two nodes crash at once', 'node crash', 'fewer than half of the nodes crash at once'],
  },
  {
    name: 'nobody is deaf',
    file: 'speaker/segment/watch/watch.ts',
    find: 'if (member.quietBeats >= 5 && isLive(member)) suspect(turn, member, true);',
    replace: '',
    caughtBy: ['a link that receives nothing'],
    scenarios: ['a link that receives nothing'],
  },
];

/**
 * Not among them: «queued ARP answered after a gap» (layer2 §3.7 rule 3). Nobody outside can tell it, for three rules each suffice alone: the
 * queue is thrown away when the gap is noticed; the first frame read after a gap is not looked at; and while a node that comes back is mute
 * nothing is answered, which ends by what came after everything that waited, or 120 ms later. The mutant «no quarantine» breaks the last one.
 */
const fabricMutants: readonly Mutant[] = [
  {
    name: 'no control probe',
    file: 'speaker/segment/watch/verdict.ts',
    find: "if (controls !== undefined && controls < controlsNeeded) return 'void';",
    replace: '',
    caughtBy: ['L6', 'L8', 'what is sent to one node alone goes elsewhere'],
    scenarios: ['what is sent to one node alone goes elsewhere'],
  },
  {
    name: 'probes broadcast instead of unicast',
    file: 'speaker/l2/arp-protocol.ts',
    find: 'return encodeArpFrame(arpQuestion(at, {',
    replace: 'return encodeArpFrame(arpQuestion(at === undefined ? at : broadcastMac, {',
    caughtBy: ['L3', 'node crash behind a switch that answers ARP for the dead'],
    scenarios: ['node crash behind a switch that answers ARP for the dead'],
  },
  {
    name: 'replay window off',
    file: 'speaker/segment/admission/admission.ts',
    find: "if (freshness === 'replayed') return dropped('replay');",
    replace: "if (freshness === 'replayed') return { kind: 'message', header, message };",
    caughtBy: ['L1', 'L2', 'L6', 'L7', 'L8', 'L9', 'L12', 'what speakers said is said again by somebody else'],
    scenarios: ['what speakers said is said again by somebody else'],
  },
  {
    name: 'nobody hears on another LAN that a link is down',
    file: 'speaker/segment/watch/watch.ts',
    find: "send(turn, 'otherSegments', { kind: 'linkDown', mac: before.mac });",
    replace: '',
    caughtBy: ['a node loses its cable on one LAN of two'],
    scenarios: ['a node loses its cable on one LAN of two'],
  },
];

const ownershipMutants: readonly Mutant[] = [
  {
    name: 'no sweep',
    file: 'speaker/segment/ownership/sweep.ts',
    find: 'ownership.sweeping = [...ownership.addresses.values()];',
    replace: 'ownership.sweeping = [];',
    caughtBy: ['L1', 'Liveness', 'a node is excluded and comes back'],
    scenarios: ['a node is excluded and comes back'],
  },
  {
    name: 'no table on heal',
    file: 'speaker/segment/ownership/ownership.ts',
    find: 'showTableBy(turn, ownership, nowMs + uniform(config.random, 0, healSpreadMs(turn)));',
    replace: 'if (nowMs < 0) showTableBy(turn, ownership, uniform(config.random, 0, healSpreadMs(turn)));',
    caughtBy: ['L2'],
    scenarios: ['partition 5|5 and heal'],
  },
  {
    name: 'loser goes on answering in the segment',
    file: 'speaker/segment/ownership/phases.ts',
    find: "if (isAnswering(address)) turn.effects.push({ kind: 'silence', ips: [address.ip] });",
    replace: '',
    caughtBy: ['L10', 'L2'],
    scenarios: ['partition 5|5 and heal', 'a node is drained by the taint of an autoscaler'],
  },
  {
    name: 'hand-off: owner silent at OFFER',
    file: 'speaker/segment/ownership/hand-off.ts',
    find: '  ownership.offerTokens--;\n',
    replace: "  ownership.offerTokens--;\n  turn.effects.push({ kind: 'silence', ips: [address.ip] });\n",
    caughtBy: ['L4', 'a node is drained by the taint of an autoscaler'],
    scenarios: ['a node is drained by the taint of an autoscaler'],
  },
  {
    name: 'epoch not raised',
    file: 'speaker/segment/ownership/claiming.ts',
    find: 'epoch: Math.max(address.floor, address.epoch) + 1, minority',
    replace: 'epoch: Math.max(1, address.floor, address.epoch), minority',
    caughtBy: ['L9', 'L8'],
    scenarios: ['node crash'],
  },
  {
    name: 'minority flag ignored',
    file: 'speaker/segment/ownership/order.ts',
    find: 'if (a.minority !== b.minority) return b.minority;',
    replace: '',
    caughtBy: ['L9', 'partition 7|3 and heal'],
    scenarios: ['partition 7|3 and heal'],
  },
  {
    name: 'no quarantine',
    file: 'speaker/segment/ownership/mute.ts',
    find: "if (ownership.mute === undefined) effects.push({ kind: 'mute' });",
    replace: "if (ownership.mute === undefined) effects.push({ kind: 'unmute' });",
    caughtBy: ['L2', 'a carrier is lost'],
    scenarios: ['a carrier is lost'],
  },
  {
    name: 'adoption ignores live claims',
    file: 'speaker/segment/ownership/adoption.ts',
    find: 'if (isOwn(address) || epoch < address.floor) return false;',
    replace: 'if (epoch >= 0) return true;',
    caughtBy: ['L2', 'L8', 'L9'],
    scenarios: ['node crash'],
  },
  {
    name: 'foreign answer to a probe ignored',
    file: 'speaker/segment/ownership/probing.ts',
    find: "enter(turn, address, { kind: 'blocked', mac, nextMs });",
    replace: "if (nextMs < 0) enter(turn, address, { kind: 'blocked', mac, nextMs });",
    caughtBy: ['an address is in use before it is announced'],
    scenarios: ['an address is in use before it is announced'],
  },
];

export const segmentMutants: readonly Mutant[] = [...watchMutants, ...fabricMutants, ...ownershipMutants];
