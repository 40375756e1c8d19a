import { memoryStorage, type StoredUser } from '../../adapters/storage/memory.ts';
import type { JoinedStore } from '../../src/ports/joined-store.ts';
import { joinedInSequence } from '../conformance/joined-in-sequence.ts';

type Joined = Required<JoinedStore<StoredUser, Record<string, unknown>>>;

/** A sound store, over which a fault is laid. */
export const joinedWith =
  (change: (sound: Joined) => Partial<Joined> = () => ({})): (() => Joined) =>
  () => {
    const { joined, users } = memoryStorage();
    // the memory store has passwords
    const sound = { ...joined, users } as Joined;
    return { ...sound, ...change(sound) };
  };

/** Broken joined stores, by what is wrong with them. */
export const HOSTILE_JOINED: Readonly<Record<string, () => Joined>> = {
  'issues whatever is expected': joinedWith((sound) => ({ issue: ({ issue }) => sound.challenges.issue(issue) })),
  'takes a decoy for a reason to write nothing': joinedWith((sound) => ({
    async issue(i) {
      const exists = (await sound.users.findByPhoneNumber(i.issue.challenge as never)) !== null;
      if (exists === (i.expects === 'known')) return sound.issue(i);
      const { challenge } = i.issue;
      return { is: 'issued', challenge: { ...challenge, digest: null, attemptsLeft: 5, sends: 1, resendAt: i.issue.now }, counts: [1] };
    },
  })),
  'forgets the digest of a resend': joinedWith((sound) => ({
    issue: (i) => sound.issue({ ...i, issue: { ...i.issue, resendDigest: null } }),
  })),
  'makes a decoy of the new digest alone': joinedWith((sound) => ({
    async issue(i) {
      const exists = (await sound.users.findByPhoneNumber(i.issue.challenge as never)) !== null;
      const challenge = exists === (i.expects === 'known') ? i.issue.challenge : { ...i.issue.challenge, digest: null };
      return sound.challenges.issue({ ...i.issue, challenge });
    },
  })),
  'repeats no request': joinedWith((sound) => ({
    issue: (i) => sound.issue({ ...i, issue: { ...i.issue, challenge: { ...i.issue.challenge, idempotencyHash: null } } }),
  })),
  'takes no limits': joinedWith((sound) => ({ issue: (i) => sound.issue({ ...i, issue: { ...i.issue, hits: [] } }) })),
  'looks for the account whatever the code is': joinedWith((sound) => ({
    async signIn(s) {
      const answer = await sound.signIn(s);
      if (answer.redeemed.is === 'accepted') return answer;
      const challenge = await sound.challenges.redeem({ ...s.redeem, digests: [] });
      const user = await sound.users.findByPhoneNumber({ phoneNumber: '' as never });
      return { ...answer, account: challenge.is === 'unknown' || user === null ? { is: 'absent' } : { is: 'found', user } };
    },
  })),
  'opens a session on any code': joinedWith((sound) => ({
    async signIn(s) {
      const answer = await sound.signIn(s);
      if (answer.redeemed.is === 'accepted' || s.session === null) return answer;
      const { random, ...fields } = s.session.draft;
      const session = { ...fields, id: random, userId: 'anybody', userKey: random };
      return { ...answer, opened: { session, evicted: [] } };
    },
  })),
  'opens no sessions': joinedWith((sound) => ({ signIn: (s) => sound.signIn({ ...s, session: null }) })),
  'answers a session that it does not keep': joinedWith((sound) => ({
    async signIn(s) {
      const answer = await sound.signIn(s);
      if (answer.opened !== null) await sound.sessions.revoke({ sessionId: answer.opened.session.id, now: s.redeem.now });
      return answer;
    },
  })),
  'names sessions after no user': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, session: s.session === null ? null : { ...s.session, userKeyOf: () => 'AAAAAAAAAAAAAAAA' } }),
  })),
  'makes accounts for whoever comes': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, accounts: s.accounts === 'known' ? 'either' : s.accounts }),
  })),
  'makes no accounts': joinedWith((sound) => ({ signIn: (s) => sound.signIn({ ...s, create: null }) })),
  'signs in where a new account is asked for': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, accounts: s.accounts === 'new' ? 'either' : s.accounts }),
  })),
  'makes accounts without a profile': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, create: s.create ?? { profile: {}, orStored: true } }),
  })),
  'ignores the profile beside the challenge': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, create: s.create === null ? null : { ...s.create, orStored: false } }),
  })),
  'always takes the profile beside the challenge': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, create: s.create === null ? null : { ...s.create, orStored: true } }),
  })),
  'keeps no proof once it has signed in': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, redeem: { ...s.redeem, proof: { ...s.redeem.proof, expiresAt: s.redeem.now } } }),
  })),
  'keeps codes redeemable': joinedWith((sound) => ({ signIn: (s) => sound.signIn({ ...s, redeem: { ...s.redeem, keep: true } }) })),
  'looks, waits, then makes the account': joinedWith((sound) => ({ signIn: joinedInSequence(sound).signIn })),
  'opens a session where none is wanted': joinedWith((sound) => ({
    async signIn(s) {
      const answer = await sound.signIn(s);
      const { account } = answer;
      if (s.session !== null || (account.is !== 'found' && account.is !== 'created')) return answer;
      const session = {
        id: crypto.randomUUID(),
        userId: account.user.id,
        userKey: '',
        currentHash: '',
        amr: '',
        userAgent: null,
        ip: null,
      };
      const times = { authTime: 0, createdAt: 0, idleExpiresAt: 2e15, absoluteExpiresAt: 2e15 };
      await sound.sessions.create({ session: { ...session, ...times }, maxPerUser: 20, now: s.redeem.now });
      return answer;
    },
  })),
  'evicts nobody': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, session: s.session === null ? null : { ...s.session, maxPerUser: 1000 } }),
  })),
  'signs the disabled in': joinedWith((sound) => ({
    signIn: joinedInSequence({
      ...sound,
      users: {
        ...sound.users,
        findByPhoneNumber: async (f) => {
          const user = await sound.users.findByPhoneNumber(f);
          return user === null ? null : { ...user, disabled: false };
        },
      },
    }).signIn,
  })),
  'knows nobody who is dormant': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, session: s.session === null ? null : { ...s.session, dormantAfterMs: null } }),
  })),
  'is a millisecond late to call a number dormant': joinedWith((sound) => ({
    signIn: (s) =>
      sound.signIn({
        ...s,
        session:
          s.session === null || s.session.dormantAfterMs === null
            ? s.session
            : { ...s.session, dormantAfterMs: s.session.dormantAfterMs + 1 },
      }),
  })),
  'exempts nobody': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, session: s.session === null ? null : { ...s.session, exemptUserId: null } }),
  })),
  'exempts everybody when somebody is': joinedWith((sound) => ({
    signIn: (s) =>
      sound.signIn({
        ...s,
        session: s.session?.exemptUserId === null || s.session === null ? s.session : { ...s.session, dormantAfterMs: null },
      }),
  })),
  'notes no proof': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, session: s.session === null ? null : { ...s.session, renewAfterMs: Number.MAX_SAFE_INTEGER } }),
  })),
  'notes every proof': joinedWith((sound) => ({
    signIn: (s) => sound.signIn({ ...s, session: s.session === null ? null : { ...s.session, renewAfterMs: 0 } }),
  })),
  'answers the user as noted': joinedWith((sound) => ({
    async signIn(s) {
      const answer = await sound.signIn(s);
      if (answer.account.is !== 'found') return answer;
      const user = await sound.users.findById({ userId: answer.account.user.id });
      return user === null ? answer : { ...answer, account: { is: 'found', user } };
    },
  })),
  'refreshes without a look at the user': joinedWith((sound) => ({
    refresh: async (r) => ({ ...(await sound.refresh(r)), rotated: await sound.sessions.rotate(r.rotate) }),
  })),
  'tells nothing of the user who refreshes': joinedWith((sound) => ({
    refresh: async (r) => ({ ...(await sound.refresh(r)), user: null }),
  })),
  'refreshes for the disabled': joinedWith((sound) => ({ refresh: (r) => sound.refresh({ ...r, checksDisabled: false }) })),
  'always minds the disabled': joinedWith((sound) => ({ refresh: (r) => sound.refresh({ ...r, checksDisabled: true }) })),
  'makes a successor for each of many': joinedWith((sound) => {
    let count = 0;
    return {
      async refresh(r) {
        const answer = await sound.refresh(r);
        const { rotated } = answer;
        return rotated?.is === 'replayed'
          ? { ...answer, rotated: { is: 'rotated', session: { ...rotated.session, generation: ++count } } }
          : answer;
      },
    };
  }),
  'fails while it is busy': joinedWith((sound) => {
    let isBusy = false;
    return {
      async signIn(s) {
        if (isBusy) throw new Error('deadlock detected');
        isBusy = true;
        await null;
        isBusy = false;
        return sound.signIn(s);
      },
    };
  }),
  'takes nothing for a try': joinedWith((sound) => ({ tryPassword: (t) => sound.tryPassword({ ...t, take: { ...t.take, hits: [] } }) })),
  'tells whose number it is where nothing was taken': joinedWith((sound) => ({
    async tryPassword(t) {
      const answer = await sound.tryPassword(t);
      return answer.taken.is === 'taken' ? answer : { ...answer, user: await sound.users.findByPhoneNumber(t) };
    },
  })),
  'tells of a hash where there is none': joinedWith((sound) => ({
    async tryPassword(t) {
      const answer = await sound.tryPassword(t);
      return { ...answer, passwordHash: answer.passwordHash ?? (answer.taken.is === 'taken' ? '' : null) };
    },
  })),
  'passes whatever the hash is': joinedWith((sound) => ({
    async passPassword(p) {
      return sound.passPassword({ ...p, expectedHash: (await sound.users.passwordHashOf?.(p)) ?? p.expectedHash });
    },
  })),
  'looks at the hash, waits, then opens': joinedWith((sound) => ({
    passPassword: joinedInSequence({
      ...sound,
      users: {
        ...sound.users,
        async passwordHashOf(p) {
          const hash = (await sound.users.passwordHashOf?.(p)) ?? null;
          await new Promise((resolve) => setTimeout(resolve));
          return hash;
        },
      },
    }).passPassword,
  })),
  'forgives nothing': joinedWith((sound) => ({ passPassword: (p) => sound.passPassword({ ...p, clears: [] }) })),
  'forgives before it looks': joinedWith((sound) => ({
    async passPassword(p) {
      await sound.challenges.clear(p.clears);
      return sound.passPassword(p);
    },
  })),
};
