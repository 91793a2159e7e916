// Which tables hold a consumer's orders and pods?

/** One migration: orders are JSON bodies behind a few columns, pods are rows. Times in milliseconds since the epoch. */
export const orderSchema = `
CREATE TABLE orders (
  order_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL,
  owner TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_time ON orders (created_at, order_id);
CREATE TABLE pods (
  npub TEXT PRIMARY KEY,
  provider TEXT NOT NULL,
  order_id TEXT NOT NULL REFERENCES orders (order_id),
  name TEXT NOT NULL,
  alias TEXT,
  spec_id TEXT NOT NULL,
  state TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  user TEXT NOT NULL,
  password TEXT,
  key_path TEXT,
  host_key TEXT,
  onion TEXT,
  rate_msat_per_sec INTEGER NOT NULL,
  mint TEXT NOT NULL,
  relays TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
`
