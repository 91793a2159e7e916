// Which tables hold a provider's orders, leases and books?

/** SQL of the migration that adds them. */
export const ledgerSchema = `
CREATE TABLE ledger_orders (
  key TEXT PRIMARY KEY,
  sender TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('spawn', 'topup', 'stop')),
  order_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL,
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  lease_id TEXT,
  spec_id TEXT,
  body TEXT NOT NULL,
  reply TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_orders_by_id ON ledger_orders (order_id);
CREATE INDEX ledger_orders_open ON ledger_orders (created_at) WHERE open = 1;

CREATE TABLE ledger_leases (
  lease_id TEXT PRIMARY KEY,
  order_key TEXT NOT NULL REFERENCES ledger_orders (key),
  owner TEXT NOT NULL,
  pod_npub TEXT NOT NULL UNIQUE,
  pod_name TEXT NOT NULL UNIQUE,
  spec_id TEXT NOT NULL,
  state TEXT NOT NULL,
  paid_from INTEGER NOT NULL,
  paid_until INTEGER NOT NULL,
  rest_msat INTEGER NOT NULL CHECK (rest_msat >= 0),
  body TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_leases_by_state ON ledger_leases (state);

CREATE TABLE ledger_credits (
  lease_id TEXT NOT NULL REFERENCES ledger_leases (lease_id),
  order_key TEXT NOT NULL REFERENCES ledger_orders (key),
  mint TEXT NOT NULL,
  amount_msat INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_credits_by_lease ON ledger_credits (lease_id);

CREATE TABLE ledger_outbox (
  order_key TEXT PRIMARY KEY REFERENCES ledger_orders (key),
  door TEXT NOT NULL,
  address TEXT NOT NULL,
  content TEXT NOT NULL,
  until INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_outbox_by_time ON ledger_outbox (next_at);

CREATE TABLE ledger_wraps (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_wraps_by_time ON ledger_wraps (at);

CREATE TABLE ledger_notes (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
`
