// Where do a command's folders and preferences come from? Plugs the settings file into the option registry.
import { openSettings, parseSettingKey, type Settings } from '../storage/settings.ts'
import { type Paths, resolvePaths } from '../storage/paths.ts'
import { isSettingKey } from '../storage/setting-keys.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The folders of one profile. Throws `usage` for a bad profile name. */
export function profilePaths(env: Environment, profile: string | undefined): Paths {
  return resolvePaths({ env, ...(profile === undefined ? {} : { profile }) })
}

/** Preferences by their key, as option values; reading costs nothing where no file exists. */
export async function readPreferences(
  env: Environment,
  profile: string | undefined,
): Promise<(key: string) => string | readonly string[] | undefined> {
  const settings = await openSettings(profilePaths(env, profile).config)
  return (key) => {
    const value = isSettingKey(key) ? settings.get(key) : undefined
    if (value === undefined) return undefined
    return typeof value === 'object' ? value : String(value)
  }
}

/** The preferences themselves, for `paygress config`. */
export async function wireSettings(env: Environment, profile: string | undefined): Promise<Settings> {
  return openSettings(profilePaths(env, profile).config)
}

export { parseSettingKey }
