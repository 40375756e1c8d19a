import { expression, part, verb } from './postgres-functions.ts';
import { RETENTION_MS } from './retention.ts';

/** `issue` and `redeem`, with the answers of `challenge-verbs.ts`. */
export const CHALLENGE_FUNCTIONS: string = [
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
  verb(
    'issue',
    `now bigint := (doc -> 'now')::bigint;
        given challenges := jsonb_populate_record(null::challenges, doc -> 'challenge');
        same challenges; named challenges; kept challenges; held jsonb; refusal jsonb; allowed_at bigint;`,
    `perform durable_v1();
        held := lock_slots_v1(doc -> 'slots', now);
        select * into same from challenges where id = given.id for no key update;
        select * into named from challenges
          where id = doc ->> 'resendOf' and now < expires_at + ${RETENTION_MS} and phone_number = given.phone_number and purpose = given.purpose
            and user_id is not distinct from given.user_id and context is not distinct from given.context
          for no key update;
        if now < same.expires_at + ${RETENTION_MS} and has_met_v1(same, given.idempotency_hash) then
          return jsonb_build_object('is', 'repeated', 'challenge', to_jsonb(same));
        end if;
        if has_met_v1(named, given.idempotency_hash) then
          return jsonb_build_object('is', 'repeated', 'challenge', to_jsonb(named));
        end if;
        select * into refusal, allowed_at from reckon_v1(doc -> 'hits', doc -> 'cooldown', held, now);
        if refusal is not null then
          return refusal;
        end if;
        perform charge_v1(doc -> 'hits', doc -> 'cooldown', '[]', held, now);
        kept := case when is_live_v1(named, now) then named else same end;
        if not is_live_v1(kept, now) then
          if same.id is not null then
            delete from deliveries where challenge_id = given.id;
            delete from challenges where id = given.id;
          end if;
          given.attempts_left := given.max_attempts;
          given.sends := 1;
          given.resend_at := allowed_at;
          given.used_at := null;
          insert into challenges select given.*;
          return jsonb_build_object('is', 'issued', 'challenge', to_jsonb(given));
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
            sends = c.sends + 1, resend_at = allowed_at
          where id = kept.id returning * into kept;
        return jsonb_build_object('is', 'resent', 'challenge', to_jsonb(kept));`,
  ),
  verb(
    'redeem',
    `now bigint := (doc -> 'now')::bigint;
        c challenges; ended text; held jsonb; refusal jsonb;`,
    `perform durable_v1();
        select * into c from challenges where id = doc ->> 'id';
        ended := end_of_v1(c, doc -> 'purposes', now);
        if ended is not null then
          return jsonb_build_object('is', ended);
        end if;
        held := lock_slots_v1(doc -> 'slots' || to_jsonb(c.phone_key), now);
        select * into c from challenges where id = doc ->> 'id' for no key update;
        ended := end_of_v1(c, doc -> 'purposes', now);
        if ended is not null then
          return jsonb_build_object('is', ended);
        end if;
        refusal := (reckon_v1(doc -> 'hits', null, held, now)).refusal;
        if refusal is not null then
          return refusal;
        end if;
        if not coalesce(doc -> 'digests' @> to_jsonb(c.digest), false) then
          update challenges set attempts_left = attempts_left - 1 where id = c.id returning * into c;
          perform charge_v1(doc -> 'hits', null, '[]', held, now);
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
        perform charge_v1(jsonb_path_query_array(doc -> 'hits', '$[*] ? (@.when == "always")'), null,
          doc -> 'clears', held, now);
        return jsonb_build_object('is', 'accepted', 'challenge', to_jsonb(c));`,
  ),
].join('\n');
