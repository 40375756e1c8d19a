import { functionOf } from './postgres-functions.ts';
import { dollarQuoted } from './postgres-text.ts';

const VERSION = 3;

/** The function of a verb for many at once. */
export function batchFunctionOf(verb: string): string {
  return functionOf(verb, VERSION);
}

/** Plans go from each element of a list to its rows by an index, also those that were made when the tables were small. */
export const DIRECT_PLANS: string = `set search_path from current set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
      set plan_cache_mode = force_generic_plan`;

/** A verb for many at once: a list in, a list out. */
export function batchFunction(verb: string, answers: 'jsonb' | 'text', declarations: string, statements: string): string {
  return `
    create function ${batchFunctionOf(verb)}(doc jsonb) returns ${answers} language plpgsql volatile ${DIRECT_PLANS}
      as ${dollarQuoted(`
      declare
        ${declarations}
      begin
        ${statements}
      end`)};`;
}
