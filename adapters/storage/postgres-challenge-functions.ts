import { expression, part, verb } from './postgres-functions.ts';
import { RETENTION_MS } from './retention.ts';

/** What verbs ask about a challenge. */
export const CHALLENGE_PARTS: string = [
  part(
    'end_of_v1(c challenges, purposes jsonb, now bigint) returns text',
    '',
    `return case
          when c.id is null or now >= c.expires_at + ${RETENTION_MS} or not purposes @> to_jsonb(c.purpose) then 'unknown'
          when c.used_at is not null then 'used'
          when c.attempts_left <= 0 then 'exhausted'
          when now >= c.expires_at then 'expired'
        end;`,
  ),
  expression(
    'is_live_v1(c challenges, now bigint) returns boolean',
    'c.id is not null and c.used_at is null and c.attempts_left > 0 and now < c.expires_at',
  ),
  expression(
    'has_met_v1(c challenges, idempotency_hash text) returns boolean',
    `coalesce(idempotency_hash = any(string_to_array(c.idempotency_hash, ' ')), false)`,
  ),
].join('\n');

/** `issue` and `redeem`, with the answers of `challenge-verbs.ts`. */
export const CHALLENGE_FUNCTIONS: string = [
  part(
    'repeated_v1(doc jsonb, given challenges, now bigint) returns jsonb',
    '',
    `return (
          select jsonb_build_object('is', 'repeated', 'challenge', to_jsonb(c)) from challenges c
          where id in (given.id, doc ->> 'resendOf') and now < expires_at + ${RETENTION_MS} and has_met_v1(c, given.idempotency_hash)
            and (id = given.id or (phone_number = given.phone_number and purpose = given.purpose
              and user_id is not distinct from given.user_id and context is not distinct from given.context))
          order by id = given.id desc limit 1);`,
  ),
  verb(
    'issue',
    `now bigint := (doc -> 'now')::bigint;
        given challenges := jsonb_populate_record(null::challenges, doc -> 'challenge');
        same challenges; named challenges; kept challenges; admitted record; repeated jsonb; counts jsonb;`,
    `perform durable_v1();
        admitted := admit_v1(doc, '[]', now);
        if given.idempotency_hash is not null then
          repeated := repeated_v1(doc, given, now);
        end if;
        if repeated is not null or admitted.refusal is not null then
          return coalesce(repeated, admitted.refusal);
        end if;
        counts := charge_v2(doc, admitted.held, admitted.totals, false, now);
        select * into same from challenges where id = given.id for no key update;
        select * into named from challenges
          where id = doc ->> 'resendOf' and now < expires_at + ${RETENTION_MS} and phone_number = given.phone_number and purpose = given.purpose
            and user_id is not distinct from given.user_id and context is not distinct from given.context
          for no key update;
        kept := case when is_live_v1(named, now) then named else same end;
        if not is_live_v1(kept, now) then
          if same.id is not null then
            delete from deliveries where challenge_id = given.id;
            delete from challenges where id = given.id;
          end if;
          given.attempts_left := given.max_attempts;
          given.sends := 1;
          given.resend_at := admitted.resend_at;
          given.used_at := null;
          insert into challenges select given.*;
          return jsonb_build_object('is', 'issued', 'challenge', to_jsonb(given), 'counts', counts);
        end if;
        if doc ->> 'resend' = 'rotate' or (kept.id = given.id and kept.reference is distinct from given.reference) then
          kept.seed := given.seed;
          kept.code_length := given.code_length;
          kept.reference := given.reference;
          kept.digest := case when kept.digest is null then null when kept.id = given.id then given.digest else doc ->> 'resendDigest' end;
        end if;
        update challenges c
          set seed = kept.seed, code_length = kept.code_length, reference = kept.reference, digest = kept.digest,
            idempotency_hash = nullif(concat_ws(' ', c.idempotency_hash, given.idempotency_hash), ''),
            locale = given.locale, channel = given.channel,
            expires_at = least(given.expires_at, c.created_at + greatest(given.expires_at - given.created_at, 600000)),
            sends = c.sends + 1, resend_at = admitted.resend_at
          where id = kept.id returning * into kept;
        return jsonb_build_object('is', 'resent', 'challenge', to_jsonb(kept), 'counts', counts);`,
    2,
  ),
  verb(
    'redeem',
    `now bigint := (doc -> 'now')::bigint;
        c challenges; ended text; admitted record; counts jsonb;`,
    `perform durable_v1();
        select * into c from challenges where id = doc ->> 'id';
        ended := end_of_v1(c, doc -> 'purposes', now);
        if ended is not null then
          return jsonb_build_object('is', ended);
        end if;
        admitted := admit_v1(doc, to_jsonb(c.phone_key), now);
        if admitted.refusal is null then
          select * into c from challenges where id = doc ->> 'id' for no key update;
        else
          select * into c from challenges where id = doc ->> 'id';
        end if;
        ended := end_of_v1(c, doc -> 'purposes', now);
        if ended is not null then
          return jsonb_build_object('is', ended);
        end if;
        if admitted.refusal is not null then
          return admitted.refusal;
        end if;
        if not coalesce(doc -> 'digests' @> to_jsonb(c.digest), false) then
          update challenges set attempts_left = attempts_left - 1 where id = c.id returning * into c;
          perform charge_v2(doc, admitted.held, admitted.totals, false, now);
          return jsonb_build_object('is', 'wrong', 'attemptsLeft', c.attempts_left);
        end if;
        update challenges set attempts_left = attempts_left - 1, used_at = case when (doc -> 'keep')::boolean then null else now end
          where id = c.id returning * into c;
        update challenges o set used_at = now
          where phone_key = c.phone_key and purpose = c.purpose and used_at is null and id <> c.id and is_live_v1(o, now);
        insert into proofs (hash, phone_key, phone_number, purpose, user_id, context, context_hash, reference, profile, expires_at)
          values (doc #>> '{proof,hash}', c.phone_key, c.phone_number, c.purpose, c.user_id, c.context, c.context_hash, c.reference, c.profile,
            (doc #> '{proof,expiresAt}')::bigint)
          on conflict (hash) do update set (phone_key, phone_number, purpose, user_id, context, context_hash, reference, profile, expires_at) =
            (excluded.phone_key, excluded.phone_number, excluded.purpose, excluded.user_id, excluded.context, excluded.context_hash,
              excluded.reference, excluded.profile, excluded.expires_at);
        counts := charge_v2(doc, admitted.held, admitted.totals, true, now);
        return jsonb_build_object('is', 'accepted', 'challenge', to_jsonb(c), 'counts', counts);`,
    2,
  ),
].join('\n');
