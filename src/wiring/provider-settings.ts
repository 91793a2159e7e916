// What did the operator configure? The environment over a .env file, flags over both.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'dotenv'
import { PaygressError } from '../core/errors.ts'
import { decodeSecretKey } from '../core/secret-key.ts'
import { parseProviderConfig } from '../provider/config.ts'
import type { ProviderConfig } from '../provider/provider-config.ts'
import { loadIdentity } from '../storage/identity-file.ts'
import { readPrivateFile } from '../storage/private-files.ts'
import { systemRandom } from './system.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface ProviderSources {
  env: Environment
  /** `--env-file`; without it `.env` in the working folder, where there is one. */
  envFile: string | undefined
  /** `--backend`, `--kubeconfig`, `--context`. */
  backend: string | undefined
  kubeconfig: string | undefined
  context: string | undefined
}

/** The whole configuration. Throws `config_invalid` with everything that is wrong, `usage` for a file that is not there. */
export function providerConfig({ env, envFile, ...flags }: ProviderSources): ProviderConfig {
  const { backend: BACKEND, kubeconfig: KUBECONFIG, context: KUBE_CONTEXT } = flags
  return providerConfigFrom({
    ...readEnvFile(envFile),
    ...said(env),
    ...said({ BACKEND, KUBECONFIG, KUBE_CONTEXT }),
  })
}

function said(variables: Environment): Environment {
  return Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  )
}

/** The configuration that these variables say. */
export function providerConfigFrom(env: Environment): ProviderConfig {
  return parseProviderConfig(env, readText)
}

function readEnvFile(path: string | undefined): Record<string, string> {
  const text = readText(path ?? '.env')
  if (text !== undefined) return parse(text)
  if (path === undefined) return {}
  throw new PaygressError('usage', `there is no file ${path}`, { hint: 'give another --env-file' })
}

function readText(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  try {
    if (statSync(path).isDirectory()) throw new Error('it is a folder')
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new PaygressError('config_invalid', `${path} cannot be read: ${reasonOf(error)}`, {
      hint: 'name another file',
      cause: error,
    })
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
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
  const file = readPrivateFile(path)
  return file === undefined ? undefined : decodeSecretKey(file.content.trim())
}
