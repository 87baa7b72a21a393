// Time as everything but main sees it: injected, so that the simulator can run a day in seconds.

/** Ends what it stands for (a timer, a request, a watch); doing so again does nothing. */
export type Cancel = () => void;

/** An event, or each of a union of events, without the time at which its turn began. */
export type Untimed<Event> = Event extends unknown ? Omit<Event, 'nowMs'> : never;

export interface Clock {
  /** Monotonic milliseconds with an arbitrary origin. The only time that decides anything. */
  nowMs(): number;
  /** Milliseconds since 1970, for people and Kubernetes fields; may jump. */
  wallMs(): number;
  /** Runs `callback` once, not before `delayMs` (≥ 0) have passed; it may be later. */
  after(delayMs: number, callback: () => void): Cancel;
}
