import { expression, verb } from './postgres-functions.ts';
import { RETENTION_MS } from './retention.ts';

const DAY_MS = 86_400_000;

/** When a session may be swept that ends then. */
export function sweptFrom(end: string): string {
  return `(${end} + ${RETENTION_MS}) / ${DAY_MS} * ${DAY_MS} + ${DAY_MS}`;
}

/** The verbs of the session store, with the answers of `session-verbs.ts`. */
export const SESSION_FUNCTIONS: string = [
  expression('swept_from_v1(s sessions) returns bigint', sweptFrom('least(s.idle_expires_at, s.absolute_expires_at)')),
  verb(
    'create_session',
    `now bigint := (doc -> 'now')::bigint;
        given sessions := jsonb_populate_record(null::sessions, doc -> 'session');
        evicted text[];`,
    `perform durable_v1();
        perform lock_slots_v1(jsonb_build_array(given.user_key), now);
        evicted := array(
          select id from sessions
          where user_id = given.user_id and id <> given.id and now < least(idle_expires_at, absolute_expires_at)
          order by created_at desc, place desc offset greatest((doc -> 'maxPerUser')::integer - 1, 0));
        perform 1 from sessions where id = any(evicted || given.id) order by id for update;
        -- One that was revoked meanwhile has not been evicted.
        evicted := array(select id from sessions where id = any(evicted) order by created_at, place);
        delete from sessions where id = any(evicted || given.id);
        given.generation := 0;
        given.previous_hash := null;
        given.rotated_at := null;
        given.place := coalesce((select max(place) from sessions where user_id = given.user_id), 0) + 1;
        given.sweep_at := swept_from_v1(given);
        insert into sessions select given.*;
        return jsonb_build_object('evicted', to_jsonb(evicted));`,
  ),
  verb(
    'find_session',
    `now bigint := (doc -> 'now')::bigint;`,
    `return (select to_jsonb(s) from sessions s where id = doc ->> 'sessionId' and now < least(idle_expires_at, absolute_expires_at));`,
  ),
  verb(
    'rotate_session',
    `now bigint := (doc -> 'now')::bigint;
        presented text := doc ->> 'presentedHash';
        s sessions;`,
    `perform durable_v1();
        select * into s from sessions where id = doc ->> 'sessionId' for no key update;
        if s.id is null or now >= least(s.idle_expires_at, s.absolute_expires_at) + ${RETENTION_MS} then
          return '{"is": "gone"}';
        end if;
        if now >= least(s.idle_expires_at, s.absolute_expires_at) then
          return '{"is": "expired"}';
        end if;
        if presented = s.current_hash then
          s.idle_expires_at := least((doc -> 'idleExpiresAt')::bigint, s.absolute_expires_at);
          s.sweep_at := swept_from_v1(s);
          if doc ->> 'nextHash' is not null then
            s.previous_hash := s.current_hash;
            s.current_hash := doc ->> 'nextHash';
            s.generation := s.generation + 1;
            s.rotated_at := now;
          end if;
          update sessions
            set idle_expires_at = s.idle_expires_at, sweep_at = s.sweep_at, previous_hash = s.previous_hash, current_hash = s.current_hash,
              generation = s.generation, rotated_at = s.rotated_at
            where id = s.id;
          return jsonb_build_object('is', case when doc ->> 'nextHash' is null then 'kept' else 'rotated' end, 'session', to_jsonb(s));
        end if;
        if presented = s.previous_hash and now < s.rotated_at + (doc -> 'graceSeconds')::numeric * 1000 then
          return jsonb_build_object('is', 'replayed', 'session', to_jsonb(s));
        end if;
        if doc ->> 'onReuse' = 'revoke' then
          delete from sessions where id = s.id;
        end if;
        return '{"is": "reused"}';`,
  ),
  verb(
    'revoke_session',
    `now bigint := (doc -> 'now')::bigint;`,
    `perform durable_v1();
        delete from sessions where id = doc ->> 'sessionId' and now < least(idle_expires_at, absolute_expires_at);
        return to_jsonb(found);`,
  ),
  verb(
    'revoke_sessions_of',
    `now bigint := (doc -> 'now')::bigint;
        ended text[]; removed integer;`,
    `perform durable_v1();
        ended := array(
          select id from sessions
          where user_id = doc ->> 'userId' and id is distinct from doc ->> 'exceptSessionId' and now < least(idle_expires_at, absolute_expires_at)
          order by id for update);
        delete from sessions where id = any(ended);
        get diagnostics removed = row_count;
        return to_jsonb(removed);`,
  ),
  verb(
    'list_sessions_of',
    `now bigint := (doc -> 'now')::bigint;`,
    `return (
          select coalesce(jsonb_agg(to_jsonb(s) order by created_at desc, place desc), '[]')
          from sessions s where user_id = doc ->> 'userId' and now < least(idle_expires_at, absolute_expires_at));`,
  ),
].join('\n');
