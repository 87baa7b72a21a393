// One small file that outlives the process and its Pod, as everything but the main program sees it: injected, with a real (Linux) and a simulated
// implementation. It is a help, never a need: whatever goes wrong with it is told, and nothing is thrown.

export type StateRead =
  | { readonly kind: 'text'; readonly text: string }
  /** Nothing was ever written. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface StateFile {
  /** At start, before anything else: blocks for as long as the file takes. */
  read(): StateRead;
  /** Replaces the whole, or changes nothing. `written`, later and once, gets the reason if it does not. One at a time. */
  write(text: string, written: (failure: string | undefined) => void): void;
}

/** Of any state file, in octets: the snapshot of 10,000 Services and as many EndpointSlices has about a third of it. */
export const maxStateOctets = 32 << 20;
