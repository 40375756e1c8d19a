import { batchFunction, DIRECT_PLANS } from './postgres-batch-function.ts';
import { dollarQuoted } from './postgres-text.ts';
import { RETENTION_MS } from './retention.ts';

/**
 * Verbs of the session store for many at once: what they take and answer are lists, in one order. Sessions are locked in the order of their ids,
 * after the slots of their users, as the verbs for one do.
 */
export const SESSION_BATCH_FUNCTIONS: string = [
  // As `rotate_session`, of each session one; `null` rotates nothing.
  batchFunction(
    'rotate_sessions',
    'text',
    'asked record; op jsonb; s sessions; now bigint; ends_at bigint; outcome text; answers text[]; changed sessions[]; reused text[];',
    `perform durable_v1();
        perform 1 from sessions where id = any(array(select r ->> 'sessionId' from jsonb_array_elements(doc) r)) order by id for no key update;
        for asked in
          select r as op, t as s from jsonb_array_elements(doc) with ordinality o(r, at) left join sessions t on t.id = r ->> 'sessionId'
          order by at
        loop
          op := asked.op;
          s := asked.s;
          now := (op -> 'now')::bigint;
          ends_at := least(s.idle_expires_at, s.absolute_expires_at);
          if op = 'null' then
            outcome := null;
          elsif s.id is null or now >= ends_at + ${RETENTION_MS} then
            outcome := 'gone';
          elsif now >= ends_at then
            outcome := 'expired';
          elsif op ->> 'presentedHash' = s.current_hash then
            outcome := 'kept';
            s.idle_expires_at := least((op -> 'idleExpiresAt')::bigint, s.absolute_expires_at);
            s.sweep_at := swept_from_v1(s);
            if op ->> 'nextHash' is not null then
              outcome := 'rotated';
              s.previous_hash := s.current_hash;
              s.current_hash := op ->> 'nextHash';
              s.generation := s.generation + 1;
              s.rotated_at := now;
            end if;
            changed := changed || s;
          elsif op ->> 'presentedHash' = s.previous_hash and now < s.rotated_at + (op -> 'graceSeconds')::numeric * 1000 then
            outcome := 'replayed';
          else
            outcome := 'reused';
            if op ->> 'onReuse' = 'revoke' then
              reused := reused || s.id;
            end if;
          end if;
          answers := answers || case
            when outcome is null then 'null'
            when outcome in ('rotated', 'kept', 'replayed') then '{"is":"' || outcome || '","session":' || row_to_json(s) || '}'
            else '{"is":"' || outcome || '"}' end;
        end loop;
        if changed is not null then
          update sessions t
            set idle_expires_at = n.idle_expires_at, sweep_at = n.sweep_at, previous_hash = n.previous_hash, current_hash = n.current_hash,
              generation = n.generation, rotated_at = n.rotated_at
            from unnest(changed) n where t.id = n.id;
        end if;
        if reused is not null then
          delete from sessions where id = any(reused);
        end if;
        return '[' || array_to_string(answers, ',') || ']';`,
  ),
  // As `create_session`, of each user one.
  batchFunction(
    'create_sessions',
    'jsonb',
    '',
    `perform durable_v1();
        return to_jsonb(open_sessions_v3(
          array(select jsonb_populate_record(null::sessions, op -> 'session') from jsonb_array_elements(doc) with ordinality t(op, at) order by at),
          array(select (op -> 'maxPerUser')::integer from jsonb_array_elements(doc) with ordinality t(op, at) order by at),
          array(select (op -> 'now')::bigint from jsonb_array_elements(doc) with ordinality t(op, at) order by at),
          array(select k from generate_series(1, jsonb_array_length(doc)) k)));`,
  ),
  // `others` are the places of those whose users may have sessions already: a user who was made in the same step has none, and nobody else can
  // open any.
  `
    create function open_sessions_v3(given sessions[], most integer[], moments bigint[], others integer[]) returns jsonb[]
      language plpgsql volatile ${DIRECT_PLANS} as ${dollarQuoted(`
      declare
        s sessions; users text[] := '{}'; counted record; crowded integer[] := '{}'; gone text[]; answers jsonb[];
      begin
        for k in 1 .. cardinality(given) loop
          s := given[k];
          if s.user_id = any(users) then
            raise exception 'ringlatch: one user twice in a batch' using errcode = 'serialization_failure';
          end if;
          s.generation := 0;
          s.previous_hash := null;
          s.rotated_at := null;
          s.place := 1;
          s.sweep_at := swept_from_v1(s);
          given[k] := s;
          users[k] := s.user_id;
          answers[k] := '{"evicted": []}';
        end loop;
        if others <> '{}' then
          perform lock_slots_v1((select jsonb_agg((given[k]).user_key) from unnest(others) k), (select max(m) from unnest(moments) m));
          for counted in
            select k, max(t.place) as place, bool_or(t.id = (given[k]).id) as is_there,
              count(*) filter (where t.id <> (given[k]).id and moments[k] < least(t.idle_expires_at, t.absolute_expires_at)) as living
            from unnest(others) k join sessions t on t.user_id = users[k] group by k
          loop
            given[counted.k].place := counted.place + 1;
            if counted.is_there or counted.living >= most[counted.k] then
              crowded := crowded || counted.k;
            end if;
          end loop;
        end if;
        if crowded <> '{}' then
          gone := array(
            select e.id from unnest(crowded) k cross join lateral (
              select t.id from sessions t
              where t.user_id = users[k] and t.id <> (given[k]).id and moments[k] < least(t.idle_expires_at, t.absolute_expires_at)
              order by t.created_at desc, t.place desc offset greatest(most[k] - 1, 0)) e);
          perform 1 from sessions where id = any(gone || array(select (given[k]).id from unnest(crowded) k)) order by id for update;
          -- One that was revoked meanwhile has not been evicted.
          for counted in
            select array_position(users, user_id) as k, jsonb_agg(id order by created_at, place) as ids from sessions where id = any(gone)
            group by user_id
          loop
            answers[counted.k] := jsonb_build_object('evicted', counted.ids);
          end loop;
          delete from sessions where id = any(gone || array(select (given[k]).id from unnest(crowded) k));
        end if;
        insert into sessions select * from unnest(given);
        return answers;
      end`)};`,
].join('\n');
