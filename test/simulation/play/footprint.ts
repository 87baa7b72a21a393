// What a run leaves on those who look from outside, as one number: two runs with the same footprint were the same to everybody. What a fault says
// of itself does not count.
import type { Observer } from '../observer.ts';
import type { World } from '../world/world.ts';

const prime = 0x01000193;

export class Footprint implements Observer {
  readonly #nowUs: () => number;
  #hash = 0x811c9dc5;

  constructor({ scheduler }: World) {
    this.#nowUs = () => scheduler.nowUs;
  }

  get hash(): number {
    return this.#hash >>> 0;
  }

  stored: NonNullable<Observer['stored']> = ({ object }) => this.#add('stored', JSON.stringify(object));
  requested: NonNullable<Observer['requested']> = ({ name }) => this.#add('requested', name);
  answered: NonNullable<Observer['answered']> = ({ name }, _, { kind }) => this.#add(`answered ${kind}`, name);
  watching: NonNullable<Observer['watching']> = ({ name }) => this.#add('watching', name);
  watched: NonNullable<Observer['watched']> = ({ name }, _, { kind }) => this.#add(`watched ${kind}`, name);
  answering: NonNullable<Observer['answering']> = (node, _, ip, is) => this.#add(`answering ${is}`, `${node} ${ip}`);
  sent: NonNullable<Observer['sent']> = (node) => this.#add('sent', node);
  outage: NonNullable<Observer['outage']> = ({ ip, lost }) => this.#add(`outage ${lost}`, ip);
  started: NonNullable<Observer['started']> = ({ name }) => this.#add('started', name);
  ended: NonNullable<Observer['ended']> = ({ name }) => this.#add('ended', name);

  #add(what: string, whose: string): void {
    let hash = Math.imul(this.#hash ^ this.#nowUs(), prime);
    for (const text of [what, whose]) {
      for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), prime);
    }
    this.#hash = hash;
  }
}
