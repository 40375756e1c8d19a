import { type ChallengeRow, type ChallengeTables, issue, redeem, spend, take } from '../../adapters/storage/challenge-verbs.ts';
import { memoryChallengeTables } from '../../adapters/storage/memory-tables.ts';
import { PURPOSES } from '../../src/core/challenge.ts';
import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { challengesWith, inTables, inVerbs } from './faulty-challenges.ts';

const onRead = (change: (row: ChallengeRow) => Partial<ChallengeRow>): (() => ChallengeStore) =>
  inTables((sound) => ({
    findChallenge(id) {
      const row = sound.findChallenge(id);
      return row === null ? null : { ...row, ...change(row) };
    },
  }));
const onWrite = (change: (row: ChallengeRow, before: ChallengeRow | null) => Partial<ChallengeRow>): (() => ChallengeStore) =>
  inTables((sound) => ({ putChallenge: (row) => sound.putChallenge({ ...row, ...change(row, sound.findChallenge(row.id)) }) }));

/** Verbs that read, wait and then write: transactions that lock nothing. */
function withoutLocks(verbs: readonly ('issue' | 'redeem' | 'spend' | 'take')[]): ChallengeStore {
  const memory = memoryChallengeTables();
  const lately =
    <Input, Answer>(verb: (tables: ChallengeTables, input: Input) => Answer) =>
    async (input: Input): Promise<Answer> => {
      const writes: (() => void)[] = [];
      const written = new Map<string, ReturnType<typeof memory.counters.read>>();
      const answer = verb(
        {
          ...memory,
          counters: {
            read: (key) => written.get(key) ?? memory.counters.read(key),
            write(key, buckets) {
              written.set(key, buckets);
              writes.push(() => memory.counters.write(key, buckets));
            },
            forget: (key) => void writes.push(() => memory.counters.forget(key)),
          },
          putChallenge: (row) => void writes.push(() => memory.putChallenge(row)),
          putProof: (row) => void writes.push(() => memory.putProof(row)),
          deleteProof: (hash) => void writes.push(() => memory.deleteProof(hash)),
        },
        input,
      );
      await null;
      for (const write of writes) write();
      return answer;
    };
  const late = { issue: lately(issue), redeem: lately(redeem), spend: lately(spend), take: lately(take) };
  return { ...challengesWith(() => memory), ...Object.fromEntries(verbs.map((verb) => [verb, late[verb]])) };
}

const isResend = (row: ChallengeRow, before: ChallengeRow | null): before is ChallengeRow => before !== null && row.sends > before.sends;

/** Stores that are broken where they issue, redeem or spend; by what is wrong with them. */
export const HOSTILE_CHALLENGES: Readonly<Record<string, () => ChallengeStore>> = {
  'reads, waits, then writes': () => withoutLocks(['issue', 'redeem', 'spend', 'take']),
  'reads, waits, then redeems': () => withoutLocks(['redeem']),
  'has two winners when it spends': () => withoutLocks(['spend']),
  'reads, waits, then issues': () => withoutLocks(['issue']),
  'loses updates of its counters': () => withoutLocks(['take']),
  'lets kept codes be free': inVerbs((sound, tables) => ({
    async redeem(r) {
      const before = tables.findChallenge(r.id);
      const answer = await sound.redeem(r);
      if (r.keep && answer.is === 'accepted' && before !== null) tables.putChallenge(before);
      return answer;
    },
  })),
  'tells the time in whole seconds': inVerbs((sound) => ({
    redeem: (r) => sound.redeem({ ...r, now: Math.floor(r.now / 1000) * 1000 }),
    spend: (s) => sound.spend({ ...s, now: Math.floor(s.now / 1000) * 1000 }),
  })),
  'gives attempts back with a resend': onWrite((row, before) => (isResend(row, before) ? { attemptsLeft: row.maxAttempts } : {})),
  'forgets to pay': onWrite((_row, before) => (before === null ? {} : { attemptsLeft: before.attemptsLeft })),
  'forgets to consume': onWrite(() => ({ usedAt: null })),
  'never runs out of attempts': onRead((row) => ({ attemptsLeft: Math.max(1, row.attemptsLeft) })),
  'never expires': onRead(() => ({ expiresAt: Number.MAX_SAFE_INTEGER })),
  'expires one millisecond late': inVerbs((sound) => ({
    redeem: (r) => sound.redeem({ ...r, now: r.now - 1 }),
    spend: (s) => sound.spend({ ...s, now: s.now - 1 }),
  })),
  'expires one millisecond early': inVerbs((sound) => ({
    redeem: (r) => sound.redeem({ ...r, now: r.now + 1 }),
    spend: (s) => sound.spend({ ...s, now: s.now + 1 }),
  })),
  'looks at no purpose': inVerbs((sound) => ({ redeem: (r) => sound.redeem({ ...r, purposes: PURPOSES }) })),
  'accepts any code': inVerbs((sound, tables) => ({
    redeem: (r) => sound.redeem({ ...r, digests: [tables.findChallenge(r.id)?.digest ?? ''] }),
  })),
  'accepts the first digest only': inVerbs((sound) => ({ redeem: (r) => sound.redeem({ ...r, digests: r.digests.slice(0, 1) }) })),
  'compares without case': inVerbs((sound, tables) => ({
    redeem: (r) => {
      const digest = tables.findChallenge(r.id)?.digest ?? '';
      return sound.redeem({ ...r, digests: r.digests.map((given) => (given.toUpperCase() === digest.toUpperCase() ? digest : given)) });
    },
  })),
  'redeems decoys': onRead((row) => ({ digest: row.digest ?? '' })),
  'uses kept challenges up': inVerbs((sound) => ({ redeem: (r) => sound.redeem({ ...r, keep: false }) })),
  'keeps every challenge': inVerbs((sound) => ({ redeem: (r) => sound.redeem({ ...r, keep: true }) })),
  'lets siblings live': inTables(() => ({ unusedOf: () => [] })),
  'ends other purposes': inTables((sound) => ({ unusedOf: (of) => PURPOSES.flatMap((purpose) => sound.unusedOf({ ...of, purpose })) })),
  'ends siblings on a wrong code': inVerbs((sound, tables) => ({
    async redeem(r) {
      const answer = await sound.redeem(r);
      const row = tables.findChallenge(r.id);
      for (const other of row !== null && answer.is === 'wrong' ? tables.unusedOf(row) : []) {
        if (other.id !== r.id) tables.putChallenge({ ...other, usedAt: r.now });
      }
      return answer;
    },
  })),
  'revives what is exhausted as used': inVerbs((sound) => ({
    async redeem(r) {
      const answer = await sound.redeem(r);
      return answer.is === 'exhausted' ? { is: 'used' } : answer;
    },
  })),
  'ignores limits when it redeems': inVerbs((sound) => ({ redeem: (r) => sound.redeem({ ...r, hits: [] }) })),
  'writes wrong hits for right codes': inVerbs((sound) => ({
    redeem: (r) => sound.redeem({ ...r, hits: r.hits.map((hit) => ({ ...hit, when: 'always' })) }),
  })),
  'charges before it judges': inVerbs((sound) => ({
    async redeem(r) {
      await sound.take({ hits: r.hits, cooldown: null, now: r.now });
      return sound.redeem({ ...r, hits: [] });
    },
  })),
  'clears nothing': inVerbs((sound) => ({ redeem: (r) => sound.redeem({ ...r, clears: [] }), clear: async () => {} })),
  'clears for wrong codes too': inVerbs((sound) => ({
    async redeem(r) {
      const answer = await sound.redeem(r);
      await sound.clear(r.clears);
      return answer;
    },
  })),
  'clears everything': inVerbs((sound) => {
    const seen = new Set<string>();
    return {
      take(t) {
        for (const hit of t.hits) seen.add(hit.key);
        return sound.take(t);
      },
      clear: (keys) => sound.clear([...keys, ...seen]),
    };
  }),
  'stores the proof of wrong codes': inVerbs((sound, tables) => ({
    async redeem(r) {
      const row = tables.findChallenge(r.id);
      if (row !== null) tables.putProof({ ...row, ...r.proof });
      return sound.redeem(r);
    },
  })),
  'stores no proof': inTables(() => ({ putProof: () => {} })),
  'never deletes a spent proof': inTables(() => ({ deleteProof: () => {} })),
  'has no successor': inVerbs((sound, tables) => ({
    async spend(s) {
      const answer = await sound.spend(s);
      tables.deleteProof(s.nextProofHash);
      return answer;
    },
  })),
  'spends before it compares': inVerbs((sound, tables) => ({
    async spend(s) {
      const answer = await sound.spend(s);
      tables.deleteProof(s.proofHash);
      return answer;
    },
  })),
  'looks at no binding of a proof': inVerbs((sound, tables) => ({
    spend(s) {
      const row = tables.findProof(s.proofHash);
      return sound.spend({ ...s, ...(row === null ? {} : { contextHash: row.contextHash, reference: row.reference, userId: row.userId }) });
    },
  })),
  'takes no user for nobody': inVerbs((sound, tables) => ({
    async spend(s) {
      const row = tables.findProof(s.proofHash);
      return s.userId === null && row?.userId ? { is: 'refused' } : sound.spend(s);
    },
  })),
  'invents proofs': inVerbs((sound, tables) => ({
    async spend(s) {
      const answer = await sound.spend(s);
      const proof = tables.findProof(s.nextProofHash);
      return proof === null && answer.is === 'refused' && s.proofHash === '' ? { is: 'spent', proof: JSON.parse('{}') } : answer;
    },
  })),
  'lets a proof die with its challenge': inVerbs((sound, tables) => ({
    async spend(s) {
      const proof = tables.findProof(s.proofHash);
      return proof !== null && s.now > proof.expiresAt - 300_000 ? { is: 'refused' } : sound.spend(s);
    },
  })),
  'reads the profile from the challenge': inTables((sound) => ({
    findProof(hash) {
      const row = sound.findProof(hash);
      const challenges = row === null ? [] : sound.unusedOf(row);
      return row === null ? null : { ...row, profile: challenges[0]?.profile ?? null };
    },
  })),
  'forgets idempotency keys': onRead(() => ({ idempotencyHash: null })),
  'takes no idempotency key for one': inVerbs((sound, tables) => ({
    async issue(i) {
      const row = tables.findChallenge(i.challenge.id);
      return row !== null && row.idempotencyHash === i.challenge.idempotencyHash ? { is: 'repeated', challenge: row } : sound.issue(i);
    },
  })),
  'repeats live challenges only': inVerbs((sound, tables) => ({
    async issue(i) {
      const row = tables.findChallenge(i.challenge.id);
      if (row !== null && (row.usedAt !== null || row.attemptsLeft === 0)) tables.putChallenge({ ...row, idempotencyHash: null });
      return sound.issue(i);
    },
  })),
  'charges repeated requests': inVerbs((sound) => ({
    async issue(i) {
      const taken = await sound.take(i);
      if (taken.is === 'limited') return taken;
      const answer = await sound.issue({ ...i, hits: [], cooldown: null });
      return 'counts' in answer ? { ...answer, counts: taken.counts } : answer;
    },
  })),
  'answers a dead challenge again': inVerbs((sound, tables) => ({
    async issue(i) {
      const row = tables.findChallenge(i.resendOf ?? i.challenge.id);
      return row?.usedAt ? { is: 'resent', challenge: row, counts: i.hits.map(() => 0) } : sound.issue(i);
    },
  })),
  'writes the row before it looks at limits': inVerbs((sound) => ({
    async issue(i) {
      await sound.issue({ ...i, hits: [], cooldown: null });
      return sound.issue(i);
    },
  })),
  'resends to whoever names the challenge': inVerbs((sound, tables) => ({
    issue(i) {
      const row = tables.findChallenge(i.resendOf ?? '');
      return sound.issue(row === null ? i : { ...i, challenge: { ...i.challenge, ...pickOwner(row) } });
    },
  })),
  'ignores resendOf': inVerbs((sound) => ({ issue: (i) => sound.issue({ ...i, resendOf: null }) })),
  'kills the other challenges of a number': inVerbs((sound, tables) => ({
    issue(i) {
      for (const other of PURPOSES.flatMap((purpose) => tables.unusedOf({ ...i.challenge, purpose }))) {
        if (other.id !== i.challenge.id && other.id !== i.resendOf) tables.putChallenge({ ...other, usedAt: i.now });
      }
      return sound.issue(i);
    },
  })),
  'prolongs without end': onWrite((row, before) => (isResend(row, before) ? { expiresAt: row.expiresAt + 600_000 } : {})),
  'does not prolong': onWrite((row, before) => (isResend(row, before) ? { expiresAt: before.expiresAt } : {})),
  'rotates always': inVerbs((sound) => ({ issue: (i) => sound.issue({ ...i, resend: 'rotate' }) })),
  'rotates never': inVerbs((sound) => ({ issue: (i) => sound.issue({ ...i, resend: 'same' }) })),
  'takes the digest of another id': inVerbs((sound) => ({ issue: (i) => sound.issue({ ...i, resendDigest: i.challenge.digest }) })),
  'forgets the idempotency key of a resend': inVerbs((sound) => ({
    issue: (i) => sound.issue(i.resendOf === null ? i : { ...i, challenge: { ...i.challenge, idempotencyHash: null } }),
  })),
  'keeps the old reference': onWrite((row, before) => (isResend(row, before) ? { reference: before.reference } : {})),
  'turns decoys into challenges': inVerbs((sound, tables) => ({
    async issue(i) {
      const answer = await sound.issue(i);
      const row = answer.is === 'resent' ? tables.findChallenge(answer.challenge.id) : null;
      if (row !== null && row.digest === null) tables.putChallenge({ ...row, digest: i.challenge.digest });
      return answer;
    },
  })),
  'lets a resend change the profile': inVerbs((sound, tables) => ({
    async issue(i) {
      const answer = await sound.issue(i);
      if (answer.is !== 'resent') return answer;
      const row = tables.findChallenge(answer.challenge.id);
      if (row !== null) tables.putChallenge({ ...row, profile: i.challenge.profile });
      return { ...answer, challenge: { ...answer.challenge, profile: i.challenge.profile } };
    },
  })),
  'counts no sends': onWrite(() => ({ sends: 1 })),
  'ignores the cooldown': inVerbs((sound) => ({
    issue: (i) => sound.issue({ ...i, cooldown: null }),
    take: (t) => sound.take({ ...t, cooldown: null }),
  })),
  'cuts texts': onWrite((row) => ({ context: row.context?.slice(0, 4) ?? null })),
};

function pickOwner(row: ChallengeRow): Pick<ChallengeRow, 'phoneNumber' | 'purpose' | 'userId' | 'context'> {
  const { phoneNumber, purpose, userId, context } = row;
  return { phoneNumber, purpose, userId, context };
}
