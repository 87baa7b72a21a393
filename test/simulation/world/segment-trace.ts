// What speakers say to each other on the LAN and what their engines conclude, as lines of the trace; beats and the like are too many.
import { describeSegmentMessage } from '../lan/segment-message.ts';
import type { UdpPacket } from '../lan/udp-packet.ts';
import type { ExplainedStep } from '../observer.ts';
import type { Trace } from '../trace.ts';

type NameOf = (id: string) => string;

export function traceDatagram(trace: Trace, node: string, { datagram, destination }: UdpPacket, nameOf: NameOf): void {
  const line = describeSegmentMessage(datagram, nameOf);
  if (line === undefined) return;
  const { event, subject, detail } = line;
  trace.record(node, event, subject, `to ${destination.ip} ${detail}`);
}

export function traceStep(trace: Trace, process: string, { segment, event, effects }: ExplainedStep, nameOf: NameOf) {
  if (event.kind === 'gap') trace.record(`${process}/${segment}`, 'gap', '', `${event.lateMs} ms`);
  for (const effect of effects) {
    const [subject, detail] = described(effect, nameOf);
    if (subject !== undefined) trace.record(`${process}/${segment}`, effect.kind, subject, detail);
  }
}

function described(effect: ExplainedStep['effects'][number], nameOf: NameOf): readonly [string?, string?] {
  switch (effect.kind) {
    case 'memberChanged':
      return [nameOf(effect.id), `${effect.to} ${effect.cause ?? ''}`];
    case 'ownerChanged':
      return [effect.ip, `${effect.owns ? 'owns' : 'does not own'} ${effect.cause}`];
    case 'foreignClaim':
      return [effect.ip, `${effect.mac} while ${effect.while}`];
    case 'condition':
      return [`${effect.condition} ${nameOf(effect.about ?? '')}`, String(effect.holds)];
    case 'mute':
    case 'unmute':
      return [''];
    case 'answer':
    case 'silence':
      return [effect.ips.join()];
    default:
      return [];
  }
}
