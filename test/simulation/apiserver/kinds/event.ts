// What the apiserver refuses in an Event (events.k8s.io/v1).
import { isDeepStrictEqual } from 'node:util';
import { fieldsOf, type Fields } from '../object.ts';

const mostNoteBytes = 1_024;
const mostNameBytes = 128;
const unchanging = [
  'reason',
  'note',
  'action',
  'regarding',
  'type',
  'eventTime',
  'reportingController',
  'reportingInstance',
];

export function eventProblems(event: Fields, before: Fields | undefined): readonly string[] {
  if (before !== undefined) {
    return unchanging
      .filter((field) => !isDeepStrictEqual(event[field], before[field]))
      .map((field) => `${field}: Invalid value: field is immutable`);
  }
  const problems: string[] = [];
  for (const field of ['reportingController', 'reportingInstance', 'action', 'reason']) {
    const bytes = bytesOf(event[field]);
    if (bytes === 0) problems.push(`${field}: Required value`);
    if (bytes > mostNameBytes) problems.push(`${field}: Invalid value: can have at most ${mostNameBytes} characters`);
  }
  if (event['eventTime'] === undefined) problems.push('eventTime: Required value');
  if (event['type'] !== 'Normal' && event['type'] !== 'Warning')
    problems.push('type: Invalid value: has invalid value');
  if (bytesOf(event['note']) > mostNoteBytes) {
    problems.push(`note: Invalid value: can have at most ${mostNoteBytes} characters`);
  }
  const { namespace } = fieldsOf(event['metadata']);
  if (fieldsOf(event['regarding'])['namespace'] === undefined && namespace !== 'default') {
    problems.push('regarding.namespace: Invalid value: does not match event.namespace');
  }
  return problems;
}

function bytesOf(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0;
}
