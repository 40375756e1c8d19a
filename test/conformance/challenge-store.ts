import type { ChallengeStore } from '../../src/ports/challenge-store.ts';
import { amountCases } from './amount-cases.ts';
import type { ConformanceCase, Open, RaceOptions } from './case.ts';
import { countCases } from './count-cases.ts';
import { counterCases } from './counter-cases.ts';
import { issueCases } from './issue-cases.ts';
import { nextSendCases } from './next-send-cases.ts';
import { proofCases } from './proof-cases.ts';
import { redeemCases } from './redeem-cases.ts';
import { resendCases } from './resend-cases.ts';
import { upkeepCases } from './upkeep-cases.ts';

/** What every challenge store must and should do, by verb. */
export function challengeStoreCases(open: Open<ChallengeStore>, options: RaceOptions = {}): readonly ConformanceCase[] {
  return [
    ...[issueCases, resendCases, redeemCases, proofCases, nextSendCases],
    ...[counterCases, amountCases, countCases, upkeepCases],
  ].flatMap((cases) => cases(open, options));
}
