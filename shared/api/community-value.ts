// BGP community values in text: `asn:number` (RFC 1997) and `large:asn:number:number` (RFC 8092).
import type { Rule } from './schema.ts';

const oneOfBoth =
  "self.matches('^[0-9]{1,5}:[0-9]{1,5}$') || self.matches('^large:[0-9]{1,10}:[0-9]{1,10}:[0-9]{1,10}$')";

const sectionsFit: Rule = {
  rule: "!self.matches('^(large:)?[0-9:]+$') || self.split(':', 5).filter(n, n.matches('^[0-9]{1,10}$')).all(n, int(n) <= (self.startsWith('large:') ? 4294967295 : 65535))",
  message:
    'invalid community value: invalid section: a number must be at most 65535, in a large community at most 4294967295',
};

export const communityValueRules: readonly Rule[] = [
  {
    rule: oneOfBoth,
    message: 'invalid community value: expected 64512:100 or large:64512:100:200',
  },
  sectionsFit,
];

export const communityValueOrNameRules: readonly Rule[] = [
  {
    rule: `!self.contains(':') || ${oneOfBoth}`,
    message: 'invalid community value: expected 64512:100, large:64512:100:200 or a name that a Community defines',
  },
  sectionsFit,
];
