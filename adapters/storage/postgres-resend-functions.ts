import { part } from './postgres-functions.ts';
import { RETENTION_MS } from './retention.ts';

/** What a challenge is given as: its first columns, in their order. */
export const COLUMNS: readonly string[] = [
  ...['id', 'phone_key', 'phone_number', 'purpose', 'user_id', 'context', 'context_hash', 'reference', 'seed', 'digest', 'profile'],
  ...['idempotency_hash', 'locale', 'channel', 'code_length', 'max_attempts', 'created_at', 'expires_at'],
];

/** How a request becomes a row, with the answers of `challenge-verbs.ts`. */
export const RESEND_FUNCTIONS: string = [
  `
    create function listed_v3(doc jsonb) returns text[] language sql stable
      as $$ select array(select doc ->> name from unnest('{${COLUMNS.join(',')}}'::text[]) with ordinality n(name, i) order by i) $$;
    create function given_v3(doc jsonb) returns text[] language sql stable
      as $$ select case jsonb_typeof(doc) when 'string' then (doc #>> '{}')::text[] else listed_v3(doc) end $$;`,
  // Of an object with a key for each column, or of an array of them in their order, as text, which is read faster.
  part(
    'challenge_v3(doc jsonb) returns challenges',
    'c challenges;',
    `c := jsonb_populate_record(null::challenges,
          case jsonb_typeof(doc) when 'object' then doc else jsonb_object('{${COLUMNS.join(',')}}', (doc #>> '{}')::text[]) end);
        c.attempts_left := c.max_attempts;
        c.sends := 1;
        c.used_at := null;
        return c;`,
  ),
  part(
    'sent_again_v3(op jsonb, given challenges, counts text) returns text',
    '',
    `if op ->> 'verb' = 'issue' then
          return resent_v3(op, given, counts, (op -> 'now')::bigint);
        end if;
        update challenges set sends = sends + 1 where id = given.id returning * into given;
        return '{"is":"next","challenge":' || row_to_json(given) || ',' || counts;`,
  ),
  // Where a row may be there already: counts a send on it, or replaces it.
  part(
    'resent_v3(doc jsonb, given challenges, counts text, now bigint) returns text',
    'same challenges; named challenges; kept challenges;',
    `select * into same from challenges where id = given.id for no key update;
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
          insert into challenges select given.*;
          return '{"is":"issued","challenge":' || row_to_json(given) || ',' || counts;
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
            sends = c.sends + 1, resend_at = given.resend_at
          where id = kept.id returning * into kept;
        return '{"is":"resent","challenge":' || row_to_json(kept) || ',' || counts;`,
  ),
].join('\n');
