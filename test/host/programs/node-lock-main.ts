// Takes the lock of BGP and says so; keeps it until it is killed.
import { linuxNodeLock } from '#speaker/host/linux-node-lock.ts';

linuxNodeLock.take(() => process.stdout.write('taken\n'));
