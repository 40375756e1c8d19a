import assert from 'node:assert/strict';
import type { NewSession, Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText, tally } from './case.ts';

type Rotate = Parameters<SessionStore['rotate']>[0];

const DAY = 86_400_000;

/** What every session store must and should do, by verb. */
export function sessionStoreCases(open: Open<SessionStore>, options: RaceOptions = {}): readonly ConformanceCase[] {
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
    conformance('S-ROTATE-01', 'MUST rotate when the current hash is presented', async ({ store }) => {
      const session = await opened(store);
      const first = await store.rotate(rotation(session, { nextHash: 'h1', now: NOW + 1000, idleExpiresAt: NOW + DAY }));
      const rotated = { ...session, currentHash: 'h1', previousHash: session.currentHash, generation: 1, rotatedAt: NOW + 1000 };
      assert.deepEqual(first, { is: 'rotated', session: { ...rotated, idleExpiresAt: NOW + DAY } });
      assert.deepEqual(await store.find({ sessionId: session.id, now: NOW + 1000 }), first.session);
      const second = await store.rotate(rotation(first.session, { nextHash: 'h2', now: NOW + 1001 }));
      assert.equal(second.is, 'rotated');
      assert.deepEqual([second.session.generation, second.session.previousHash, second.session.currentHash], [2, 'h1', 'h2']);
    }),
    conformance('S-ROTATE-02', 'MUST replay the previous hash until graceSeconds are over, and write nothing', async ({ store }) => {
      const session = await opened(store);
      const rotated = await store.rotate(rotation(session, { nextHash: 'h1' }));
      assert.equal(rotated.is, 'rotated');
      for (const now of [NOW, NOW + 29_999]) {
        const again = await store.rotate(rotation(session, { nextHash: 'h1', now, idleExpiresAt: NOW + 9 * DAY }));
        assert.deepEqual(again, { is: 'replayed', session: rotated.session });
      }
      assert.deepEqual(await store.find({ sessionId: session.id, now: NOW }), rotated.session);
      assert.deepEqual(await store.rotate(rotation(session, { now: NOW + 30_000 })), { is: 'reused' });
    }),
    conformance('S-ROTATE-03', 'MUST NOT let replays prolong the grace', async ({ store }) => {
      const session = await opened(store);
      for (const now of [NOW, NOW + 20_000]) await store.rotate(rotation(session, { nextHash: 'h1', now }));
      assert.equal((await store.rotate(rotation(session, { now: NOW + 40_000 }))).is, 'reused');
    }),
    conformance('S-ROTATE-04', 'MUST call an older generation reused, also within the grace', async ({ store }) => {
      for (const onReuse of ['revoke', 'reject'] as const) {
        const session = await opened(store);
        const first = await store.rotate(rotation(session, { nextHash: 'h1' }));
        assert.equal(first.is, 'rotated');
        const second = await store.rotate(rotation(first.session, { nextHash: 'h2' }));
        assert.equal(second.is, 'rotated');
        assert.equal((await store.rotate(rotation(session, { onReuse }))).is, 'reused');
        const after = await store.rotate(rotation(second.session, { nextHash: 'h3' }));
        assert.equal(after.is, onReuse === 'revoke' ? 'gone' : 'rotated');
      }
    }),
    conformance(
      'S-ROTATE-05',
      'MUST end the session in the same step on reuse with revoke, and keep it whole with reject',
      async ({ store }) => {
        const rejected = await opened(store);
        assert.equal((await store.rotate(rotation(rejected, { presentedHash: randomText(32), onReuse: 'reject' }))).is, 'reused');
        assert.deepEqual(await store.find({ sessionId: rejected.id, now: NOW }), rejected);
        const revoked = await opened(store);
        assert.equal((await store.rotate(rotation(revoked, { presentedHash: randomText(32) }))).is, 'reused');
        assert.equal(await store.find({ sessionId: revoked.id, now: NOW }), null);
        assert.deepEqual(await store.rotate(rotation(revoked)), { is: 'gone' });
        assert.equal(await store.revoke({ sessionId: revoked.id, now: NOW }), false);
      },
    ),
    conformance('S-ROTATE-06', 'MUST answer gone for unknown and revoked sessions', async ({ store }) => {
      assert.deepEqual(await store.rotate(rotation({ id: randomText(28), currentHash: 'h' })), { is: 'gone' });
      const session = await opened(store);
      await store.revoke({ sessionId: session.id, now: NOW });
      assert.deepEqual(await store.rotate(rotation(session)), { is: 'gone' });
    }),
    conformance('S-ROTATE-07', 'MUST refuse from either expiry on, and never revive', async ({ store }) => {
      for (const end of ['idleExpiresAt', 'absoluteExpiresAt'] as const) {
        const session = await opened(store, { [end]: NOW + 100 });
        assert.deepEqual(await store.rotate(rotation(session, { now: NOW + 100, presentedHash: 'other' })), { is: 'expired' });
        assert.deepEqual(await store.rotate(rotation(session, { now: NOW + 100 })), { is: 'expired' });
        assert.equal((await store.rotate(rotation(session, { now: NOW + 99 }))).is, 'rotated');
      }
    }),
    conformance('S-ROTATE-08', 'MUST cap the idle time by the absolute one', async ({ store }) => {
      const session = await opened(store, { absoluteExpiresAt: NOW + DAY });
      const answer = await store.rotate(rotation(session, { idleExpiresAt: NOW + 2 * DAY }));
      assert.equal(answer.is, 'rotated');
      assert.equal(answer.session.idleExpiresAt, NOW + DAY);
    }),
    conformance('S-ROTATE-09', 'MUST only move the idle time when there is no next hash', async ({ store }) => {
      const session = await opened(store, { absoluteExpiresAt: NOW + 3 * DAY });
      for (const [idleExpiresAt, expected] of [
        [NOW + 2 * DAY, NOW + 2 * DAY],
        [NOW + 9 * DAY, NOW + 3 * DAY],
      ] as const) {
        const answer = await store.rotate(rotation(session, { nextHash: null, idleExpiresAt, now: NOW + 5 }));
        assert.deepEqual(answer, { is: 'kept', session: { ...session, idleExpiresAt: expected } });
        assert.deepEqual(await store.find({ sessionId: session.id, now: NOW + 5 }), answer.session);
      }
    }),
    conformance(
      'S-ROTATE-10',
      'MUST have one successor when refreshes race, and call none of them theft',
      async ({ store, race, rounds, parallel }) => {
        await rounds(async () => {
          const session = await opened(store);
          const answers = await race((peer) => peer.rotate(rotation(session, { nextHash: 'h1' })));
          assert.deepEqual(tally(answers), { rotated: 1, replayed: parallel - 1 });
          const found = await store.find({ sessionId: session.id, now: NOW });
          assert.equal(found?.generation, 1);
          for (const answer of answers) assert.deepEqual('session' in answer ? answer.session : null, found);
        });
      },
    ),
    conformance(
      'S-ROTATE-11',
      'MUST rotate once without grace, and call every later call reused',
      async ({ store, race, rounds, parallel }) => {
        await rounds(async () => {
          const session = await opened(store);
          const input = rotation(session, { nextHash: 'h1', graceSeconds: 0, onReuse: 'reject' });
          assert.deepEqual(tally(await race((peer) => peer.rotate(input))), { rotated: 1, reused: parallel - 1 });
        });
      },
    ),
    conformance('S-ROTATE-12', 'MUST NOT bring a session back that is revoked meanwhile', async ({ store, race, rounds }) => {
      await rounds(async () => {
        const session = await opened(store);
        const { id: sessionId } = session;
        const ended = await race((peer, index) =>
          index % 8 === 5 ? peer.revoke({ sessionId, now: NOW }) : peer.rotate(rotation(session, { nextHash: 'h1' })).then(() => false),
        );
        assert.equal(ended.filter(Boolean).length, 1);
        assert.equal(await store.find({ sessionId, now: NOW }), null);
      });
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

function someUser(): { readonly userId: string; readonly userKey: string } {
  return { userId: crypto.randomUUID(), userKey: randomText(12) };
}

function someSession(given: Partial<NewSession> = {}): NewSession {
  const { userId, userKey } = { ...someUser(), ...given };
  return {
    id: `${userKey}${randomText(16)}`,
    userId,
    userKey,
    currentHash: randomText(32),
    amr: 'sms',
    userAgent: null,
    ip: null,
    authTime: NOW,
    createdAt: NOW,
    idleExpiresAt: NOW + 30 * DAY,
    absoluteExpiresAt: NOW + 180 * DAY,
    ...given,
  };
}

async function opened(store: SessionStore, given: Partial<NewSession> = {}): Promise<Session> {
  const session = someSession(given);
  assert.deepEqual(await store.create({ session, maxPerUser: 1000, now: session.createdAt }), { evicted: [] });
  return { ...session, generation: 0, previousHash: null, rotatedAt: null };
}

function rotation(session: Pick<Session, 'id' | 'currentHash'>, given: Partial<Rotate> = {}): Rotate {
  return {
    sessionId: session.id,
    presentedHash: session.currentHash,
    nextHash: randomText(32),
    graceSeconds: 30,
    idleExpiresAt: NOW + DAY,
    onReuse: 'revoke',
    now: NOW,
    ...given,
  };
}

function idOf(session: Session): string {
  return session.id;
}
