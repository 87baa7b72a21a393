import { startPrivateControlPlane } from '#test/lab/control-plane/private-control-plane.ts';
import { createServices } from './allocate/services.ts';
const cp = await startPrivateControlPlane();
const t=performance.now();
try { await createServices(cp,'x',3000,32,(s)=>console.log(s,(performance.now()-t)/1000)); console.log('done',(performance.now()-t)/1000); } catch(e) { console.log('failed',e,(performance.now()-t)/1000); } finally { await cp.stop(); console.log('stopped'); }
