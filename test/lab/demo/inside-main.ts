// The demo inside its namespaces: the lab, the scenarios, the tables.
//   node inside-main.ts SCENARIO NODES keep|end
import { keepArtefacts } from '../artefacts.ts';
import { Lab } from '../lab.ts';
import type { NodeNumber } from '../network/addresses.ts';
import { duration, Steps } from '../output/steps.ts';
import { table } from '../output/table.ts';
import { howToLookAround, takeFaults } from '../standing-lab.ts';
import { showFailover, type Failover } from './failover.ts';
import { showL2, tally, type Reached } from './l2.ts';

const [scenario = '', nodes = '', keep = ''] = process.argv.slice(2);
const steps = new Steps(process.stdout);

// All that runs in these namespaces ends with this process.
process.on('SIGINT', () => process.exit(130));

async function leader(lab: Lab): Promise<string> {
  const lease = await lab.admin.get('/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases/ingot-controller');
  return String(lease['spec'].holderIdentity);
}

function servicesTable(reached: readonly Reached[]): string {
  return table(
    ['service', 'address', 'node', 'MAC the client learned', 'answered by'],
    reached.map(({ service, address, announcer, answers }) => [
      service,
      address,
      announcer.name,
      announcer.addresses.mac,
      tally(answers),
    ]),
  );
}

function faultsTable(failovers: readonly Failover[]): string {
  return table(
    ['what', 'probes lost', 'outage', 'owner'],
    failovers.map(({ what, report, before, after }) => [
      what,
      `${report.lost} of ${report.sent}`,
      report.lost === 0 ? 'none' : duration(report.outageMs),
      before === after ? before.name : `${before.name}, then ${after.name}`,
    ]),
  );
}

async function show(lab: Lab): Promise<void> {
  steps.say(`    the leading controller is ${await leader(lab)}\n`);
  const reached = await showL2(lab, steps);
  const local = reached.find(({ service }) => service === 'local');
  const failovers: Failover[] = [];
  if (scenario === 'failover' && local !== undefined) {
    steps.say('');
    failovers.push(...(await showFailover(lab, steps, local)));
  }
  console.log(`\n${servicesTable(reached)}`);
  console.log(`local keeps the client's address: its pod saw ${local?.answers[0]?.peer}`);
  if (failovers.length > 0) console.log(`\n${faultsTable(failovers)}`);
}

const lab = await Lab.start({ nodes: Number(nodes) as NodeNumber, bundled: true, steps });
try {
  await show(lab);
} catch (error) {
  console.log(`\nNot as told. ${error instanceof Error ? error.message : String(error)}`);
  console.log(`Logs and state: ${await keepArtefacts(lab, 'demo', scenario)}`);
  await lab.stop();
  process.exit(1);
}
if (keep === 'keep') {
  takeFaults(lab);
  console.log(`\n${howToLookAround}\nCtrl-C takes the lab down.`);
} else {
  await lab.stop();
  console.log('\nNext: npm run lab -- up gives you the same cluster to play with.');
}
