// A larger LAN: what a node says to others does not grow with their number.
import { keepsQuiet } from './steady-state.ts';
import { useLab } from './use-lab.ts';

keepsQuiet(useLab({ controllers: 1, nodes: 10, bundled: true }));
