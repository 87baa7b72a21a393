// The inside of `npm run lab -- up`: brings the lab up and keeps it until it is told to end.
//   node up-main.ts NODES PROXY_MODE
import { Lab } from './lab.ts';
import type { NodeNumber } from './network/addresses.ts';
import { Steps } from './output/steps.ts';
import type { ProxyMode } from './programs/kube-proxy.ts';
import { howToLookAround, takeFaults } from './standing-lab.ts';

const [nodes = '', proxyMode = ''] = process.argv.slice(2);

// All that runs in these namespaces ends with this process.
process.on('SIGINT', () => process.exit(130));
try {
  const lab = await Lab.start({
    nodes: Number(nodes) as NodeNumber,
    proxyMode: proxyMode as ProxyMode,
    steps: new Steps(),
  });
  takeFaults(lab);
  console.log(`\nThe lab is up. ${howToLookAround}`);
  console.log('Ctrl-C here, or `npm run lab -- down` from elsewhere, takes it down.');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
