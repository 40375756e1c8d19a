import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Send } from './systems/system.ts';

/** A client with one connection for each request under way. It parses little, so that the server and not it is the limit. */
export interface WireClient {
  readonly send: Send;
  readonly close: () => void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Connection {
  readonly exchange: (request: string) => Promise<Answer>;
  readonly close: () => void;
}

/** Speaks HTTP/1.1 to a port of this machine. */
export function wireClient(port: number): WireClient {
  const all: Connection[] = [];
  const idle: Connection[] = [];
  return {
    async send({ path, body, ip }) {
      const connection = idle.pop() ?? (await opened());
      const json = JSON.stringify(body);
      const { status, text } = await connection.exchange(
        `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nx-forwarded-for: ${ip}\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
      );
      idle.push(connection);
      if (status < 200 || status > 299) throw new Error(`${path} answered ${status}: ${text.slice(0, 300)}`);
      return text;
    },
    close() {
      for (const connection of all) connection.close();
    },
  };

  async function opened(): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const connection = connectionOver(socket);
    all.push(connection);
    return connection;
  }
}

function connectionOver(socket: Socket): Connection {
  let received = '';
  let waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | null = null;
  // JSON of these systems is ASCII, so that a character is a byte.
  socket.setEncoding('latin1');
  socket.on('data', (data: string) => {
    received += data;
    const text = bodyOf(received);
    if (text === null) return;
    const status = Number(received.slice(9, 12));
    received = '';
    waiting?.resolve({ status, text });
  });
  const fail = (): void => waiting?.reject(new Error('The server closed the connection.'));
  socket.on('error', fail);
  socket.on('close', fail);
  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** The body of a whole response; `null` while more must come. */
export function bodyOf(received: string): string | null {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = received.slice(0, end).toLowerCase();
  const rest = received.slice(end + 4);
  if (head.includes('\r\ntransfer-encoding: chunked')) return rest.endsWith('0\r\n\r\n') ? unchunked(rest) : null;
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
  return rest.length >= length ? rest : null;
}

function unchunked(chunks: string): string {
  let text = '';
  for (let at = 0; ; ) {
    const line = chunks.indexOf('\r\n', at);
    const size = Number.parseInt(chunks.slice(at, line), 16);
    if (!(size > 0)) return text;
    text += chunks.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}
