// Runs a pure engine: feeds it events one after the other, keeps its timers, hands its other effects to the shell.
import type { Cancel, Clock } from './clock.ts';

/** What an engine's `step(state, event)` returns. Effects are performed in order. */
export interface Step<State, Effect> {
  readonly state: State;
  readonly effects: readonly (Effect | TimerEffect)[];
}

/** Arming a timer that is armed already moves it. */
export type TimerEffect =
  | { readonly kind: 'arm'; readonly timer: string; readonly delayMs: number }
  | { readonly kind: 'disarm'; readonly timer: string };

export type TimerEvent = { readonly kind: 'timer'; readonly timer: string };

export interface Engine<State, Event, Effect> {
  readonly initial: State;
  step(state: State, event: Event | TimerEvent): Step<State, Effect>;
}

/**
 * Events that arrive while one is being stepped (an effect that answers at once) wait their turn, so `step` is never entered twice.
 * After `stop` nothing is stepped or performed any more.
 */
export class Runner<State, Event, Effect extends { readonly kind: string }> {
  readonly #engine: Engine<State, Event, Effect>;
  readonly #clock: Clock;
  readonly #perform: (effect: Effect) => void;
  readonly #timers = new Map<string, Cancel>();
  readonly #waiting: (Event | TimerEvent)[] = [];
  #state: State;
  #stepping = false;
  #stopped = false;

  constructor(engine: Engine<State, Event, Effect>, clock: Clock, perform: (effect: Effect) => void) {
    this.#engine = engine;
    this.#clock = clock;
    this.#perform = perform;
    this.#state = engine.initial;
  }

  get state(): State {
    return this.#state;
  }

  dispatch(event: Event | TimerEvent): void {
    this.#waiting.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined && !this.#stopped; next = this.#waiting.shift()) {
        const { state, effects } = this.#engine.step(this.#state, next);
        this.#state = state;
        for (const effect of effects) {
          // An effect may stop the runner.
          if (!this.#stopped) this.#performOrKeepTime(effect);
        }
      }
    } finally {
      this.#stepping = false;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #performOrKeepTime(effect: Effect | TimerEffect): void {
    if (isTimerEffect(effect)) {
      this.#timers.get(effect.timer)?.();
      this.#timers.delete(effect.timer);
      if (effect.kind === 'arm') this.#arm(effect.timer, effect.delayMs);
    } else {
      this.#perform(effect);
    }
  }

  #arm(timer: string, delayMs: number): void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      this.dispatch({ kind: 'timer', timer });
    });
    this.#timers.set(timer, cancel);
  }
}

function isTimerEffect(effect: { readonly kind: string }): effect is TimerEffect {
  return effect.kind === 'arm' || effect.kind === 'disarm';
}
