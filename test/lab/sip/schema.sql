-- What the telephone service adds to Kamailio's own tables: one line a call, by its Call-ID, with what has happened so far.
create table cdrs (
  callid text primary key,
  src text not null,
  dst text not null,
  called_at timestamptz not null,
  answered_at timestamptz,
  ended_at timestamptz
);
