// Control packets for tests: what a peer that is Down says, with changes.
import type { ControlPacket } from '#speaker/bfd/control-packet.ts';
import type { SessionSettings } from '#speaker/bfd/session-state.ts';

export const ourDiscriminator = 7;
export const peersDiscriminator = 99;

export function packet(changes: Partial<ControlPacket> = {}): ControlPacket {
  return {
    diagnostic: 0,
    state: 'down',
    poll: false,
    final: false,
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier: 3,
    myDiscriminator: peersDiscriminator,
    yourDiscriminator: 0,
    desiredMinTxUs: 1_000_000,
    requiredMinRxUs: 300_000,
    requiredMinEchoRxUs: 0,
    authentication: undefined,
    ...changes,
  };
}

export const usual: SessionSettings = {
  desiredMinTxUs: 300_000,
  requiredMinRxUs: 300_000,
  detectMultiplier: 3,
  passive: false,
};
