import { closedLoop } from './closed-loop.ts';
import type { LoadKind } from './load-figures.ts';
import type { LoadService } from './load-service.ts';
import { visitorOf } from './visitor.ts';

/** Calls as they come in. */
export interface LoadVisits {
  /** Signs in as many as there shall be sessions. */
  readonly fill: () => Promise<void>;
  /** One call of a kind. */
  readonly visit: (kind: LoadKind) => Promise<void>;
}

interface OpenSession {
  readonly index: number;
  accessToken: string;
  refreshToken: string;
  isRefreshing: boolean;
}

interface Pending {
  readonly index: number;
  readonly challengeId: string;
  readonly code: string;
}

const WORKERS = 64;
// Numbers that never signed up lie above those of the sessions.
const STRANGERS = 1_000_000;

/** Visits of so many signed-in people, of people who come back, and of new ones. What is remembered does not grow. */
export function loadVisits(service: LoadService, count: number): LoadVisits {
  const sessions: OpenSession[] = [];
  const pending: Pending[] = [];
  // About five seconds' worth: codes that nobody comes back with are forgotten here, and in the store they expire.
  const mostPending = Math.max(1, Math.ceil(count / 40));
  let [verified, refreshed, requested, redeemed] = [0, 0, 0, 0];

  async function request(index: number): Promise<Pending> {
    const { phoneNumber, ip } = visitorOf(index);
    const { challengeId } = await service.auth().requestCode({ phoneNumber, client: { ip } });
    return { index, challengeId, code: service.takeCode(challengeId) };
  }

  async function redeem({ index, challengeId, code }: Pending): Promise<OpenSession> {
    const { ip } = visitorOf(index);
    const { accessToken, refreshToken } = await service.auth().signInWithCode({ challengeId, code, client: { ip } });
    return { index, accessToken, refreshToken, isRefreshing: false };
  }

  const visits: Readonly<Record<LoadKind, () => Promise<void>>> = {
    async verify() {
      const session = sessions[verified++ % count];
      if (session !== undefined) await service.auth().verifyAccessToken({ accessToken: session.accessToken });
    },
    async refresh() {
      const session = sessions[refreshed++ % count];
      if (session === undefined || session.isRefreshing) return;
      session.isRefreshing = true;
      try {
        const { ip } = visitorOf(session.index);
        const tokens = await service.auth().refreshSession({ refreshToken: session.refreshToken, client: { ip } });
        session.accessToken = tokens.accessToken;
        session.refreshToken = tokens.refreshToken;
      } finally {
        session.isRefreshing = false;
      }
    },
    async request() {
      const turn = requested++;
      const isKnown = turn % 2 === 0;
      pending.push(await request(isKnown ? (turn / 2) % count : STRANGERS + turn));
      if (pending.length > mostPending) pending.shift();
    },
    async redeem() {
      const answer = pending.shift();
      if (answer !== undefined) sessions[redeemed++ % count] = await redeem(answer);
    },
  };
  return {
    async fill() {
      await closedLoop(count, WORKERS, async (index) => {
        sessions[index] = await redeem(await request(index));
      });
    },
    visit: (kind) => visits[kind](),
  };
}
