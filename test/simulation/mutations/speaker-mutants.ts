// Broken rules of the speaker: which node answers, and what it tells neighbours.
import type { Mutant } from './mutant.ts';

export const speakerMutants: readonly Mutant[] = [
  {
    name: 'loser goes on answering',
    file: 'speaker/l2/packet-responder.ts',
    find: "this.#dispatch({ kind: 'silence', addresses: ips });",
    replace: '',
    caughtBy: ['L1', 'L2', 'L12', 'a node is excluded and comes back'],
    scenarios: ['a node is excluded and comes back'],
  },
  {
    name: 'reply-form announcement with target MAC ff:… only',
    file: 'speaker/l2/arp-protocol.ts',
    find: 'return [arpAnnouncementRequest(mac, ip), arpAnnouncementReply(mac, ip)].map(encodeArpFrame);',
    replace:
      'return [{ ...arpAnnouncementReply(mac, ip), arp: { ...arpAnnouncementReply(mac, ip).arp, targetMac: broadcastMac } }].map(encodeArpFrame);',
    caughtBy: ['MAC address changes twice in a second'],
    scenarios: ['MAC address changes twice in a second'],
  },
  {
    name: 'no announcement of a new MAC or a returned carrier',
    file: 'speaker/l2/responder.ts',
    find: "return announceDue(announcing(changed, [...state.answered], 'schedule', nowMs), nowMs);",
    replace: 'return { state: changed, effects: [] };',
    caughtBy: ['MAC address changes twice in a second'],
    scenarios: ['MAC address changes twice in a second'],
  },
  {
    name: 'announcements never sent',
    file: 'speaker/l2/responder.ts',
    find: "return frames.map((bytes) => ({ kind: 'send', form: 'announcement', ip, bytes }) as const);",
    replace: 'return [];',
    caughtBy: ['L3', 'MAC address changes twice in a second'],
    scenarios: ['MAC address changes twice in a second'],
  },
  {
    name: 'ETP Local: one tier',
    file: 'speaker/desired/service-endpoints.ts',
    find: "return terminating.size > 0 ? terminating : 'none';",
    replace: "return 'none';",
    caughtBy: ['L1', 'L4'],
    scenarios: ['endpoints of ETP Local terminate'],
    soakSeeds: 10,
  },
  {
    name: 'ETP Local: terminating counts as ready',
    file: 'speaker/desired/service-endpoints.ts',
    find: 'const ready = nodesWith(byNode, (counts) => counts.ready > 0);',
    replace: 'const ready = nodesWith(byNode, (counts) => counts.ready + counts.servingTerminating > 0);',
    caughtBy: ['L1', 'L4'],
    scenarios: ['endpoints of ETP Local terminate'],
    soakSeeds: 10,
  },
  {
    name: 'ETP Local: sharers not intersected',
    file: 'speaker/desired/announced-holder.ts',
    find: "return canAnswer(holders) ? holders.filter(({ usable }) => usable !== 'none') : holders;",
    replace: 'return holders.slice(0, 1);',
    caughtBy: ['L1', 'L4', 'sharers with ETP Local'],
    scenarios: ['sharers with ETP Local'],
  },
  {
    name: 'old process does not retire',
    file: 'speaker/segment/admission/admission.ts',
    find: "return !header.joining && header.incarnation > self.incarnation ? { kind: 'retired' } : dropped('own');",
    replace: "return header.incarnation < 0 ? { kind: 'retired' } : dropped('own');",
    caughtBy: ['two speakers of one node for 60 s'],
    scenarios: ['two speakers of one node for 60 s'],
  },
];
