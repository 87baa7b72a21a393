// What is particular to a kind of object: its subresource, what is filled in, what is refused.
import { customResourceDefinition } from '#shared/api/custom-resource-definition.ts';
import { kinds } from '#shared/api/kinds.ts';
import type { Resource } from '#shared/kube/kube-api.ts';
import { completedService, serviceProblems } from './kinds/service.ts';
import { eventProblems } from './kinds/event.ts';
import { leaseProblems } from './kinds/lease.ts';
import type { Fields } from './object.ts';
import { completed, problemsOf, type Schema } from './schema.ts';

export interface Kind {
  /** A custom resource: it knows no strategic merge patch, and a write of its status writes nothing else. */
  readonly isCustom: boolean;
  /** A status is written through its subresource, and nowhere else. */
  readonly hasStatus: boolean;
  readonly hasGeneration: boolean;
  /** It is shown once more by the answer to its deletion. */
  readonly isShownWhenDeleted: boolean;
  /** An update has to name the version that it replaces. */
  readonly needsVersion: boolean;
  /** Fills in what is absent, clears what may not be. */
  readonly complete: (object: Fields, before: Fields | undefined) => Fields;
  readonly problems: (object: Fields, before: Fields | undefined) => readonly string[];
}

const plain: Kind = {
  isCustom: false,
  hasStatus: false,
  hasGeneration: false,
  isShownWhenDeleted: false,
  needsVersion: false,
  complete: (object) => object,
  problems: () => [],
};

const builtIn: ReadonlyMap<string, Kind> = new Map([
  [
    'services',
    { ...plain, hasStatus: true, isShownWhenDeleted: true, complete: completedService, problems: serviceProblems },
  ],
  ['nodes', { ...plain, hasStatus: true }],
  ['namespaces', { ...plain, hasStatus: true }],
  ['pods', { ...plain, hasStatus: true, hasGeneration: true }],
  ['servicecidrs', { ...plain, hasStatus: true }],
  ['endpointslices', { ...plain, hasGeneration: true }],
  ['leases', { ...plain, needsVersion: true, problems: leaseProblems }],
  ['events', { ...plain, problems: eventProblems }],
]);

const custom: ReadonlyMap<string, Kind> = new Map(
  kinds.map((definition) => [definition.resource.plural, customKind(schemaOf(customResourceDefinition(definition)))]),
);

/** Of our group there are the kinds whose CRDs are installed; any other kind is taken to be there. */
export function isServed({ group, plural }: Resource): boolean {
  return group !== 'metallb.io' || custom.has(plural);
}

export function kindOf({ plural }: Resource): Kind {
  return custom.get(plural) ?? builtIn.get(plural) ?? plain;
}

function customKind(schema: Schema): Kind {
  const { spec = {}, status = {} } = schema.properties ?? {};
  const known: Schema = { type: 'object', properties: { spec, status }, required: schema.required ?? [] };
  return {
    isCustom: true,
    hasStatus: true,
    hasGeneration: true,
    isShownWhenDeleted: false,
    needsVersion: true,
    complete: ({ apiVersion, kind, metadata, ...rest }) => ({
      apiVersion,
      kind,
      metadata,
      ...(completed(known, rest) as Fields),
    }),
    problems: (object, before) => problemsOf(known, partsOf(object), before && partsOf(before), ''),
  };
}

function partsOf({ spec, status }: Fields): Fields {
  return { ...(spec === undefined ? {} : { spec }), ...(status === undefined ? {} : { status }) };
}

interface CustomResourceDefinition {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
}

function schemaOf(definition: object): Schema {
  return (definition as CustomResourceDefinition).spec.versions[0]?.schema.openAPIV3Schema ?? {};
}
