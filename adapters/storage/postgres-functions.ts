import { dollarQuoted } from './postgres-text.ts';

// Verbs that were changed so much that the release before could not call them: it fails aloud instead.
const VERSIONS: Readonly<Record<string, number>> = { issue: 3, redeem: 3, take: 3, clear: 2, create_session: 3, rotate_session: 3 };

/** The function of a verb. */
export function functionOf(verb: string, version: number = VERSIONS[verb] ?? 1): string {
  return `${verb}_v${version}`;
}

/**
 * A verb: one JSON document in, one out. Called alone it is one transaction. It finds the tables by the search path of the migration, which it
 * keeps; its plans are made once and use the indexes, however small the tables were when they were made.
 */
export function verb(name: string, declarations: string, statements: string, version = 1): string {
  return step(`${functionOf(name, version)}(doc jsonb) returns jsonb`, declarations, statements);
}

/** What joined verbs call as they would a verb, with arguments that need not become JSON. */
export function step(signature: string, declarations: string, statements: string): string {
  return `
    create function ${signature} language plpgsql volatile
      set search_path from current set enable_seqscan = off set plan_cache_mode = force_generic_plan
      as ${dollarQuoted(plpgsql(declarations, statements))};`;
}

/** A part of verbs; it runs under their settings. */
export function part(signature: string, declarations: string, statements: string): string {
  return `
    create function ${signature} language plpgsql volatile as ${dollarQuoted(plpgsql(declarations, statements))};`;
}

/** An expression with a name; the planner puts it where it is used. */
export function expression(signature: string, text: string): string {
  return `
    create function ${signature} language sql immutable as ${dollarQuoted(`select ${text}`)};`;
}

/** What a verb that writes begins with: nothing, where the server is set as it must be. A statement that is not needed costs more than a question. */
export const DURABLY: string = `if not is_durable_v3() then
          perform durable_v1();
        end if;`;

function plpgsql(declarations: string, statements: string): string {
  return `
      declare
        ${declarations}
      begin
        ${statements}
      end`;
}
