import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { startLoad } from './load.ts';
import { serviceOver } from './service-under-load.ts';
import { wordsFor } from './storm.ts';
import { until } from './waiting.ts';

// Serves visitors over a database file until it is killed. What was acknowledged is a line of JSON that has left before anything else happens.
const [path = '', coalesce, clients, thinkMs] = process.argv.slice(2);
const tell = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`);
const odd: unknown[] = [];
process.on('unhandledRejection', (reason) => tell({ problem: `unhandled: ${wordsFor(reason)}` }));

const service = serviceOver(sqliteStorage(new DatabaseSync(path), { coalesce: coalesce === 'true' }), { note: tell });
const load = startLoad(service, odd, { clients: Number(clients), thinkMs: Number(thinkMs) });
await until(() => load.completed() > 0 || odd.length > 0, 'a visit to be completed');
tell({ completed: load.completed() });
await until(() => odd.length > 0, 'the end', 60);
tell({ problem: odd.map(wordsFor).join('; ') });
