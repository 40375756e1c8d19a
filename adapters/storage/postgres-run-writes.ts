import { COLUMNS } from './postgres-resend-functions.ts';

// What `run_v3` writes about challenges, once its loops over operations are done and the rows of `slots` are written.

const TYPES: Readonly<Record<string, string>> = {
  code_length: '::integer',
  max_attempts: '::integer',
  created_at: '::bigint',
  expires_at: '::bigint',
};
const given = (column: string): string => `given[${COLUMNS.indexOf(column) + 1}]${TYPES[column] ?? ''}`;

// What a proof says of its challenge.
const PROVED = ['phone_key', 'phone_number', 'purpose', 'user_id', 'context', 'context_hash', 'reference', 'profile'];
const provedOf = (row: string): string => PROVED.map((column) => `${row}.${column}`).join(', ');

/** What a run pays for the codes that it judged. */
export const PAYMENT_TYPE: string = `
    create type payment as (challenge challenges, used_at bigint, is_right boolean, paid_at bigint, proof_hash text, proof_expires_at bigint);`;

/** Makes the challenges of what issues; one that names another, or that is there already, goes the long way. */
export const ISSUED: string = `
        for i in 1 .. coalesce(cardinality(issued), 0) loop
          at := issued[i];
          op := ops -> (at - 1);
          is_made := op ->> 'resendOf' is null;
          if is_made then
            given := given_v3(op -> 'challenge');
            insert into challenges (${COLUMNS.join(', ')}, attempts_left, sends, resend_at)
              values (${[...COLUMNS, 'max_attempts'].map(given).join(', ')}, 1, resend_ats[i])
              on conflict (id) do nothing;
            is_made := found;
          end if;
          if is_made then
            answers[at] := '{"is":"issued","resendAt":' || resend_ats[i] || ',' || answers[at];
          else
            c := challenge_v3(op -> 'challenge');
            c.resend_at := resend_ats[i];
            later := later || at;
            resent := resent || c;
          end if;
        end loop;`;

/** Pays for the codes that were judged; of those that were right, makes the proofs. */
export const PAID: string = `
        if paid is not null then
          update challenges o
            set attempts_left = o.attempts_left - (o.id = (p.challenge).id)::integer,
              used_at = case when o.id = (p.challenge).id then p.used_at else p.paid_at end
            from unnest(paid) p
            where o.phone_key = (p.challenge).phone_key and o.purpose = (p.challenge).purpose and o.used_at is null
              and (o.id = (p.challenge).id or (p.is_right and o.attempts_left > 0 and p.paid_at < o.expires_at));
          insert into proofs (hash, ${PROVED.join(', ')}, expires_at)
            select p.proof_hash, ${provedOf('(p.challenge)')}, p.proof_expires_at from unnest(paid) p where p.is_right
            on conflict (hash) do update set (${PROVED.join(', ')}, expires_at) = (${provedOf('excluded')}, excluded.expires_at);
        end if;`;
