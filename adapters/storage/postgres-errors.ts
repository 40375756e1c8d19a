// By class of SQLSTATE: what is wrong with a value, a row, a name or the order of locks ends a transaction before its commit. Whether a
// connection, a cancel or a server that stops did so, nobody can say.
const UNDONE = /^(?:22|23|42|54|P0)...$|^(?:40001|40P01|55P03)$/;

/** Whether an error of PostgreSQL says that nothing has happened. */
export function isUndone(error: unknown): boolean {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { readonly code?: unknown };
  return typeof code === 'string' && UNDONE.test(code);
}
