// What the apiserver checks of a BGPPeer beyond types and bounds. An empty string and 0 count as absent everywhere.
import type { z } from 'zod';
import { text, type Rule } from './schema.ts';

const hasPeerAsn = '(has(self.peerASN) && self.peerASN != 0)';
const hasDynamicAsn = 'has(self.dynamicASN)';
const hasAddress = "(has(self.peerAddress) && self.peerAddress != '')";
const hasInterface = "(has(self.interface) && self.interface != '')";
const hasPassword = "(has(self.password) && self.password != '')";
const hasPasswordSecret =
  "(has(self.passwordSecret) && has(self.passwordSecret.name) && self.passwordSecret.name != '')";
const hasMultiHop = '(has(self.ebgpMultiHop) && self.ebgpMultiHop)';
const hasHoldTime = "(has(self.holdTime) && self.holdTime != '')";
const hasKeepaliveTime = "(has(self.keepaliveTime) && self.keepaliveTime != '')";

/** In the notation of Go's time.ParseDuration, which CEL's duration() reads; without a sign. */
const isDuration = "self.matches('^(0|([0-9]+([.][0-9]+)?(ns|us|µs|ms|s|m|h))+)$')";

export const bgpPeerRules: readonly Rule[] = [
  { rule: `${hasPeerAsn} || ${hasDynamicAsn}`, message: 'missing peer ASN and dynamicASN' },
  { rule: `!(${hasPeerAsn} && ${hasDynamicAsn})`, message: 'both peer ASN and dynamicASN specified' },
  { rule: `${hasAddress} || ${hasInterface}`, message: 'peer has no Address or Interface specified' },
  { rule: `!(${hasAddress} && ${hasInterface})`, message: 'peer has both Address and Interface specified' },
  { rule: `!(${hasPassword} && ${hasPasswordSecret})`, message: 'can not have both password and secret ref set' },
  {
    rule: `!(${hasMultiHop} && ((has(self.peerASN) && self.peerASN == self.myASN) || (has(self.dynamicASN) && self.dynamicASN == 'internal')))`,
    message: 'invalid ebgp-multihop parameter set for an ibgp peer',
  },
  {
    rule: `!(${hasHoldTime} && ${hasKeepaliveTime}) || duration(self.keepaliveTime) <= duration(self.holdTime)`,
    message: 'invalid keepaliveTime, must be lower than holdTime',
  },
  {
    rule: `!(${hasMultiHop} && has(self.ttlSecurity))`,
    message: 'ebgpMultiHop and ttlSecurity are mutually exclusive',
  },
  { rule: '!has(self.localASN) || self.localASN != self.myASN', message: 'localASN must differ from myASN' },
];

export const holdTimeRules: readonly Rule[] = [
  {
    rule: `self == '' || (${isDuration} && (duration(self) == duration('0s') || (duration(self) >= duration('3s') && duration(self) < duration('65536s'))))`,
    message: 'invalid hold time: must be 0 or >=3s',
  },
];

export const connectTimeRules: readonly Rule[] = [
  {
    rule: `self == '' || (${isDuration} && duration(self) >= duration('1s') && duration(self) <= duration('65535s'))`,
    message: 'connect time should be between 1 seconds to 65535',
  },
  {
    rule: `self == '' || !${isDuration} || duration(self).getMilliseconds() % 1000 == 0`,
    message: 'connect time should contain a whole number of seconds',
  },
];

const durationRules: readonly Rule[] = [
  { rule: `self == '' || ${isDuration}`, message: 'must be a duration such as 3s or 1m30s' },
];

export function duration(description: string, rules: readonly Rule[] = durationRules): z.ZodString {
  return text({ description, maxLength: 32, 'x-kubernetes-validations': rules });
}

export function ipAddress(description: string, message: string): z.ZodString {
  return text({
    description,
    maxLength: 45,
    'x-kubernetes-validations': [{ rule: "self == '' || isIP(self)", message }],
  });
}

export function routerId(description: string): z.ZodString {
  return text({
    description,
    maxLength: 15,
    'x-kubernetes-validations': [
      {
        rule: "self == '' || (isIP(self) && ip(self).family() == 4 && self != '0.0.0.0')",
        message: 'invalid router ID',
      },
    ],
  });
}
