// The server of a measured run, which served-flow.ts starts and asks.
import type { Configuration } from './configurations.ts';
import { ownCpuMicroseconds } from './own-cpu.ts';
import type { Question, Reply } from './served-flow.ts';
import { loadSystem } from './systems/systems.ts';

const { system, store, mode } = JSON.parse(process.argv[2] ?? '') as Configuration;
if (mode === 'in process') throw new TypeError('Nothing is served in process.');
const open = await (await loadSystem(system)).open(store);
const { port, close } = await open.listen(mode);
// Who asked is gone, or done.
process.on('disconnect', () => process.exit());
process.on('message', async (question: Question) => {
  switch (question.ask) {
    case 'cpu':
      await open.settle();
      return reply({ microseconds: ownCpuMicroseconds() });
    case 'codes':
      await open.settle();
      return reply({ codes: question.phoneNumbers.map((phoneNumber) => open.codeFor(phoneNumber)) });
    case 'stop':
      await close();
      await open.close();
      process.disconnect();
  }
});
reply({ port });

function reply(answer: Reply): void {
  process.send?.(answer);
}
