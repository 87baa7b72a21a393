// The plain loop as a process of its own, as new as the controller that it is compared with: told the task it connects and says so, told to go
// it patches the status of each Service once, and ends.
import { once } from 'node:events';
import { request } from 'undici';
import { connect, patchEach, type PatchTask } from './patch-each.ts';
import { filledStatus } from './services.ts';

const [task] = (await once(process, 'message')) as [PatchTask];
const agent = connect(task);
const answer = await request(`${task.url}/readyz`, { dispatcher: agent });
await answer.body.dump();
process.send?.('ready');
await once(process, 'message');
await patchEach(task, agent, filledStatus);
await agent.close();
process.disconnect();
