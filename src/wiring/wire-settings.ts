// Where do a command's folders and preferences come from? Plugs the settings file into the option registry.
import { PaygressError } from '../core/errors.ts'
import { openSettings, parseSettingKey, type Settings } from '../storage/settings.ts'
import { type Paths, resolvePaths } from '../storage/paths.ts'
import { isSettingKey, type SettingKey } from '../storage/setting-keys.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The folders of one profile. Throws `usage` for a bad profile name. */
export function profilePaths(env: Environment, profile: string | undefined): Paths {
  return resolvePaths({ env, ...(profile === undefined ? {} : { profile }) })
}

type Preferences = (key: string) => string | readonly string[] | undefined

/** Preferences by their key, as option values; reading costs nothing where no file exists. Throws `config_invalid`. */
export async function readPreferences(env: Environment, profile: string | undefined): Promise<Preferences> {
  const settings = await openSettings(profilePaths(env, profile).config)
  return (key) => {
    const value = isSettingKey(key) ? settings.get(key) : undefined
    if (value === undefined) return undefined
    return typeof value === 'object' ? value : String(value)
  }
}

/** The same for the commands that mend preferences: a wrong one is as good as none, and the command itself says what is wrong. */
export async function readSoundPreferences(
  env: Environment,
  profile: string | undefined,
): Promise<Preferences> {
  const none = (error: unknown): undefined => {
    if (error instanceof PaygressError && error.code === 'config_invalid') return undefined
    throw error
  }
  const all = await readPreferences(env, profile).catch(none)
  return (key) => {
    try {
      return all?.(key)
    } catch (error) {
      return none(error)
    }
  }
}

/** The preferences themselves, for `paygress config`. */
export async function wireSettings(env: Environment, profile: string | undefined): Promise<Settings> {
  return openSettings(profilePaths(env, profile).config)
}

/** What to keep of a typed preference: of a key's file the whole path, and only where there is a key in it. Throws `usage`. */
export async function settingText(key: SettingKey, text: string): Promise<string> {
  if (key !== 'ssh_key') return text
  const { readPublicKey } = await import('../ssh/key-files.ts')
  return (await readPublicKey(text)).file
}

export { parseSettingKey }
