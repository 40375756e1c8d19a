import { accountBatchFunctions } from './postgres-account-batch-functions.ts';
import { accountFunctions } from './postgres-account-functions.ts';
import { ADMISSION_FUNCTIONS } from './postgres-admission-functions.ts';
import { CHALLENGE_FUNCTIONS, CHALLENGE_PARTS } from './postgres-challenge-functions.ts';
import { CHARGE_FUNCTIONS } from './postgres-charge-functions.ts';
import { DELIVERY_FUNCTIONS } from './postgres-delivery-functions.ts';
import { HELD_FUNCTIONS } from './postgres-held-functions.ts';
import { joinedBatchFunctions } from './postgres-joined-batch-functions.ts';
import { joinedFunctions } from './postgres-joined-functions.ts';
import { peopleFunctions } from './postgres-people-functions.ts';
import { PROOF_FUNCTIONS } from './postgres-proof-functions.ts';
import { RESEND_FUNCTIONS } from './postgres-resend-functions.ts';
import { runFunctions } from './postgres-run-functions.ts';
import { PAYMENT_TYPE } from './postgres-run-writes.ts';
import { SESSION_BATCH_FUNCTIONS } from './postgres-session-batch-functions.ts';
import { SESSION_FUNCTIONS } from './postgres-session-functions.ts';
import { FIRST_FUNCTIONS, SLOT_FUNCTIONS } from './postgres-slot-functions.ts';
import { SWEEP_FUNCTION } from './postgres-sweep-function.ts';
import { TABLES } from './postgres-tables.ts';
import { TALLY_FUNCTIONS, TALLY_TYPE } from './postgres-tally-functions.ts';
import { userFunctions, verifiedAtFunction } from './postgres-user-functions.ts';
import { userParts } from './postgres-user-parts.ts';
import { VISIT_FUNCTIONS } from './postgres-visit-functions.ts';

// What counted every hit as one, and was never released. Its counters are read as they are.
const REPLACED = [
  ...['issue_v1(jsonb)', 'redeem_v1(jsonb)', 'take_v1(jsonb)', 'clear_v1(jsonb)', 'lock_slots_v1(jsonb, bigint)'],
  ...['pause_after_v1(jsonb, integer)', 'room_at_v1(jsonb, bigint, bigint)', 'reckon_v1(jsonb, jsonb, jsonb, bigint)'],
  ...['with_one_more_v1(jsonb, bigint, bigint, bigint)', 'charge_v1(jsonb, jsonb, jsonb, jsonb, bigint)'],
];

// What kept counters as JSON, which is slow to read and to write. They are taken over; the release before must have ended, and fails aloud.
const JSON_COUNTED = [
  ...['issue_v2(jsonb)', 'redeem_v2(jsonb)', 'take_v2(jsonb)', 'clear_v1(jsonb)', 'counters_of_v1(jsonb)', 'swept_after_v1(jsonb)'],
  ...['pause_after_v2(jsonb, bigint)', 'room_at_v2(jsonb, bigint, bigint)', 'reckon_v2(jsonb, jsonb[], bigint)'],
  ...['admit_v1(jsonb, jsonb, bigint)', 'with_bucket_v1(jsonb, text, jsonb, bigint)'],
  'charge_v2(jsonb, jsonb[], bigint[], boolean, bigint)',
];

// What took more statements than it needs.
const LONGER = ['create_session_v1(jsonb)', 'rotate_session_v1(jsonb)'];

/**
 * The steps of the schema, oldest first. A step that was released never changes. A later one adds functions of the next name beside those that
 * the release before calls, so that both can run side by side, and adds only columns that may be null.
 */
export const STEPS: readonly ((schema: string) => string)[] = [
  (schema) =>
    [
      TABLES,
      FIRST_FUNCTIONS,
      CHALLENGE_PARTS,
      PROOF_FUNCTIONS,
      SESSION_FUNCTIONS,
      SWEEP_FUNCTION,
      userParts(schema),
      userFunctions(schema),
    ].join('\n'),
  (schema) => `
    if present = 1 then
      drop function ${REPLACED.join(', ')};
    end if;
    ${[SLOT_FUNCTIONS, ADMISSION_FUNCTIONS, CHARGE_FUNCTIONS, CHALLENGE_FUNCTIONS, verifiedAtFunction(schema)].join('\n')}`,
  (schema) => `
    drop function ${[...JSON_COUNTED, ...LONGER].join(', ')};
    ${[TALLY_TYPE, PAYMENT_TYPE, TALLY_FUNCTIONS, HELD_FUNCTIONS, RESEND_FUNCTIONS, DELIVERY_FUNCTIONS, VISIT_FUNCTIONS, runFunctions(schema)].join('\n')}
    ${[accountFunctions(schema), joinedFunctions(schema), SESSION_BATCH_FUNCTIONS, peopleFunctions(schema)].join('\n')}
    ${[accountBatchFunctions(schema), joinedBatchFunctions(schema)].join('\n')}`,
];

/** The oldest version whose functions the newest step leaves in place. */
export const SERVES_SINCE: number = 3;
