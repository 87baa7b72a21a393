// Namespace, narrowed to its labels (from PartialObjectMetadata).
import { textMap } from './fields.ts';
import { parseView, type Meta, type Parsed, type StringMap } from './view.ts';

export interface NamespaceView extends Meta {
  readonly labels: StringMap;
}

export function parseNamespace(object: unknown): Parsed<NamespaceView> {
  return parseView(object, (meta, metadata) => ({ ...meta, labels: textMap(metadata, 'labels') }));
}
