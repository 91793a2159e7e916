// What did the operator configure? The environment over a .env file, flags over both.
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'dotenv'
import { PaygressError } from '../core/errors.ts'
import { nameArgument } from '../core/quote-argument.ts'
import { decodeSecretKey } from '../core/secret-key.ts'
import { parseProviderConfig } from '../provider/config.ts'
import { type ReadText, specsFileOf } from '../provider/config-specs.ts'
import type { ProviderConfig } from '../provider/provider-config.ts'
import { loadIdentity } from '../storage/identity-file.ts'
import { readNamedFile } from '../storage/named-file.ts'
import { readPrivateFile } from '../storage/private-files.ts'
import { systemRandom } from './system.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface ProviderSources {
  env: Environment
  /** `--dotenv`; without it `.env` in the working folder, where there is one. */
  dotenv: string | undefined
  /** `--backend`, `--kubeconfig`, `--context`. */
  backend: string | undefined
  kubeconfig: string | undefined
  context: string | undefined
  /** Ends the reading of a file that never ends. */
  signal: AbortSignal
}

/** The whole configuration. Throws `config_invalid` with everything that is wrong, `usage` for a file that is not there. */
export async function providerConfig(sources: ProviderSources): Promise<ProviderConfig> {
  const { env, dotenv, signal, ...flags } = sources
  const { backend: BACKEND, kubeconfig: KUBECONFIG, context: KUBE_CONTEXT } = flags
  const own = said(env)
  const all = {
    ...withoutSpecs(await readDotenv(dotenv, signal), own),
    ...own,
    ...said({ BACKEND, KUBECONFIG, KUBE_CONTEXT }),
  }
  const file = specsFileOf(all)
  const specs = file === undefined ? undefined : await readSpecs(file, signal)
  return parseProviderConfig(all, () => specs, privateKeyProblem)
}

const SPECS_VARIABLES = ['POD_SPECS_FILE', 'POD_SPECS']

/** The specs have two names, and the file's one must not win over the environment's other one. */
function withoutSpecs(file: Environment, env: Environment): Environment {
  if (!SPECS_VARIABLES.some((name) => name in env)) return file
  return Object.fromEntries(Object.entries(file).filter(([name]) => !SPECS_VARIABLES.includes(name)))
}

/** A file that cannot be read is one mistake of the configuration, told with all others. */
async function readSpecs(file: string, signal: AbortSignal): Promise<ReturnType<ReadText>> {
  try {
    return await readNamedFile(file, signal)
  } catch (error) {
    if (signal.aborted || !(error instanceof PaygressError)) throw error
    return { unreadable: error.message }
  }
}

function said(variables: Environment): Environment {
  return Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
}

/** The configuration that these variables say by themselves, without any file. */
export function providerConfigFrom(env: Environment): ProviderConfig {
  return parseProviderConfig(env, () => undefined)
}

async function readDotenv(path: string | undefined, signal: AbortSignal): Promise<Record<string, string>> {
  const text = path === undefined ? await readOwnDotenv(signal) : await readNamedFile(path, signal)
  if (text !== undefined) return parse(text)
  if (path === undefined) return {}
  throw new PaygressError('usage', `there is no file ${nameArgument(path)}`, {
    hint: 'give another --dotenv, or let paygress provider init write one',
  })
}

/** Nobody named `.env`: one that cannot be read is no mistake of the command line. */
async function readOwnDotenv(signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readNamedFile('.env', signal)
  } catch (error) {
    if (signal.aborted || !(error instanceof PaygressError)) throw error
    throw new PaygressError('config_invalid', error.message, {
      hint: 'make it readable, move it away, or name another configuration file: --dotenv FILE',
      cause: error,
    })
  }
}

/** The provider's Nostr key: the configured one, one from a configured file, or one that is made and kept in the data folder. */
export function providerKey(config: Pick<ProviderConfig, 'privateKey' | 'databasePath'>): {
  secretKey: Uint8Array
  /** Set where the key was made just now. */
  madeAt?: string
} {
  const folder = dirname(resolve(config.databasePath))
  if (config.privateKey === undefined) {
    const { secretKey, created, path } = loadIdentity(folder, systemRandom)
    return created ? { secretKey, madeAt: path } : { secretKey }
  }
  const read = readKey(config.privateKey)
  if ('secretKey' in read) return read
  throw new PaygressError('config_invalid', `NOSTR_PRIVATE_KEY: ${read.problem}`, {
    hint: 'set NOSTR_PRIVATE_KEY in the environment or in .env and start again',
  })
}

/** What is wrong with the configured key, without a word of it; undefined where nothing is. */
function privateKeyProblem(configured: string): string | undefined {
  const read = readKey(configured)
  return 'problem' in read ? read.problem : undefined
}

function readKey(configured: string): { secretKey: Uint8Array } | { problem: string } {
  const mend = '(leave it empty to have a key made and kept)'
  try {
    const secretKey = decodeSecretKey(configured) ?? keyInFile(configured)
    if (secretKey !== undefined) return { secretKey }
    return { problem: `is neither an nsec, 64 hex characters nor a file with one ${mend}` }
  } catch (error) {
    if (!(error instanceof PaygressError)) throw error
    return { problem: `${error.message} ${mend}` }
  }
}

function keyInFile(path: string): Uint8Array | undefined {
  if (path.startsWith('nsec1') || !existsSync(path)) return undefined
  return decodeSecretKey(readPrivateFile(path)?.content.trim() ?? '')
}
