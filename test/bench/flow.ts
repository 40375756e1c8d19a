// One measured run in a process of its own: node test/bench/flow.ts '{"system":"ringlatch","store":"memory","mode":"fastify",…}' prints JSON.
import type { Configuration } from './configurations.ts';
import { measureFlow, type Subject } from './measure-flow.ts';
import { ownCpuMicroseconds } from './own-cpu.ts';
import { startFlowServer } from './served-flow.ts';
import { loadSystem } from './systems/systems.ts';

const configuration = JSON.parse(process.argv[2] ?? '') as Configuration;
const system = await loadSystem(configuration.system);
const { subject, close } = configuration.mode === 'in process' ? await inProcess() : await startFlowServer(configuration, system);
const phases = await measureFlow(subject, configuration);
process.stdout.write(`${JSON.stringify({ ...configuration, phases })}\n`);
await close();

async function inProcess(): Promise<{ readonly subject: Subject; readonly close: () => Promise<void> }> {
  const open = await system.open(configuration.store);
  if (open.operations === null) throw new TypeError(`${configuration.system} is only served.`);
  return {
    subject: {
      operations: open.operations,
      async codesFor(phoneNumbers) {
        await open.settle();
        return phoneNumbers.map((phoneNumber) => open.codeFor(phoneNumber));
      },
      async appCpuMicroseconds() {
        await open.settle();
        return ownCpuMicroseconds();
      },
    },
    close: () => open.close(),
  };
}
