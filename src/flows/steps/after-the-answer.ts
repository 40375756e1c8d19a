/** Where work begins that nobody waits for: a store that works at once, such as SQLite, would else hold the answer up. */
export function afterTheAnswer(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
