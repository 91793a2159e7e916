// Which tables hold the wallet? Nothing in them is ever deleted: coins are marked, rows end.

/** Migration 1 of a profile's database. Amounts are sats, `*_at` Unix milliseconds, lock times Unix seconds of the mint. */
export const walletSchema = `
CREATE TABLE wallet_words (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  words TEXT NOT NULL
) STRICT;

CREATE TABLE wallet_key (
  role TEXT NOT NULL CHECK (role IN ('payment', 'refund', 'quote')),
  idx INTEGER NOT NULL,
  pubkey TEXT NOT NULL,
  PRIMARY KEY (role, idx)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX wallet_key_by_x ON wallet_key (substr(pubkey, 3));

CREATE TABLE wallet_mint (
  url TEXT PRIMARY KEY,
  trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
  info TEXT,
  keysets_seen_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE wallet_keyset (
  mint TEXT NOT NULL,
  id TEXT NOT NULL,
  unit TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  fee_ppk INTEGER NOT NULL,
  final_expiry INTEGER,
  keys TEXT,
  PRIMARY KEY (mint, id)
) STRICT, WITHOUT ROWID;

-- By keyset id alone: secrets are derived from it, and one mint may be known by two addresses.
CREATE TABLE wallet_counter (
  keyset_id TEXT PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE wallet_operation (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('prepared', 'submitted', 'done', 'failed')),
  mint TEXT NOT NULL,
  unit TEXT NOT NULL,
  amount_sat INTEGER NOT NULL,
  fee_sat INTEGER NOT NULL,
  order_id TEXT,
  inputs TEXT NOT NULL,
  plan TEXT NOT NULL,
  quote TEXT,
  effect TEXT,
  owner TEXT NOT NULL,
  result TEXT,
  capture_before INTEGER,
  lock_ends_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((result IS NULL) = (state IN ('prepared', 'submitted')))
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_operation_open ON wallet_operation (created_at) WHERE state IN ('prepared', 'submitted');
CREATE INDEX wallet_operation_by_time ON wallet_operation (created_at);
CREATE INDEX wallet_operation_by_order ON wallet_operation (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE wallet_attempt (
  operation_id TEXT NOT NULL REFERENCES wallet_operation (id),
  number INTEGER NOT NULL,
  outputs TEXT NOT NULL,
  fee_sat INTEGER NOT NULL,
  may_land_until INTEGER NOT NULL,
  PRIMARY KEY (operation_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE wallet_input (
  y TEXT NOT NULL,
  operation_id TEXT NOT NULL REFERENCES wallet_operation (id),
  PRIMARY KEY (y, operation_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wallet_coin (
  y TEXT PRIMARY KEY,
  mint TEXT NOT NULL,
  keyset_id TEXT NOT NULL,
  amount_sat INTEGER NOT NULL CHECK (amount_sat > 0),
  proof TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('unspent', 'reserved', 'spent')),
  made_by TEXT NOT NULL REFERENCES wallet_operation (id),
  taken_by TEXT REFERENCES wallet_operation (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_coin_held ON wallet_coin (mint, state) WHERE state <> 'spent';

-- Proofs of tokens this wallet made and gave away; settled: they are spent, by whomever.
CREATE TABLE wallet_token_proof (
  y TEXT PRIMARY KEY,
  operation_id TEXT NOT NULL REFERENCES wallet_operation (id),
  settled INTEGER NOT NULL CHECK (settled IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_token_proof_by_operation ON wallet_token_proof (operation_id);
CREATE INDEX wallet_token_proof_open ON wallet_token_proof (operation_id) WHERE settled = 0;

CREATE TABLE wallet_claim (
  y TEXT PRIMARY KEY,
  sender TEXT NOT NULL,
  order_id TEXT NOT NULL,
  until INTEGER
) STRICT, WITHOUT ROWID;

-- One row per proof, for ever: what was captured is never released, what was released is never captured.
CREATE TABLE wallet_fate (
  y TEXT PRIMARY KEY,
  fate TEXT NOT NULL CHECK (fate IN ('captured', 'released')),
  operation_id TEXT NOT NULL REFERENCES wallet_operation (id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
`

/** Migration 4: words that a person brought, and the keysets whose earlier coins are known. */
export const restoreSchema = `
ALTER TABLE wallet_words ADD COLUMN given INTEGER NOT NULL DEFAULT 0 CHECK (given IN (0, 1));

CREATE TABLE wallet_searched (
  keyset_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
`
