import assert from 'node:assert/strict';
import type { NewSession, Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText } from './case.ts';
import { rotateCases } from './rotate-cases.ts';
import { DAY, opened, rotation, someSession, someUser } from './session-fixture.ts';

/** What every session store must and should do, by verb. */
export function sessionStoreCases(open: Open<SessionStore>, options: RaceOptions = {}): readonly ConformanceCase[] {
  return [lifeCases, rotateCases].flatMap((cases) => cases(open, options));
}

// Every verb but `rotate`.
function lifeCases(open: Open<SessionStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
    conformance('S-CREATE-01', 'MUST keep every field of a new session, at generation 0', async ({ store }) => {
      const full = someSession({ userId: "u'1 🙂", userAgent: 'Mozilla "5.0" \\ é', ip: '2001:db8::1', amr: 'sms pwd' });
      for (const session of [full, someSession()]) {
        assert.deepEqual(await store.create({ session, maxPerUser: 20, now: NOW }), { evicted: [] });
        const kept = { ...session, generation: 0, previousHash: null, rotatedAt: null };
        assert.deepEqual(await store.find({ sessionId: session.id, now: NOW }), kept);
      }
    }),
    conformance('S-CREATE-02', "MUST evict the user's oldest sessions beyond maxPerUser, and nobody else's", async ({ store }) => {
      const owner = someUser();
      const stranger = await opened(store);
      const sessions: NewSession[] = [];
      for (const age of [3, 5, 1, 4, 2]) sessions.push(await opened(store, { ...owner, createdAt: NOW - age * 1000 }));
      const [third, fifth, first, fourth, second] = sessions.map((session) => session.id);
      const latest = someSession(owner);
      const { evicted } = await store.create({ session: latest, maxPerUser: 3, now: NOW });
      assert.deepEqual(evicted.toSorted(), [fifth, fourth, third].map(String).toSorted());
      for (const sessionId of evicted) {
        assert.equal(await store.find({ sessionId, now: NOW }), null);
        assert.equal((await store.rotate(rotation({ id: sessionId, currentHash: '' }))).is, 'gone');
      }
      const alive = (await store.listOf({ ...owner, now: NOW })).map((session) => session.id);
      assert.deepEqual(alive, [latest.id, first, second]);
      assert.ok(await store.find({ sessionId: stranger.id, now: NOW }));
    }),
    conformance('S-CREATE-03', 'MUST count live sessions only', async ({ store }) => {
      const owner = someUser();
      await opened(store, { ...owner, createdAt: NOW - 4, idleExpiresAt: NOW });
      await opened(store, { ...owner, createdAt: NOW - 3, absoluteExpiresAt: NOW });
      const revoked = await opened(store, { ...owner, createdAt: NOW - 2 });
      assert.equal(await store.revoke({ sessionId: revoked.id, now: NOW }), true);
      const alive = await opened(store, { ...owner, createdAt: NOW - 1 });
      assert.deepEqual(await store.create({ session: someSession(owner), maxPerUser: 2, now: NOW }), { evicted: [] });
      assert.deepEqual(await store.create({ session: someSession(owner), maxPerUser: 2, now: NOW }), { evicted: [alive.id] });
    }),
    conformance(
      'S-CREATE-04',
      'MUST never leave more than maxPerUser alive when creations race',
      async ({ store, race, rounds, parallel }) => {
        await rounds(async () => {
          const owner = someUser();
          const sessions = Array.from({ length: parallel }, () => someSession(owner));
          const answers = await race((peer, index) =>
            peer.create({ session: sessions[index] ?? someSession(owner), maxPerUser: 5, now: NOW }),
          );
          const alive = (await store.listOf({ ...owner, now: NOW })).map((session) => session.id);
          assert.equal(alive.length, 5);
          const all = [...answers.flatMap((answer) => answer.evicted), ...alive];
          assert.deepEqual(all.toSorted(), sessions.map((session) => session.id).toSorted());
        });
      },
    ),
    conformance('S-FIND-01', 'MUST find live sessions only', async ({ store }) => {
      const idle = await opened(store, { idleExpiresAt: NOW + 5 });
      const absolute = await opened(store, { absoluteExpiresAt: NOW + 5 });
      for (const sessionId of [idle.id, absolute.id]) {
        assert.equal((await store.find({ sessionId, now: NOW + 4 }))?.id, sessionId);
        assert.equal(await store.find({ sessionId, now: NOW + 5 }), null);
      }
      for (const sessionId of ['', '*', '__proto__', "' OR 1=1 --", randomText(28)]) {
        assert.equal(await store.find({ sessionId, now: NOW }), null);
      }
    }),
    conformance('S-REVOKE-01', 'MUST end a live session once', async ({ store, race, rounds }) => {
      const expired = await opened(store, { idleExpiresAt: NOW });
      assert.equal(await store.revoke({ sessionId: expired.id, now: NOW }), false);
      assert.equal(await store.revoke({ sessionId: randomText(28), now: NOW }), false);
      await rounds(async () => {
        const session = await opened(store);
        const answers = await race((peer) => peer.revoke({ sessionId: session.id, now: NOW }));
        assert.equal(answers.filter(Boolean).length, 1);
        assert.equal(await store.find({ sessionId: session.id, now: NOW }), null);
      });
    }),
    conformance('S-REVOKEALL-01', 'MUST end every live session of the user but one, and count them', async ({ store }) => {
      const owner = someUser();
      const stranger = await opened(store);
      const [kept, ...others] = [await opened(store, owner), await opened(store, owner), await opened(store, owner)];
      await opened(store, { ...owner, idleExpiresAt: NOW });
      assert.equal(await store.revokeAllOf({ ...owner, exceptSessionId: kept.id, now: NOW }), 2);
      assert.deepEqual((await store.listOf({ ...owner, now: NOW })).map(idOf), [kept.id]);
      for (const session of others) assert.equal((await store.rotate(rotation(session))).is, 'gone');
      assert.equal(await store.revokeAllOf({ ...owner, exceptSessionId: stranger.id, now: NOW }), 1);
      assert.equal(await store.revokeAllOf({ ...owner, exceptSessionId: null, now: NOW }), 0);
      assert.ok(await store.find({ sessionId: stranger.id, now: NOW }));
    }),
    conformance('S-LIST-01', "MUST list the user's live sessions, newest first", async ({ store }) => {
      const owner = someUser();
      await opened(store);
      const sessions: Session[] = [];
      for (const age of [2, 3, 1]) sessions.push(await opened(store, { ...owner, createdAt: NOW - age }));
      await opened(store, { ...owner, absoluteExpiresAt: NOW });
      const [second, third, first] = sessions;
      assert.deepEqual(await store.listOf({ ...owner, now: NOW }), [first, second, third]);
      assert.deepEqual(await store.listOf({ ...someUser(), now: NOW }), []);
    }),
    conformance('S-SWEEP-01', 'MUST delete dead sessions only, at most max, and come to an end', async ({ store }) => {
      const alive = await opened(store, { idleExpiresAt: NOW + 500 * DAY, absoluteExpiresAt: NOW + 500 * DAY });
      for (let count = 0; count < 10; count++) await opened(store);
      const now = NOW + 400 * DAY;
      let removed = -1;
      for (let calls = 0; removed !== 0; calls++) {
        removed = await store.sweep({ now, max: 3 });
        assert.ok(removed >= 0 && removed <= 3);
        assert.ok(calls < 100);
      }
      assert.deepEqual(await store.find({ sessionId: alive.id, now }), alive);
    }),
    conformance('S-SWEEP-02', 'MUST answer alike whether it is swept or not', async ({ store }) => {
      const answers = async (isSwept: boolean): Promise<readonly string[]> => {
        const seen: string[] = [];
        for (const after of [0, 1, DAY, 100 * DAY]) {
          const session = await opened(store, { idleExpiresAt: NOW + 1000 });
          const now = NOW + 1000 + after;
          if (isSwept) await store.sweep({ now, max: 1_000_000 });
          seen.push((await store.rotate(rotation(session, { now }))).is);
        }
        return seen;
      };
      assert.deepEqual(await answers(true), await answers(false));
    }),
  ];
}

function idOf(session: Session): string {
  return session.id;
}
