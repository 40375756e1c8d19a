import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { serveStores } from '../conformance/processes.ts';
import { DRIVER_NAMES, DRIVERS } from './sqlite-drivers.ts';

// A process of its own on database files; the drivers take turns, so that both meet on one file.
serveStores((path, index) => sqliteStorage(DRIVERS[DRIVER_NAMES[index % DRIVER_NAMES.length] ?? 'node:sqlite'](path)));
