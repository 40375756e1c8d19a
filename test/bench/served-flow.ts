import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Configuration } from './configurations.ts';
import type { Subject } from './measure-flow.ts';
import type { System } from './systems/system.ts';
import { wireClient } from './wire-connection.ts';

/** What a server under test is asked, and what it answers. */
export type Question =
  | { readonly ask: 'cpu' }
  | { readonly ask: 'codes'; readonly phoneNumbers: readonly string[] }
  | { readonly ask: 'stop' };
export interface Reply {
  readonly port?: number;
  readonly microseconds?: number;
  readonly codes?: readonly string[];
}

/** The routes of a system in a process of its own, seen by a client whose time is not counted. */
export async function startFlowServer(
  configuration: Configuration,
  system: System,
): Promise<{ readonly subject: Subject; readonly close: () => Promise<void> }> {
  const child = fork(fileURLToPath(new URL('./flow-server.ts', import.meta.url)), [JSON.stringify(configuration)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: process.execArgv,
  });
  const ended = once(child, 'exit');
  const next = async (): Promise<Reply> => {
    const failed = ended.then(() => Promise.reject(new Error('The server ended.')));
    const [reply] = (await Promise.race([once(child, 'message'), failed])) as [Reply];
    return reply;
  };
  const ask = (question: Question): Promise<Reply> => {
    const reply = next();
    child.send(question);
    return reply;
  };
  const { port = 0 } = await next();
  const client = wireClient(port);
  return {
    subject: {
      operations: system.wire(client.send),
      codesFor: async (phoneNumbers) => (await ask({ ask: 'codes', phoneNumbers })).codes ?? [],
      appCpuMicroseconds: async () => (await ask({ ask: 'cpu' })).microseconds ?? Number.NaN,
    },
    async close() {
      client.close();
      child.send({ ask: 'stop' } satisfies Question);
      await ended;
    },
  };
}
