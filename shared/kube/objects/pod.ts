// Pod of a speaker, narrowed: where it runs.
import { child, text } from './fields.ts';
import { intern } from './intern.ts';
import { conditionStatus, isDeleting, parseView, type Meta, type Parsed } from './view.ts';

export interface PodView extends Meta {
  /** Empty until it is scheduled. */
  readonly nodeName: string;
  readonly ready: boolean;
  readonly deleting: boolean;
}

export function parsePod(object: unknown): Parsed<PodView> {
  return parseView(object, (meta, metadata, whole) => ({
    ...meta,
    nodeName: intern(text(child(whole, 'spec'), 'nodeName') ?? ''),
    ready: conditionStatus(whole, 'Ready') === 'True',
    deleting: isDeleting(metadata),
  }));
}
