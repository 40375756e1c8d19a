/**
 * Milliseconds that an expired challenge or session is still known, so that a late caller hears `expired` and a late retry of an idempotent
 * request sends nothing. After that it answers as unknown, whether it was swept or not: answers never depend on sweeping.
 */
export const RETENTION_MS = 86_400_000;
