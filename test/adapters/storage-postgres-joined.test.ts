import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate, postgresStorage } from '../../adapters/storage/postgres.ts';
import { userKeyOf } from '../../src/core/session.ts';
import { NOW } from '../conformance/case.ts';
import { issueInput, redeemInput, someChallenge, someHit, someProof } from '../conformance/challenge-fixture.ts';
import { accountIn, issuedTo, sessionsOf, signInInput, someDraft, wanted } from '../conformance/joined-fixture.ts';
import { rotation } from '../conformance/session-fixture.ts';
import { someNumber } from '../conformance/user-fixture.ts';
import { counted, emptied } from './postgres-databases.ts';

const MAPPING = { table: 'people', id: 'id', phoneNumber: 'phone', phoneNumberVerifiedAt: 'proved', profile: { name: 'name' } } as const;

let db: PGlite;
beforeAll(async () => {
  db = new PGlite();
  await migrate(db, { unique: ['handle'] });
});
beforeEach(() => emptied(db, 'ringlatch'));
afterAll(() => db.close());

async function people(columns: string): Promise<void> {
  await db.exec(`drop table if exists people;
    create table people (id bigint generated always as identity primary key, phone text unique, name text, ${columns})`);
}

describe('joined verbs on Postgres', () => {
  it('are one statement each', async () => {
    const { database, trips } = counted(db);
    const { joined } = postgresStorage(database);
    const sound = postgresStorage(db).joined;
    const user = await accountIn(sound, {}, { passwordHash: 'hash' });
    const hits = [someHit({ key: '{203.0.113.7}sends' }), someHit({ key: '{system}sms', max: 1000 })];
    const challenge = someChallenge({ phoneNumber: user.phoneNumber });
    const [known, unknown] = [await issuedTo(sound, { phoneNumber: user.phoneNumber }), await issuedTo(sound)];
    const pass = { userId: user.id, clears: ['{a}b'], draft: someDraft(), maxPerUser: 20, userKeyOf, now: NOW };
    const verbs: readonly (() => Promise<unknown>)[] = [
      () => joined.issue({ issue: issueInput(challenge, { hits }), expects: 'known' }),
      () => joined.signIn(signInInput(known, {}, { session: wanted({ renewAfterMs: 0, maxPerUser: 1 }) })),
      () => joined.signIn(signInInput(unknown, {})),
      () => joined.refresh({ userId: user.id, checksDisabled: true, rotate: rotation({ id: 'nobody', currentHash: '' }) }),
      async () => joined.tryPassword?.({ take: { hits, cooldown: null, now: NOW }, phoneNumber: user.phoneNumber }),
      async () => joined.passPassword?.({ ...pass, expectedHash: 'hash' }),
    ];
    for (const [index, verb] of verbs.entries()) {
      await verb();
      expect(trips.length, String(verb)).toBe(index + 1);
    }
  });

  it('hold texts that PostgreSQL has no room for where they are their own, and say which profile has one', async () => {
    const { joined, users } = postgresStorage<{ name: string }>(db);
    for (const [text, isStorable] of [
      ['a\0b', false],
      ['\ud800', false],
      ['\u0001', true],
      ['\u00010000', true],
      ['\\u0000', true],
      ['"\u2028🙂', true],
    ] as const) {
      const profile = { name: text };
      const draft = { ...someDraft(), userAgent: text };
      const challenge = await issuedTo(joined, { reference: text });
      const { account, opened } = await joined.signIn(signInInput(challenge, profile, { session: wanted({ draft }) }));
      expect(account).toMatchObject(
        isStorable ? { is: 'created', user: { profile } } : { is: 'refused', issues: [{ path: 'profile.name' }] },
      );
      if (account.is === 'created') {
        expect(await users.findById({ userId: account.user.id })).toEqual(account.user);
        const kept = await joined.sessions.find({ sessionId: opened?.session.id ?? '', now: NOW });
        expect([opened?.session.userAgent, kept?.userAgent]).toEqual([text, text]);
      }
      // beside a challenge it waits for whoever can tell
      const stored = await issuedTo(joined, { profile: JSON.stringify(profile) });
      const later = await joined.signIn(signInInput(stored, { name: 'ignored' }, { create: { profile: { name: '' }, orStored: true } }));
      expect(['created', 'absent']).toContain(later.account.is);
      if (later.account.is === 'created') expect(later.account.user.profile).toEqual(profile);
      const refreshed = await joined.refresh({ userId: text, checksDisabled: true, rotate: rotation({ id: text, currentHash: text }) });
      expect(refreshed).toEqual({ user: null, rotated: null });
    }
  });

  it('say which field of a profile is taken, or leave it to the verb to say that nothing keeps it unique', async () => {
    const { joined } = postgresStorage<{ handle: string }>(db, { unique: ['handle'] });
    await accountIn(joined, { handle: 'ada' });
    const signUp = async (handle: string, orStored = false) => {
      const challenge = await issuedTo(joined, { profile: orStored ? JSON.stringify({ handle }) : null });
      const create = { profile: orStored ? { handle: '' } : { handle }, orStored };
      return (await joined.signIn(signInInput(challenge, { handle }, { create }))).account;
    };
    const taken = { is: 'refused', issues: [{ path: 'profile.handle', message: 'This value is taken.' }] };
    expect([await signUp('ada'), await signUp('ada', true)]).toEqual([taken, taken]);
    expect([await signUp('bob'), await signUp('eve', true)]).toMatchObject([{ is: 'created' }, { user: { profile: { handle: 'eve' } } }]);
    const { joined: loose } = postgresStorage<{ name: string }>(db, { unique: ['name'] });
    const { account } = await loose.signIn(signInInput(await issuedTo(loose), { name: 'Ada' }));
    expect(account).toEqual({ is: 'absent' });
  });

  it('leave an account whose table fails to the caller, who still has an accepted code', async () => {
    await people('proved bigint, city text not null');
    const { joined } = postgresStorage<{ name: string }>(db, { users: MAPPING });
    for (const [accounts, is] of [
      ['either', 'absent'],
      ['new', 'left'],
    ] as const) {
      const challenge = await issuedTo(joined);
      const proof = someProof();
      const redeem = redeemInput(challenge, { proof });
      const { redeemed, account, opened } = await joined.signIn(signInInput(challenge, { name: 'Ada' }, { redeem, accounts }));
      expect([redeemed.is, account, opened]).toEqual(['accepted', { is }, null]);
      expect((await joined.challenges.redeem(redeem)).is).toBe('used');
      const phoneNumber = someNumber();
      await expect(joined.users.create({ phoneNumber, profile: { name: 'Ada' }, passwordHash: null, now: NOW })).rejects.toThrow('city');
    }
  });

  it('take nobody for dormant, or not, whose time they cannot read', async () => {
    await people('proved text');
    const { joined } = postgresStorage<{ name: string }>(db, { users: MAPPING });
    for (const [proved, isOpen] of [
      ['Fri, 01 Jan 2027 00:00:00 GMT', false],
      ['2027-01-01T00:00:00.123456+00:00', true],
      ['2027-01-10', true],
      ['2020-01-01T00:00:00', false],
      ['', true],
      [String(NOW), true],
    ] as const) {
      const user = await accountIn(joined, { name: 'Ada' });
      await db.query('update people set proved = $1 where phone = $2', [proved, user.phoneNumber]);
      const challenge = await issuedTo(joined, { phoneNumber: user.phoneNumber });
      const { account, opened } = await joined.signIn(signInInput(challenge, { name: 'Ada' }));
      expect([proved, account.is, opened !== null]).toEqual([proved, 'found', isOpen]);
      expect((await sessionsOf(joined, user.id)).length).toBe(isOpen ? 1 : 0);
    }
  });

  it('say what to run where their functions are missing', async () => {
    const schema = 'of the version before';
    await migrate(db, { schema });
    await db.exec(`drop function "${schema}".sign_in_v1`);
    const { joined } = postgresStorage(db, { schema });
    const challenge = await issuedTo(joined);
    await expect(joined.signIn(signInInput(challenge, {}))).rejects.toThrow(/Run migrate/);
  });
});
