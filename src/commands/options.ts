// Which options exist? The one registry that makes flags, environment variables, preferences and help.

/** Preferences of `paygress config` that stand in for a flag. */
export type PreferenceKey = 'relays' | 'mint' | 'provider' | 'output' | 'max_rate' | 'ssh_key'

export interface OptionDefinition {
  /** As commander reads it: `--spec <id>`, `-q, --quiet`. */
  flags: string
  description: string
  /** The environment twin; all but `--token` have one. */
  env?: string
  preference?: PreferenceKey
  /** May be given several times; the environment takes a comma-separated list. */
  many?: boolean
}

/** Options that every command understands. */
export const GLOBAL_OPTIONS = {
  relay: {
    flags: '--relay <url>',
    description: 'relay to use instead of the configured ones (repeatable)',
    env: 'PAYGRESS_RELAYS',
    preference: 'relays',
    many: true,
  },
  mint: { flags: '--mint <url>', description: 'mint to pay from', env: 'PAYGRESS_MINT', preference: 'mint' },
  home: { flags: '--home <dir>', description: 'folder for everything paygress keeps', env: 'PAYGRESS_HOME' },
  profile: {
    flags: '--profile <name>',
    description: 'separate identity, wallet and orders',
    env: 'PAYGRESS_PROFILE',
  },
  output: {
    flags: '-o, --output <format>',
    description: 'table, json, yaml or name',
    env: 'PAYGRESS_OUTPUT',
    preference: 'output',
  },
  json: { flags: '--json', description: 'the same as -o json', env: 'PAYGRESS_JSON' },
  columns: {
    flags: '--columns <keys>',
    description: 'columns of a table, comma-separated',
    env: 'PAYGRESS_COLUMNS',
  },
  headers: {
    flags: '--no-headers',
    description: 'leave out the header line of a table',
    env: 'PAYGRESS_NO_HEADERS',
  },
  timeout: {
    flags: '--timeout <duration>',
    description: 'how long to wait for an answer (default 60s; for a quote 20s, for a mint 15s)',
    env: 'PAYGRESS_TIMEOUT',
  },
  yes: { flags: '-y, --yes', description: 'do not ask, go ahead', env: 'PAYGRESS_YES' },
  quiet: { flags: '-q, --quiet', description: 'no progress, only the answer', env: 'PAYGRESS_QUIET' },
  verbose: { flags: '--verbose', description: 'show where an error came from', env: 'PAYGRESS_VERBOSE' },
  color: { flags: '--no-color', description: 'no colours', env: 'PAYGRESS_NO_COLOR' },
} as const satisfies Record<string, OptionDefinition>

/** Options of single commands, by the name their value has afterwards. */
export const COMMAND_OPTIONS = {
  spec: {
    flags: '--spec <id>',
    description: 'machine size, as `paygress offers` lists it',
    env: 'PAYGRESS_SPEC',
  },
  for: {
    flags: '--for <duration>',
    description: 'how long, for example 90s, 45m, 2h, 1h30m',
    env: 'PAYGRESS_FOR',
  },
  amount: { flags: '--amount <sats>', description: 'as long as this many sats last', env: 'PAYGRESS_AMOUNT' },
  until: { flags: '--until <time>', description: 'until an ISO 8601 time', env: 'PAYGRESS_UNTIL' },
  provider: {
    flags: '--provider <name>',
    description: 'npub, hex, unique prefix or name (default: the cheapest that fits)',
    env: 'PAYGRESS_PROVIDER',
    preference: 'provider',
  },
  minCpu: {
    flags: '--min-cpu <cores>',
    description: 'at least this many cores, for example 0.5',
    env: 'PAYGRESS_MIN_CPU',
  },
  minMemory: {
    flags: '--min-memory <mb>',
    description: 'at least this much memory',
    env: 'PAYGRESS_MIN_MEMORY',
  },
  maxRate: {
    flags: '--max-rate <sats>',
    description: 'at most this many sats per hour',
    env: 'PAYGRESS_MAX_RATE',
    preference: 'max_rate',
  },
  sort: {
    flags: '--sort <key>',
    description: 'price, cpu, memory or age (default price)',
    env: 'PAYGRESS_SORT',
  },
  all: { flags: '--all', description: 'what is over too: dead offers, ended machines', env: 'PAYGRESS_ALL' },
  watch: { flags: '--watch', description: 'stay and print changes', env: 'PAYGRESS_WATCH' },
  image: { flags: '--image <ref>', description: 'container image', env: 'PAYGRESS_IMAGE' },
  user: { flags: '--user <name>', description: 'login name (default paygress)', env: 'PAYGRESS_USER' },
  passwordStdin: {
    flags: '--password-stdin',
    description: 'read the login password from stdin',
    env: 'PAYGRESS_PASSWORD_STDIN',
  },
  generatePassword: {
    flags: '--generate-password',
    description: 'let the machine have a password too',
    env: 'PAYGRESS_GENERATE_PASSWORD',
  },
  sshKey: {
    flags: '--ssh-key <file>',
    description: 'public key to log in with (default: a key made for this order)',
    env: 'PAYGRESS_SSH_KEY',
    preference: 'ssh_key',
  },
  maxPrice: {
    flags: '--max-price <sats>',
    description: 'refuse to pay more than this',
    env: 'PAYGRESS_MAX_PRICE',
  },
  token: { flags: '--token <dash>', description: 'pay with a token read from stdin: --token -' },
  tokenFile: {
    flags: '--token-file <file>',
    description: 'pay with the token in a file',
    env: 'PAYGRESS_TOKEN_FILE',
  },
  order: {
    flags: '--order <id>',
    description: 'name the order: repeating it never buys twice',
    env: 'PAYGRESS_ORDER',
  },
  alias: { flags: '--alias <name>', description: 'your own name for the pod', env: 'PAYGRESS_ALIAS' },
  lock: {
    flags: '--no-lock',
    description: 'pay with a bearer token: the provider could keep it',
    env: 'PAYGRESS_NO_LOCK',
  },
  dryRun: { flags: '--dry-run', description: 'show the preview and stop', env: 'PAYGRESS_DRY_RUN' },
  wait: { flags: '--no-wait', description: 'do not wait until SSH answers', env: 'PAYGRESS_NO_WAIT' },
  print: {
    flags: '--print',
    description: 'show the ssh command instead of running it',
    env: 'PAYGRESS_PRINT',
  },
  tor: {
    flags: '--tor',
    description: 'connect to the onion address, through the Tor at PAYGRESS_TOR_PROXY (127.0.0.1:9050)',
    env: 'PAYGRESS_TOR',
  },
  config: { flags: '--config', description: 'print a Host block for ~/.ssh/config', env: 'PAYGRESS_CONFIG' },
  again: {
    flags: '--again <operation>',
    description: 'print a token once more that was made before, as `wallet history` lists it',
    env: 'PAYGRESS_AGAIN',
  },
  limit: { flags: '--limit <n>', description: 'how many entries (default 50)', env: 'PAYGRESS_LIMIT' },
  acceptNewCluster: {
    flags: '--accept-new-cluster',
    description: 'the cluster of before is gone for good: refund the machines that ran there',
    env: 'PAYGRESS_ACCEPT_NEW_CLUSTER',
  },
  reveal: {
    flags: '--reveal',
    description: 'yes, show the secret on this screen',
    env: 'PAYGRESS_REVEAL',
  },
  gap: {
    flags: '--gap <n>',
    description: 'search on over so many counters in a row that made no coin (default 500)',
    env: 'PAYGRESS_GAP',
  },
  wordsFile: {
    flags: '--words-file <file>',
    description: 'file with the 12 words',
    env: 'PAYGRESS_WORDS_FILE',
  },
  kubeconfig: {
    flags: '--kubeconfig <file>',
    description: 'kubeconfig of the cluster (default: KUBECONFIG, the pod’s own account, ~/.kube/config)',
    env: 'PAYGRESS_KUBECONFIG',
  },
  context: {
    flags: '--context <name>',
    description: 'context of the kubeconfig',
    env: 'PAYGRESS_CONTEXT',
  },
  backend: {
    flags: '--backend <name>',
    description: 'where machines run: kubernetes (default) or process',
    env: 'PAYGRESS_BACKEND',
  },
  // Not `--env-file`: Node takes that for its own wherever it stands, and loads the file or ends before us.
  dotenv: {
    flags: '--dotenv <file>',
    description: 'configuration file (default .env)',
    env: 'PAYGRESS_DOTENV',
  },
  mints: {
    flags: '--mints <urls>',
    description: 'mints to accept money from, comma-separated',
    env: 'PAYGRESS_MINTS',
  },
  sshHost: {
    flags: '--ssh-host <host>',
    description: 'address that buyers connect to',
    env: 'PAYGRESS_SSH_HOST',
  },
  name: { flags: '--name <name>', description: 'name of the provider', env: 'PAYGRESS_NAME' },
  keep: { flags: '--keep', description: 'stay up afterwards and print the exports', env: 'PAYGRESS_KEEP' },
  dir: {
    flags: '--dir <dir>',
    description: 'folder for its files; what is in it already is kept',
    env: 'PAYGRESS_DIR',
  },
  port: {
    flags: '--port <n>',
    description: 'port of the relay; the mint gets the next one',
    env: 'PAYGRESS_PORT',
  },
  withProvider: { flags: '--no-provider', description: 'relay and mint only', env: 'PAYGRESS_NO_PROVIDER' },
} as const satisfies Record<string, OptionDefinition>

export type CommandOption = keyof typeof COMMAND_OPTIONS
