import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import type { Challenge, Purpose } from '../../src/core/challenge.ts';
import { codeOfStored, contextHashOf, digestOf } from '../../src/core/challenge.ts';
import { type CodeFields, codeOf } from '../../src/core/code.ts';
import { hashText, type Keys, keysUnder, toBase64Url } from '../../src/core/keys.ts';
import { type AttackedAuth, attackedAuth, client, phoneNumberOf, SECRET, secretNamed } from './attacked-auth.ts';
import { drawnBytes } from './drawn-bytes.ts';
import { outcomeOf, tally } from './outcomes.ts';

const PREDICTIONS = 10_000;
// Four digits, so that chance shows: of 10^4 blind guesses one is right on average, and nine or more once in a million runs.
const AT_MOST_BY_CHANCE = 8;
const own = keysOf(SECRET);
const other = keysOf(secretNamed('another one'));

describe('a code', () => {
  it('is not predicted by whoever has the secret and the whole API, but no row', async () => {
    const { auth, codes } = fourDigits();
    let right = 0;
    let lastCode = '0000';
    for (let index = 0; index < PREDICTIONS; index++) {
      const victim = await requested(auth, index);
      const seeds = seedsWithoutRows(victim.id);
      const seed = seeds[index % (seeds.length + 1)];
      const guess = seed === undefined ? lastCode : codeOf(own, { ...victim, seed });
      const outcome = await outcomeOf(auth.validateVerificationCode({ challengeId: victim.id, code: guess, purpose: 'sign-in', client }));
      if (outcome.is === 'answered') right++;
      else expect(outcome.why).toBe('invalid_code: wrong');
      lastCode = codes.get(victim.id) ?? '';
    }
    expect(right).toBeLessThanOrEqual(AT_MOST_BY_CHANCE);
  });

  it('is not predicted by whoever has the rows, but another secret', async () => {
    const { auth, codes, rows } = fourDigits();
    for (let index = 0; index < PREDICTIONS; index++) await requested(auth, index);
    const dump = rows();
    expect(dump).toHaveLength(PREDICTIONS);
    const right = dump.filter((row) => codeOf(other, row) === codes.get(row.id));
    expect(right.length).toBeLessThanOrEqual(AT_MOST_BY_CHANCE);
    expect(dump.filter((row) => codeOfStored([other], row, null) !== null)).toEqual([]);
  });

  it('is not found by trying every code against the digest of a row under another secret', async () => {
    const { auth, codes, rows } = fourDigits();
    await requested(auth, 1);
    const [row] = rows() as [Challenge];
    const every = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(4, '0'));
    const matching = (keys: Keys) => every.filter((code) => digestOf(keys, { ...row, code }) === row.digest);
    expect(matching(other)).toEqual([]);
    expect(matching(own)).toEqual([codes.get(row.id)]);
  });

  it('is what secret and row together give: the predictions above are made the right way', async () => {
    const { auth, codes, rows } = fourDigits();
    for (let index = 0; index < 100; index++) await requested(auth, index);
    expect(rows().filter((row) => codeOf(own, row) === codes.get(row.id))).toHaveLength(100);
  });
});

describe('whoever can write rows, but lacks the secret', { timeout: 60_000 }, () => {
  const columns = [
    'phone_key',
    'phone_number',
    'purpose',
    'user_id',
    'context_hash',
    'reference',
    'seed',
    'digest',
    'code_length',
  ] as const;
  // What a code is bound to. The phone_key stands in the id too, which is bound.
  const bound: ReadonlySet<string> = new Set(columns.slice(1));
  const subsets = Array.from({ length: 2 ** columns.length }, (_, bits) => columns.filter((_column, at) => (bits >> at) & 1));

  it('gets nothing from rows of which any part was copied from another challenge', async () => {
    const { mine, theirs, rewrite, redeemAs } = await twoChallenges();
    let accepted = 0;
    for (const copied of subsets) {
      for (const presented of [mine, theirs]) {
        rewrite(mine.id, theirs.id, copied);
        const outcome = await redeemAs(mine.id, mine.code, presented);
        if (outcome.is === 'refused') continue;
        accepted++;
        expect(copied.filter((column) => bound.has(column))).toEqual([]);
        expect(outcome.answer).toMatchObject({ phoneNumber: mine.phoneNumber, purpose: mine.purpose, userId: mine.userId });
      }
    }
    // the row as it was, and with the other phone_key
    expect(accepted).toBe(2);
  });

  it('cannot give another challenge the code that they know', async () => {
    const { mine, theirs, rewrite, redeemAs } = await twoChallenges();
    for (const copied of subsets) {
      for (const presented of [mine, theirs]) {
        rewrite(theirs.id, mine.id, copied);
        expect(await redeemAs(theirs.id, mine.code, presented)).toMatchObject({ is: 'refused' });
      }
    }
    rewrite(theirs.id, mine.id, []);
    expect(await redeemAs(theirs.id, theirs.code, theirs)).toMatchObject({ is: 'answered' });
  });

  it('cannot move their whole row under the id of another challenge, nor make a decoy redeemable', async () => {
    const { mine, theirs, database, redeemAs } = await twoChallenges();
    database.exec(`DELETE FROM ringlatch_challenges WHERE id = '${theirs.id}'`);
    database.exec(`UPDATE ringlatch_challenges SET id = '${theirs.id}' WHERE id = '${mine.id}'`);
    for (const presented of [mine, theirs]) expect(await redeemAs(theirs.id, mine.code, presented)).toMatchObject({ is: 'refused' });

    const { auth, rows, database: second } = fourDigits();
    const { challengeId: decoy } = await auth.requestCode({ phoneNumber: phoneNumberOf(1), purpose: 'login', client });
    expect(rows()).toMatchObject([{ id: decoy, digest: null }]);
    second.exec(`UPDATE ringlatch_challenges SET digest = '${digestOf(other, { ...(rows()[0] as Challenge), code: '1234' })}'`);
    for (let guess = 0; guess < 3; guess++) {
      expect(tally([await outcomeOf(auth.loginWithCode({ challengeId: decoy, code: `123${guess}`, client }))])).toEqual({
        'invalid_code: wrong': 1,
      });
    }
  });

  it('cannot invent a proof, nor point their own at another number', async () => {
    const { auth, codes, database } = fourDigits();
    const { challengeId } = await auth.requestCode({ phoneNumber: phoneNumberOf(1), client });
    const { proof } = await auth.validateVerificationCode({ challengeId, code: codes.get(challengeId) ?? '', purpose: 'sign-in', client });
    const victim = await auth.requestCode({ phoneNumber: phoneNumberOf(2), client });
    const invented = victim.challengeId.slice(0, 16) + toBase64Url(new Uint8Array(32).fill(7));
    database
      .prepare(
        `INSERT INTO ringlatch_proofs SELECT ?, c.phone_key, c.phone_number, p.purpose, p.user_id, p.context, p.context_hash, p.reference, p.profile, p.expires_at
          FROM ringlatch_proofs p, ringlatch_challenges c WHERE c.id = ?`,
      )
      .run(hashText(invented), victim.challengeId);
    expect(tally([await outcomeOf(auth.signInWithCode({ proof: invented, client }))])).toEqual({ invalid_proof: 1 });
    database.prepare('UPDATE ringlatch_proofs SET phone_number = ?').run(phoneNumberOf(2));
    expect(tally([await outcomeOf(auth.signInWithCode({ proof, client }))])).toEqual({ invalid_proof: 1 });
  });

  it("cannot make their session another user's", async () => {
    const { auth, codes, database } = fourDigits();
    const signIn = async (index: number) => {
      const { challengeId } = await auth.requestCode({ phoneNumber: phoneNumberOf(index), client });
      return auth.signInWithCode({ challengeId, code: codes.get(challengeId) ?? '', client });
    };
    const [mine, theirs] = [await signIn(1), await signIn(2)];
    const columns = ['user_id', 'user_key'].map(
      (column) => `${column} = (SELECT ${column} FROM ringlatch_sessions WHERE id = '${theirs.sessionId}')`,
    );
    database.exec(`UPDATE ringlatch_sessions SET ${columns.join(', ')} WHERE id = '${mine.sessionId}'`);
    const refreshed = await auth.refreshSession({ refreshToken: mine.refreshToken, client });
    expect(refreshed.userId).toBe(mine.userId);
    expect(await auth.verifyAccessToken({ accessToken: refreshed.accessToken })).toMatchObject({ userId: mine.userId });
  });
});

/** What somebody who knows the secret may try in place of a seed; beside these they try the code that the request before theirs was sent. */
function seedsWithoutRows(challengeId: string): readonly string[] {
  return ['', toBase64Url(new Uint8Array(32)), challengeId, challengeId.slice(16), SECRET, toBase64Url(drawnBytes(challengeId)(32))];
}

function keysOf(secret: string): Keys {
  return keysUnder(Uint8Array.from(Buffer.from(secret, 'hex')));
}

/** The fields of a code but the seed, as its requester knows them. */
async function requested(auth: AttackedAuth['auth'], index: number): Promise<Omit<CodeFields, 'seed'>> {
  const { challengeId: id, phoneNumber, codeLength } = await auth.requestCode({ phoneNumber: phoneNumberOf(index), client });
  return { id, purpose: 'sign-in', phoneNumber, userId: null, contextHash: null, codeLength };
}

function fourDigits() {
  const database = new DatabaseSync(':memory:');
  const codes = new Map<string, string>();
  const { auth } = attackedAuth(sqliteStorage(database), {
    code: { length: 4, resendAfterSeconds: [0] },
    maxGuessProbabilityPerDay: 0.9,
    limits: { smsPerDay: 1_000_000, guessesPerNumber: [{ max: 5000, windowSeconds: 86_400 }] },
    random: drawnBytes('four digits'),
    sms: async (message) => void codes.set(message.challengeId, message.code),
  });
  const select = database.prepare(`SELECT id, phone_key AS phoneKey, phone_number AS phoneNumber, purpose, user_id AS userId, context,
    context_hash AS contextHash, reference, seed, digest, code_length AS codeLength FROM ringlatch_challenges`);
  return { auth, codes, database, rows: () => select.all() as unknown as readonly Challenge[] };
}

interface Known {
  readonly id: string;
  readonly code: string;
  readonly phoneNumber: string;
  readonly purpose: Purpose;
  readonly userId: string;
  readonly context: string;
  readonly reference: string;
}

/** A challenge of the attacker and one of a victim that differ in everything that a code is bound to. */
async function twoChallenges() {
  const { auth, codes, database } = fourDigits();
  const request = async (phoneNumber: string, purpose: Purpose, word: string): Promise<Known> => {
    const given = { phoneNumber, purpose, userId: `user ${word}`, context: `context ${word}`, reference: `reference ${word}` };
    const { challengeId: id } = await auth.requestCode({ ...given, client });
    return { ...given, id, code: codes.get(id) ?? '' };
  };
  const mine = await request(phoneNumberOf(1), 'sign-in', 'of the attacker');
  const theirs = await request(phoneNumberOf(2), 'verify', 'of the victim');
  database.exec(`UPDATE ringlatch_challenges SET code_length = 6 WHERE id = '${theirs.id}'`);
  const longer = { ...theirs, contextHash: contextHashOf(theirs.context), codeLength: 6 };
  const { seed } = database.prepare('SELECT seed FROM ringlatch_challenges WHERE id = ?').get(theirs.id) as { seed: string };
  const code = codeOf(own, { ...longer, seed });
  database.prepare('UPDATE ringlatch_challenges SET digest = ? WHERE id = ?').run(digestOf(own, { ...longer, code }), theirs.id);
  database.exec('CREATE TABLE originals AS SELECT * FROM ringlatch_challenges');

  // Both rows as they were, then some columns of one over those of the other.
  const rewrite = (into: string, from: string, copied: readonly string[]): void => {
    database.exec(
      'DELETE FROM ringlatch_challenges; INSERT INTO ringlatch_challenges SELECT * FROM originals; DELETE FROM ringlatch_counters',
    );
    if (copied.length === 0) return;
    const source = `(SELECT ${copied.join(', ')} FROM originals WHERE id = ?)`;
    database.prepare(`UPDATE ringlatch_challenges SET (${copied.join(', ')}) = ${source} WHERE id = ?`).run(from, into);
  };
  const redeemAs = (challengeId: string, guess: string, { purpose, userId, context, reference }: Known) =>
    outcomeOf(auth.validateVerificationCode({ challengeId, code: guess, purpose, userId, context, reference, client }));
  return { mine, theirs: { ...theirs, code }, database, rewrite, redeemAs };
}
