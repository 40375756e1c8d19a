import { part, verb } from './postgres-functions.ts';
import { RETENTION_MS } from './retention.ts';

/** `nextSend`, and what is known of deliveries; with the answers of `delivery-verbs.ts`. */
export const DELIVERY_FUNCTIONS: string = [
  part(
    'awaits_v1(c challenges, doc jsonb, now bigint) returns boolean',
    '',
    `return is_live_v1(c, now) and c.created_at = (doc -> 'createdAt')::bigint and c.sends = (doc -> 'send')::integer
          and not exists (select from deliveries d where d.challenge_id = c.id and d.send = c.sends and d.state = 'delivered');`,
  ),
  // The lock keeps the sweep from leaving a delivery without its challenge.
  verb(
    'note_delivery',
    'c challenges;',
    `select * into c from challenges where id = doc ->> 'id' and (doc -> 'now')::bigint < expires_at + ${RETENTION_MS} for key share;
        if c.id is null or not (doc -> 'send')::bigint between 1 and c.sends then
          return '{"is": "unknown"}';
        end if;
        insert into deliveries as d (challenge_id, send, state, at)
          values (c.id, (doc -> 'send')::integer, doc ->> 'state', (doc -> 'now')::bigint)
          on conflict (challenge_id, send) do update set state = excluded.state, at = excluded.at
          where d.state not in ('delivered', 'failed') and d.state <> excluded.state;
        return jsonb_build_object('is', 'recorded', 'challenge', to_jsonb(c));`,
  ),
].join('\n');
