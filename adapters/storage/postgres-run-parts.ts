import { COLUMNS } from './postgres-resend-functions.ts';

// Parts of `run_v3`, as statements in its loop over operations.

const given = (column: string): string => `given[${COLUMNS.indexOf(column) + 1}]`;

/** What operation k is about, and whether it is over before anything is charged. */
export const OPENED: string = `
            op := ops -> (k - 1);
            verb := op ->> 'verb';
            now := (op -> 'now')::bigint;
            owner := null;
            answer := null;
            is_right := false;
            if verb = 'issue' then
              given := given_v3(op -> 'challenge');
              owner := ${given('phone_key')};
              if ${given('idempotency_hash')} is not null then
                answer := repeated_v1(op, challenge_v3(op -> 'challenge'), now);
              end if;
            elsif verb = 'redeem' then
              select * into c from challenges where id = op ->> 'id';
              owner := c.phone_key;
              answer := '{"is":"' || end_of_v1(c, op -> 'purposes', now) || '"}';
              is_right := coalesce(c.digest = any((op ->> 'digests')::text[]), false);
            elsif verb = 'next_send' then
              select * into c from challenges where id = op ->> 'id';
              owner := c.phone_key;
              if not coalesce(awaits_v1(c, op, now), false) then
                answer := '{"is":"settled"}';
              end if;
            end if;
            if answer is null then
              first := (op -> 'first')::integer;
              last := (op -> 'last')::integer;
              cooldown := (op ->> 'cooldown')::bigint[];
              judged := judged_v3(held, keys, hits, first, last, cooldown, now);
              if judged.refused is not null then
                answer := json_build_object('is', 'limited', 'retryAt', judged.retry_at, 'limit',
                  case judged.refused when 0 then op ->> 'pace' else ((doc ->> 'limits')::text[])[first + judged.refused - 1] end);
              end if;
            end if;`;

/** What it must hold before it may write. Two operations of one number would not see what the other does to its challenges. */
export const WANTED: string = `
              foreach place in array (op ->> 'locked')::integer[] loop
                is_wanted[place] := true;
              end loop;
              if owner = any(owners) then
                raise exception 'ringlatch: one number twice in a batch' using errcode = 'serialization_failure';
              elsif owner is not null then
                owners := owners || owner;
                place := array_position(names, owner);
                if place is null then
                  names := names || owner;
                  held := held || rows_v3(array[owner]);
                  place := cardinality(names);
                end if;
                is_wanted[place] := true;
              end if;`;

/** Writes its hits and its send down, in memory; then forgets what is to be cleared. Once accepted, nothing was wrong. */
export const CHARGED: string = `
              totals := judged.totals;
              for i in first .. last loop
                at := 7 * i - 7;
                if hits[at + 4] > 0 and (not is_right or hits[at + 7] = 1) then
                  place := hits[at + 1];
                  held[place] := with_bucket_v3(held[place], keys[i], hits[at + 5], hits[at + 4], hits[at + 6], now);
                  totals[hits[at + 2]] := totals[hits[at + 2]] + hits[at + 4];
                  is_changed[place] := true;
                end if;
              end loop;
              counts := '';
              for i in first .. last loop
                counts := counts || ',' || totals[hits[7 * i - 5]];
              end loop;
              if cooldown is not null then
                place := cooldown[1];
                held[place] := with_rungs_v3(
                  with_bucket_v3(held[place], keys[cooldown[2]], now, 1, cooldown[3], now), keys[cooldown[2]], greatest(1, cardinality(cooldown) - 3));
                is_changed[place] := true;
              end if;
              if is_right and op ? 'clears' then
                cleared := (op ->> 'clears')::integer[];
                for i in 1 .. cardinality(cleared) by 2 loop
                  place := cleared[i];
                  if keys[cleared[i + 1]] = any((held[place]).keys) then
                    held[place] := without_v3(held[place], keys[cleared[i + 1]], now);
                    is_changed[place] := true;
                  end if;
                end loop;
              end if;
              answer := '"counts":[' || substr(counts, 2) || ']}';`;

/** What becomes of its challenge, once its number is held. */
export const DONE: string = `
              case verb
                when 'take' then
                  answer := '{"is":"taken",' || answer;
                when 'issue' then
                  issued := issued || k;
                  resend_ats := resend_ats || judged.resend_at;
                when 'redeem' then
                  c.attempts_left := c.attempts_left - 1;
                  paid := paid || row(c,
                    case when is_right and not (op -> 'keep')::boolean then now end, is_right, now,
                    op #>> '{proof,hash}', (op #> '{proof,expiresAt}')::bigint)::payment;
                  if is_right then
                    answer := '{"is":"accepted","challenge":' || row_to_json(c) || ',' || answer;
                  else
                    answer := '{"is":"wrong","attemptsLeft":' || c.attempts_left || '}';
                  end if;
                when 'next_send' then
                  later := later || k;
                  resent := resent || c;
              end case;`;
