/** What the floor asks of a store. */
export interface FloorStore {
  /** Writes a code down in place of the number's last one. */
  put(phoneNumber: string, digest: string, now: number): Promise<void>;
  /** Pays a try, compares, consumes, makes the user when the number is new, and writes the session down; `null` when it was not the code. */
  consume(answer: FloorAnswer): Promise<string | null>;
  close(): Promise<void>;
}

/** A code that came back, with what is to be written when it is right. */
export interface FloorAnswer {
  readonly phoneNumber: string;
  readonly digest: string;
  readonly now: number;
  readonly newUserId: string;
  readonly refreshHash: string;
}

export const CODE_MILLISECONDS = 300_000;
export const REFRESH_MILLISECONDS: number = 30 * 86_400_000;
export const MAX_ATTEMPTS = 5;
