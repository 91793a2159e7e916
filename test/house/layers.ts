// Who may import whom, as data; `refusal` answers it for one import. The lint rule paygress/layers asks it for every file of src/.
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'

interface Layer {
  /** Paths under src/ this layer may import: a folder with its trailing slash, or files. Its own folder is always allowed. */
  paths: readonly string[]
  /** Whether Node's own modules are allowed (the few with a single owner, as node:sqlite, stay with that owner). */
  node: boolean
}

const CORE = ['core/']
const PROTOCOL = ['protocol/', ...CORE]
const WALLET = ['wallet/', ...PROTOCOL]
/** Where use cases say what they need: ports.ts, or a file of its own for one large port (compute-port.ts). */
const PORTS = ['client', 'provider', 'wallet'].flatMap((side) => [`${side}/ports.ts`, `${side}/*-port.ts`])
const ADAPTER = [...PROTOCOL, ...PORTS]
const ADAPTERS = [
  'nostr/',
  'cashu/',
  'compute/',
  'storage/',
  'ssh/',
  'terminal/',
  'telemetry/',
  'doors/',
  'devnet/',
]
const WIRING = ['client/', 'provider/', ...WALLET]
const COMMANDS = ['wiring/', 'terminal/', ...WIRING]
const PROGRAM = ['commands/', ...COMMANDS]

/** Longest matching path wins, so an exception is a line of its own. */
const LAYERS: Readonly<Record<string, Layer>> = {
  'main.ts': { paths: ['program.ts', ...PROGRAM], node: true },
  'program.ts': { paths: PROGRAM, node: true },
  'commands/': { paths: COMMANDS, node: true },
  'wiring/': { paths: [...WIRING, ...ADAPTERS], node: true },
  'client/': { paths: WALLET, node: false },
  'provider/': { paths: WALLET, node: false },
  'wallet/': { paths: PROTOCOL, node: false },
  'protocol/': { paths: CORE, node: false },
  'core/': { paths: [], node: false },
  'nostr/': { paths: ADAPTER, node: true },
  'cashu/': { paths: ADAPTER, node: true },
  'compute/': { paths: [...ADAPTER, 'ssh/'], node: true },
  'compute/process/': { paths: [...ADAPTER, 'compute/', 'ssh/', 'storage/'], node: true },
  'ssh/': { paths: [...ADAPTER, 'storage/'], node: true },
  'storage/': { paths: ADAPTER, node: true },
  'terminal/': { paths: ADAPTER, node: true },
  'telemetry/': { paths: ADAPTER, node: true },
  'doors/': { paths: [...ADAPTER, 'nostr/', 'provider/'], node: true },
  'doors/mcp/consumer.ts': { paths: [...ADAPTER, 'doors/', 'nostr/', 'client/'], node: true },
  'devnet/': {
    paths: [...ADAPTER, 'storage/', 'cashu/mint-crypto.ts', 'nostr/verify-event.ts'],
    node: true,
  },
}

const ADAPTERS_AND_WALLET = ['wallet/', ...ADAPTERS]

/** The only importers of each library. Longest matching name wins; a library that is not here may be imported by nobody. */
const LIBRARIES: Readonly<Record<string, readonly string[] | 'everyone'>> = {
  zod: 'everyone',
  '@noble/hashes': 'everyone',
  '@scure/base': 'everyone',
  '@scure/bip39/wordlists': 'everyone',
  '@noble/curves': ADAPTERS_AND_WALLET,
  '@noble/ciphers': ADAPTERS_AND_WALLET,
  '@scure/bip32': ADAPTERS_AND_WALLET,
  '@scure/bip39': ADAPTERS_AND_WALLET,
  'nostr-tools': ['nostr/'],
  ws: ['nostr/', 'devnet/'],
  '@cashu/cashu-ts': ['cashu/'],
  '@kubernetes/client-node': ['compute/kubernetes/'],
  ssh2: ['compute/process/', 'ssh/'],
  chalk: ['terminal/'],
  ora: ['terminal/'],
  '@inquirer/prompts': ['terminal/'],
  uqr: ['terminal/'],
  yaml: ['terminal/', 'compute/kubernetes/'],
  conf: ['storage/'],
  dotenv: ['storage/', 'wiring/'],
  'node:sqlite': ['storage/'],
  pino: ['telemetry/'],
  'pino-pretty': ['telemetry/'],
  'prom-client': ['telemetry/'],
  commander: ['program.ts', 'main.ts'],
  '@modelcontextprotocol/sdk': ['doors/mcp/'],
}

/**
 * Why `file` (path under src/, with slashes) may not import `specifier`, as one sentence; undefined when it may.
 */
export function refusal(file: string, specifier: string): string | undefined {
  const own = longest(Object.keys(LAYERS), file)
  const layer = own === undefined ? undefined : LAYERS[own]
  if (own === undefined || layer === undefined) {
    return `src/${file} belongs to no layer: add its folder to test/house/layers.ts or move it.`
  }
  if (specifier.startsWith('.')) return refusedPath(file, own, layer, specifier)
  if (specifier.startsWith('/') || specifier.startsWith('file:')) {
    return `${named(own)} may not import by absolute path.`
  }
  return refusedLibrary(file, own, layer, specifier)
}

function refusedPath(file: string, own: string, layer: Layer, specifier: string): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(file), specifier))
  if (target.startsWith('../')) {
    // package.json is the one file outside src/ that holds something the program says: its version.
    return target === '../package.json'
      ? undefined
      : `src/ imports nothing outside src/ (but package.json): ${target}`
  }
  if ([own, ...layer.paths].some((allowed) => covers(allowed, target))) return undefined
  const may = layer.paths.length === 0 ? 'nothing of the project' : layer.paths.join(', ')
  return `${named(own)} may not import src/${target}. Beside itself it may import: ${may}.`
}

function refusedLibrary(file: string, own: string, layer: Layer, specifier: string): string | undefined {
  const name = isBuiltin(specifier) && !specifier.startsWith('node:') ? `node:${specifier}` : specifier
  const library = longest(Object.keys(LIBRARIES), name, true)
  const importers = library === undefined ? undefined : LIBRARIES[library]
  if (importers === 'everyone') return undefined
  if (importers !== undefined) {
    if (importers.some((allowed) => covers(allowed, file))) return undefined
    return `${named(own)} may not import ${name}: only ${importers.map(named).join(', ')} may.`
  }
  if (!isBuiltin(name)) return `No layer may import ${name}: name its only importer in test/house/layers.ts.`
  if (layer.node) return undefined
  return `${named(own)} may not import ${name}: it does no input or output; take what you need through a port, Clock or Random.`
}

function named(path: string): string {
  return path.endsWith('/') ? `src/${path.slice(0, -1)}` : `src/${path}`
}

function covers(allowed: string, path: string): boolean {
  return allowed.endsWith('/') ? path.startsWith(allowed) : posix.matchesGlob(path, allowed)
}

function longest(names: readonly string[], path: string, library = false): string | undefined {
  const matches = names.filter((name) =>
    library ? path === name || path.startsWith(`${name}/`) : covers(name, path),
  )
  return matches.toSorted((a, b) => b.length - a.length)[0]
}
