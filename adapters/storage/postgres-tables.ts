/**
 * The tables of version 1. Times are epoch ms. What changes often lies in no index, so that such an update touches its page and no other;
 * `sweep_at` is rounded up for that reason.
 */
export const TABLES = `
    create table challenges (
      id text primary key,
      phone_key text not null,
      phone_number text not null,
      purpose text not null,
      user_id text,
      context text,
      context_hash text,
      reference text,
      seed text not null,
      digest text,
      profile text,
      idempotency_hash text,
      locale text not null,
      channel text not null,
      code_length integer not null,
      max_attempts integer not null,
      created_at bigint not null,
      expires_at bigint not null,
      attempts_left integer not null check (attempts_left >= 0),
      sends integer not null,
      resend_at bigint not null,
      used_at bigint
    ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
    create index challenges_of_number on challenges (phone_key, purpose) where used_at is null;
    create index challenges_by_expiry on challenges (expires_at);

    create table proofs (
      hash text primary key,
      phone_key text not null,
      phone_number text not null,
      purpose text not null,
      user_id text,
      context text,
      context_hash text,
      reference text,
      profile text,
      expires_at bigint not null
    ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
    create index proofs_by_expiry on proofs (expires_at);

    create table slots (
      slot text primary key,
      counters jsonb not null,
      sweep_at bigint not null
    ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
    create index slots_by_expiry on slots (sweep_at);
    comment on table slots is 'One row per number, address, user …: what verbs lock first. counters: key -> [startsAt, count, countsUntil][]';

    create table deliveries (
      challenge_id text not null,
      send integer not null,
      state text not null,
      at bigint not null,
      primary key (challenge_id, send)
    );

    create table sessions (
      id text primary key,
      user_id text not null,
      user_key text not null,
      current_hash text not null,
      previous_hash text,
      generation integer not null,
      amr text not null,
      user_agent text,
      ip text,
      auth_time bigint not null,
      created_at bigint not null,
      rotated_at bigint,
      idle_expires_at bigint not null,
      absolute_expires_at bigint not null,
      place bigint not null,
      sweep_at bigint not null
    ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
    create index sessions_of_user on sessions (user_id, created_at, place);
    create index sessions_by_expiry on sessions (sweep_at);

    create table users (
      id uuid primary key,
      phone_number text unique,
      disabled boolean not null default false,
      profile jsonb not null,
      password_hash text,
      created_at bigint not null,
      phone_number_verified_at bigint not null
    );`;
