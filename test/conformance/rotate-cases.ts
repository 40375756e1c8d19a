import assert from 'node:assert/strict';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { type ConformanceCase, casesOf, NOW, type Open, type RaceOptions, randomText, tally } from './case.ts';
import { DAY, opened, rotation } from './session-fixture.ts';

/** `SessionStore.rotate`. */
export function rotateCases(open: Open<SessionStore>, options: RaceOptions): readonly ConformanceCase[] {
  const conformance = casesOf(open, options);
  return [
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
    conformance('S-ROTATE-13', 'MUST keep the successor that is there when a replay brings another', async ({ store }) => {
      const session = await opened(store);
      const rotated = await store.rotate(rotation(session, { nextHash: 'h1' }));
      assert.equal(rotated.is, 'rotated');
      assert.deepEqual(await store.rotate(rotation(session, { nextHash: 'h2' })), { is: 'replayed', session: rotated.session });
      assert.deepEqual(await store.find({ sessionId: session.id, now: NOW }), rotated.session);
    }),
  ];
}
