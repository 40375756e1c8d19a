import { createRequire } from 'node:module';
import { openDatabase, subpaths } from './package-under-test.cjs';
import { tell } from './tell.cjs';

const load = Object.fromEntries(await Promise.all(subpaths.map(async (name) => [name, await import(name)])));
const database = openDatabase();
const error = await tell(load, database && load['ringlatch/sqlite'].sqliteStorage(database));

// A copy of the package in the other module format knows the error, although `instanceof` doesn't.
const { isPhoneAuthError, PhoneAuthError } = createRequire(import.meta.url)('ringlatch');
if (!isPhoneAuthError(error, 'invalid_code') || error instanceof PhoneAuthError) throw new Error('the copies do not know each other');
