// Community: names for BGP communities.
import { communityValueRules } from './community-value.ts';
import { metallbResource, type Definition } from './definition.ts';
import { list, object, text, type Of } from './schema.ts';

export const communities = metallbResource('v1beta1', 'communities', 'Community');

const alias = object(
  {
    name: text({
      description: 'The name to use in a BGPAdvertisement.',
      minLength: 1,
      maxLength: 253,
      'x-kubernetes-validations': [
        { rule: "!self.contains(':')", message: 'a community name must not contain a colon' },
      ],
    }),
    value: text({
      description: 'The community it stands for: 64512:100 or large:64512:100:200.',
      minLength: 1,
      maxLength: 64,
      'x-kubernetes-validations': communityValueRules,
    }),
  },
  {},
);

export const communitySpec = object(
  {
    communities: list(alias, {
      description: 'Names and what they stand for.',
      maxItems: 512,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }).optional(),
  },
  { description: 'Names and what they stand for.' },
);

export type CommunitySpec = Of<typeof communitySpec>;

export const communityDefinition: Definition = {
  resource: communities,
  description: 'Community gives names to BGP communities, for use in BGPAdvertisements.',
  columns: [],
  spec: communitySpec,
  specRequired: false,
  status: object({}, { description: 'Not used.' }),
};
