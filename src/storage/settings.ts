// What does this person prefer, and where is it kept?
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Conf from 'conf'
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { nearest } from '../core/nearest.ts'
import { parseJson } from '../core/parse-json.ts'
import { fileErrorCode, fromWriteError } from './file-error.ts'
import { readPrivateFile } from './private-files.ts'
import { ensurePrivateFolder } from './private-folder.ts'
import { isSettingKey, settingKeys } from './setting-keys.ts'
import type { SettingKey, SettingValue } from './setting-keys.ts'

type Store = Conf<Record<string, unknown>>

export interface Settings {
  readonly path: string
  /** The value set, or undefined; throws `config_invalid` where somebody wrote a wrong one into the file. */
  get<K extends SettingKey>(key: K): SettingValue<K> | undefined
  /** Sets from what a person typed: lists are separated by commas. Throws `usage` with what would be right. */
  setText(key: SettingKey, text: string): Promise<void>
  /** Back to the default. */
  unset(key: SettingKey): Promise<void>
  /** Everything that is set. */
  list(): { key: SettingKey; value: SettingValue<SettingKey> }[]
}

/**
 * Opens the preferences in a folder; nothing is created before the first value is set, so a read-only home can be read.
 * Throws `config_invalid` for a broken file.
 */
export async function openSettings(folder: string): Promise<Settings> {
  const path = join(folder, 'config.json')
  let store = existsSync(path) ? await openStore(folder, path) : undefined

  function get<K extends SettingKey>(key: K): SettingValue<K> | undefined {
    const value = store?.get(key)
    if (value === undefined) return undefined
    const result = schemaOf(key).safeParse(value)
    if (result.success) return result.data
    throw new PaygressError('config_invalid', `${key} in ${path} is wrong: it ${firstIssue(result.error)}`, {
      hint: `paygress config set ${key} <value>, or paygress config set ${key} '' for the default`,
    })
  }

  async function write(work: (store: Store) => void): Promise<void> {
    ensurePrivateFolder(folder)
    store ??= await openStore(folder, path)
    try {
      work(store)
    } catch (error) {
      throw fromWriteError(error, path)
    }
  }

  return {
    path,
    get,
    setText: async (key, text) => {
      const result = schemaOf(key).safeParse(typed(key, text))
      if (!result.success) {
        throw new PaygressError('usage', `${key} cannot be set to that: it ${firstIssue(result.error)}`)
      }
      await write((open) => open.set(key, result.data))
    },
    unset: async (key) => {
      if (store !== undefined) await write((open) => open.delete(key))
    },
    list: () =>
      Object.keys(settingKeys)
        .filter(isSettingKey)
        .flatMap((key) => {
          const value = get(key)
          return value === undefined ? [] : [{ key, value }]
        }),
  }
}

/** Refuses what `conf` would take for nothing, and write over. Throws `config_invalid`. */
function checkFile(path: string): void {
  const text = contentOf(path)
  if (text === undefined) return
  const value = parseJson(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  const what = value === undefined ? 'is not valid JSON' : 'holds no preferences: it must be one JSON object'
  throw unusable(path, what)
}

function contentOf(path: string): string | undefined {
  try {
    return readPrivateFile(path)?.content
  } catch (error) {
    const cause = error instanceof PaygressError ? error.cause : error
    throw unusable(path, `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

function unusable(path: string, what: string, cause?: unknown): PaygressError {
  return new PaygressError('config_invalid', `${path} ${what}`, {
    hint: `nothing was changed: repair it, or move it away: mv ${path} ${path}.old`,
    ...(cause === undefined ? {} : { cause }),
  })
}

async function openStore(folder: string, path: string): Promise<Store> {
  checkFile(path)
  const { default: Conf } = await import('conf')
  try {
    return new Conf<Record<string, unknown>>({
      cwd: folder,
      configName: 'config',
      projectName: 'paygress',
      projectSuffix: '',
      configFileMode: 0o600,
      accessPropertiesByDotNotation: false,
    })
  } catch (error) {
    if (fileErrorCode(error) !== undefined) throw fromWriteError(error, path)
    throw unusable(path, 'is not valid JSON', error)
  }
}

/** The preference a person named; throws `usage` with the nearest right name. */
export function parseSettingKey(text: string): SettingKey {
  if (isSettingKey(text)) return text
  const keys = Object.keys(settingKeys)
  const meant = nearest(text, keys)
  throw new PaygressError('usage', `there is no preference ${quoteArgument(text)}`, {
    hint: meant === undefined ? `the preferences are ${keys.join(', ')}` : `did you mean ${meant}?`,
  })
}

function schemaOf<K extends SettingKey>(key: K): z.ZodType<SettingValue<K>> {
  // One entry of the record: TypeScript sees the union of all where `key` is generic.
  const schemas: { [P in SettingKey]: z.ZodType<SettingValue<P>> } = settingKeys
  return schemas[key]
}

function typed(key: SettingKey, text: string): unknown {
  const schema: z.ZodType = settingKeys[key]
  if (schema instanceof z.ZodArray) {
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  }
  if (schema instanceof z.ZodNumber) return /^-?\d+$/.test(text.trim()) ? Number(text) : text
  return text
}

function firstIssue(error: z.ZodError): string {
  return error.issues[0]?.message ?? 'is not a valid value'
}
