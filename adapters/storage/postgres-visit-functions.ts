import { DURABLY, step, verb } from './postgres-functions.ts';
import { sweptFrom } from './postgres-session-functions.ts';
import { RETENTION_MS } from './retention.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** How sessions begin and go on, with the answers of `session-verbs.ts`: what nearly always happens in as few statements as can be. */
export const VISIT_FUNCTIONS: string = [
  // Answers who was evicted. A user who was made in the same step has no sessions, and nobody else can open any.
  step(
    'session_opened_v3(given sessions, most integer, now bigint, is_first boolean) returns text[]',
    `others bigint; latest bigint := 0; is_there boolean; evicted text[] := '{}';`,
    `${DURABLY}
        if not is_first then
          -- As \`lock_slots_v1\`.
          insert into slots (slot, counters, sweep_at) values (given.user_key, '{}', rounded_up_v1(now + ${DAY_MS + HOUR_MS}))
            on conflict (slot) do update set counters = slots.counters where false;
          select count(*) filter (where id <> given.id and now < least(idle_expires_at, absolute_expires_at)), coalesce(max(place), 0),
              exists (select from sessions where id = given.id)
            into others, latest, is_there
            from sessions where user_id = given.user_id;
          if others >= most or is_there then
            evicted := array(
              select id from sessions
              where user_id = given.user_id and id <> given.id and now < least(idle_expires_at, absolute_expires_at)
              order by created_at desc, place desc offset greatest(most - 1, 0));
            perform 1 from sessions where id = any(evicted || given.id) order by id for update;
            -- One that was revoked meanwhile has not been evicted.
            evicted := array(select id from sessions where id = any(evicted) order by created_at, place);
            delete from sessions where id = any(evicted || given.id);
          end if;
        end if;
        insert into sessions (id, user_id, user_key, current_hash, generation, amr, user_agent, ip, auth_time, created_at, idle_expires_at,
            absolute_expires_at, place, sweep_at)
          values (given.id, given.user_id, given.user_key, given.current_hash, 0, given.amr, given.user_agent, given.ip, given.auth_time,
            given.created_at, given.idle_expires_at, given.absolute_expires_at, latest + 1, swept_from_v1(given));
        return evicted;`,
  ),
  verb(
    'create_session',
    `evicted text[] := session_opened_v3(
          jsonb_populate_record(null::sessions, doc -> 'session'), (doc -> 'maxPerUser')::integer, (doc -> 'now')::bigint, false);`,
    `return jsonb_build_object('evicted', to_jsonb(evicted));`,
    3,
  ),
  verb(
    'rotate_session',
    `now bigint := (doc -> 'now')::bigint;
        presented text := doc ->> 'presentedHash';
        next text := doc ->> 'nextHash';
        idle bigint := (doc -> 'idleExpiresAt')::bigint;
        s sessions;`,
    `${DURABLY}
        loop
          update sessions
            set idle_expires_at = least(idle, absolute_expires_at),
              sweep_at = ${sweptFrom('least(idle, absolute_expires_at)')},
              previous_hash = case when next is null then previous_hash else current_hash end,
              current_hash = coalesce(next, current_hash),
              generation = generation + (next is not null)::integer,
              rotated_at = case when next is null then rotated_at else now end
            where id = doc ->> 'sessionId' and current_hash = presented and now < least(idle_expires_at, absolute_expires_at)
            returning * into s;
          if found then
            return jsonb_build_object('is', case when next is null then 'kept' else 'rotated' end, 'session', to_jsonb(s));
          end if;
          select * into s from sessions where id = doc ->> 'sessionId' for no key update;
          if s.id is null or now >= least(s.idle_expires_at, s.absolute_expires_at) + ${RETENTION_MS} then
            return '{"is": "gone"}';
          elsif now >= least(s.idle_expires_at, s.absolute_expires_at) then
            return '{"is": "expired"}';
          end if;
          -- It came meanwhile, and is held now.
          continue when presented = s.current_hash;
          if presented = s.previous_hash and now < s.rotated_at + (doc -> 'graceSeconds')::numeric * 1000 then
            return jsonb_build_object('is', 'replayed', 'session', to_jsonb(s));
          end if;
          if doc ->> 'onReuse' = 'revoke' then
            delete from sessions where id = s.id;
          end if;
          return '{"is": "reused"}';
        end loop;`,
    3,
  ),
].join('\n');
