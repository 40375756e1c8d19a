// One draw of so many costs little more than one of 16, and a sign-in needs several.
const POOL_BYTES = 1024;

/** A source of random bytes that draws some ahead. Those that are handed out are forgotten here; those that are not die with the process. */
export function drawAhead(): (bytes: number) => Uint8Array {
  let pool = new Uint8Array();
  let taken = 0;
  return (bytes) => {
    if (bytes > POOL_BYTES) return crypto.getRandomValues(new Uint8Array(bytes));
    if (taken + bytes > pool.length) {
      pool = crypto.getRandomValues(new Uint8Array(POOL_BYTES));
      taken = 0;
    }
    const drawn = pool.slice(taken, taken + bytes);
    pool.fill(0, taken, taken + bytes);
    taken += bytes;
    return drawn;
  };
}
