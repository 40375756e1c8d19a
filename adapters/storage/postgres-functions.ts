import { dollarQuoted } from './postgres-text.ts';

// Verbs that were changed so much that the release before could not call them: it fails aloud instead.
const VERSIONS: Readonly<Record<string, number>> = { issue: 3, redeem: 3, take: 3, clear: 2 };

/** The function of a verb. */
export function functionOf(verb: string, version: number = VERSIONS[verb] ?? 1): string {
  return `${verb}_v${version}`;
}

/**
 * A verb: one JSON document in, one out. Called alone it is one transaction. It finds the tables by the search path of the migration, which it
 * keeps; its plans are made once and use the indexes, however small the tables were when they were made.
 */
export function verb(name: string, declarations: string, statements: string, version = 1): string {
  return `
    create function ${functionOf(name, version)}(doc jsonb) returns jsonb language plpgsql volatile
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

function plpgsql(declarations: string, statements: string): string {
  return `
      declare
        ${declarations}
      begin
        ${statements}
      end`;
}
