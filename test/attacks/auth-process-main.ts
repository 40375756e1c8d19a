import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { attackedAuth } from './attacked-auth.ts';
import type { Order, Report } from './auth-process.ts';
import { race } from './outcomes.ts';
import { type Driver, openDatabase } from './stores.ts';

const [driver = '', path = ''] = process.argv.slice(2);
const codes: Record<string, string> = {};
const { auth } = attackedAuth(sqliteStorage(openDatabase(driver as Driver, path)), {
  sms: async (message) => {
    codes[message.challengeId] = message.code;
  },
});

function report(content: Report): void {
  process.send?.(content);
}

process.on('message', async (message) => {
  const { order, call, input, parallel } = message as Order;
  const run = auth[call] as (input: object) => Promise<unknown>;
  report({ order, outcomes: await race(parallel, () => run(input)), codes });
});
report({ order: -1, outcomes: [], codes });
