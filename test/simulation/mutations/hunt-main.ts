// Hunts the mutants that are named, or all: `node test/simulation/mutations/hunt-main.ts [part of a name]`.
import { mutants } from './all.ts';
import { hunted } from './mutate.ts';

const part = process.argv[2] ?? '';
for (const mutant of mutants.filter(({ name }) => name.includes(part))) {
  const startedMs = performance.now();
  let caught: ReturnType<typeof hunted> = [];
  try {
    caught = hunted(mutant);
  } catch (error) {
    console.log(String(error).slice(0, 400));
  }
  const isNamed = caught.some(({ invariant }) => mutant.caughtBy.includes(invariant));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${isNamed ? 'caught' : caught.length > 0 ? 'OTHER' : 'MISSED'} ${seconds} s: ${mutant.name}`);
  for (const { run, invariant, message } of caught) console.log(`    ${run}: ${invariant}: ${message.slice(0, 160)}`);
}
