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
  const all = {
    ...(await readDotenv(dotenv, signal)),
    ...said(env),
    ...said({ BACKEND, KUBECONFIG, KUBE_CONTEXT }),
  }
  const file = specsFileOf(all)
  const specs = file === undefined ? undefined : await readSpecs(file, signal)
  return parseProviderConfig(all, () => specs)
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
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
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
  const secretKey = decodeSecretKey(config.privateKey) ?? keyInFile(config.privateKey)
  if (secretKey !== undefined) return { secretKey }
  throw new PaygressError(
    'config_invalid',
    'NOSTR_PRIVATE_KEY is neither an nsec, 64 hex characters nor a file with one',
    {
      hint: 'leave it empty to have a key made and kept',
    },
  )
}

function keyInFile(path: string): Uint8Array | undefined {
  if (path.startsWith('nsec1') || !existsSync(path)) return undefined
  try {
    return decodeSecretKey(readPrivateFile(path)?.content.trim() ?? '')
  } catch (error) {
    if (!(error instanceof PaygressError)) throw error
    throw new PaygressError('config_invalid', `NOSTR_PRIVATE_KEY: ${error.message}`, {
      hint: 'name a file that holds an nsec and that you can read, or leave it empty to have a key made and kept',
      cause: error,
    })
  }
}
