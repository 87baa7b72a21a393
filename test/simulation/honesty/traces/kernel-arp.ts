// Which ARP a kernel answers by itself: asked of a real one (test/host) and of the simulated one (test/unit). The machine has `own` on the
// interface that is asked through and `elsewhere` on another.
export const own = '192.0.2.9';
export const elsewhere = '198.51.100.9';
export const asker = '192.0.2.1';

export interface ArpCase {
  readonly name: string;
  readonly to: 'all' | 'the machine' | 'another machine';
  readonly operation: 'request' | 'reply';
  readonly senderIp: string;
  readonly targetIp: string;
  readonly isAnswered: boolean;
}

const request = { to: 'all', operation: 'request', senderIp: asker, targetIp: own, isAnswered: true } as const;

export const arpCases: readonly ArpCase[] = [
  { ...request, name: 'a request to all for its address' },
  { ...request, name: 'a request to it alone', to: 'the machine' },
  { ...request, name: 'a request to another machine, seen by it', to: 'another machine', isAnswered: false },
  { ...request, name: 'a request for an address of another interface', targetIp: elsewhere },
  { ...request, name: 'a request for an address that it has not', targetIp: '192.0.2.77', isAnswered: false },
  { ...request, name: 'a probe without a sender address', senderIp: '0.0.0.0' },
  { ...request, name: 'an announcement of its own address by somebody else', senderIp: own, isAnswered: false },
  { ...request, name: 'a reply about its own address', operation: 'reply', isAnswered: false },
];
