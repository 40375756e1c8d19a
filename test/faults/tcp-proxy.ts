import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a proxy may lose, and with it the connection: a question of a client, or the answer to one. */
export type Loss = 'request' | 'reply';

/** Stands between clients and a server, and fails when told to. */
export interface TcpProxy {
  readonly port: number;
  /** Loses the next question, or its answer, once. */
  lose(loss: Loss): void;
  /** How many were lost. */
  readonly lost: () => number;
  /** Where new connections lead; those that stand are cut. */
  aim(port: number): void;
  close(): Promise<void>;
}

// The functions of our schema, its plain statements, the scripts of Redis. All else is how drivers greet.
const QUESTION = /_v\d+\([^)]*\$1|as answer|evalsha/i;

// PostgreSQL says that it has parsed a statement; the driver that asked first has not sent the values yet.
function isOnlyParsed(chunk: Buffer): boolean {
  return chunk[0] === 0x31 && chunk.at(-6) !== 0x5a;
}

/** Starts a proxy on a free port. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let aim = target;
  let next: Loss | null = null;
  let lost = 0;

  const server = createServer((client) => {
    const upstream = connect(aim, '127.0.0.1');
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    let losesReply = false;
    const lose = (): void => {
      lost += 1;
      cut();
    };
    client.on('data', (chunk) => {
      const loss = next !== null && QUESTION.test(chunk.toString('latin1')) ? next : null;
      if (loss !== null) next = null;
      if (loss === 'request') return lose();
      losesReply ||= loss === 'reply';
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (losesReply && !isOnlyParsed(chunk)) lose();
      else client.write(chunk);
    });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', () => {
        open.delete(socket);
        cut();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cutAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    lose(loss) {
      next = loss;
    },
    lost: () => lost,
    aim(port) {
      aim = port;
      cutAll();
    },
    async close() {
      server.close();
      cutAll();
      await once(server, 'close');
    },
  };
}
