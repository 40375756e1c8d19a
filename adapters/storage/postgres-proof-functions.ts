import { verb } from './postgres-functions.ts';

/** `spend` and `record_delivery`, with the answers of `challenge-verbs.ts`. */
export const PROOF_FUNCTIONS: string = [
  // One statement decides and writes: whoever waited for the row looks at its hash again, and finds another one.
  verb(
    'spend',
    'p proofs;',
    `perform durable_v1();
        update proofs set hash = doc ->> 'nextProofHash'
          where hash = doc ->> 'proofHash' and phone_key = doc ->> 'phoneKey' and (doc -> 'now')::bigint < expires_at
            and doc -> 'purposes' @> to_jsonb(purpose) and (doc ->> 'userId' is null or user_id = doc ->> 'userId')
            and context_hash is not distinct from doc ->> 'contextHash' and reference is not distinct from doc ->> 'reference'
          returning * into p;
        if not found then
          return '{"is": "refused"}';
        end if;
        return jsonb_build_object('is', 'spent', 'proof', to_jsonb(p));`,
  ),
  // The lock keeps the sweep from leaving a delivery without its challenge.
  verb(
    'record_delivery',
    'made integer;',
    `select sends into made from challenges where id = doc ->> 'id' for key share;
        if (doc -> 'send')::integer between 1 and made then
          insert into deliveries as d (challenge_id, send, state, at)
            values (doc ->> 'id', (doc -> 'send')::integer, doc ->> 'state', (doc -> 'now')::bigint)
            on conflict (challenge_id, send) do update set state = excluded.state, at = excluded.at
            where d.state not in ('delivered', 'failed') and d.state <> excluded.state;
        end if;
        return null;`,
  ),
].join('\n');
