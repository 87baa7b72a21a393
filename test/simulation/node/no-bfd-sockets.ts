// A kernel that refuses every socket of BFD: for simulated nodes whose peers speak none.
import type { BfdSockets } from '#speaker/bfd/bfd-sockets.ts';

const refusal = { call: 'socket', code: 'EAFNOSUPPORT' } as const;

export const noBfdSockets: BfdSockets = {
  sourceTowards: () => refusal,
  listen: () => refusal,
  open: () => refusal,
};
