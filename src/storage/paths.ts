// In which folders do a person's settings, money and caches live?
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'

/** Four folders as XDG means them; none is created here. */
export interface Paths {
  /** Preferences. */
  config: string
  /** Identity, wallet, orders: what must be backed up. */
  data: string
  /** Known hosts, logs: what may be lost at a cost. */
  state: string
  /** What can be fetched again. */
  cache: string
}

export interface PathOptions {
  env: Readonly<Record<string, string | undefined>>
  /** A name from `--profile`: a separate identity, wallet and orders. */
  profile?: string
  /** The user's home folder; the system's answer when not given. */
  home?: string
}

const PROFILE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/

/** The folders of one profile: PAYGRESS_HOME over XDG over ~/.config and the like. Throws `usage` for a bad profile name, `home_not_writable` where there is no home. */
export function resolvePaths({ env, profile, home }: PathOptions): Paths {
  const base = baseFolders(env, home)
  if (profile === undefined || profile === 'default') return base
  if (!PROFILE.test(profile)) {
    throw new PaygressError('usage', `${quoteArgument(profile)} cannot be the name of a profile`, {
      hint: 'use up to 32 letters, digits, dots, dashes or underscores',
    })
  }
  const inProfile = (folder: string): string => join(folder, 'profiles', profile)
  return {
    config: inProfile(base.config),
    data: inProfile(base.data),
    state: inProfile(base.state),
    cache: inProfile(base.cache),
  }
}

function baseFolders(env: PathOptions['env'], home: string | undefined): Paths {
  const own = env['PAYGRESS_HOME']
  if (own !== undefined && own !== '') {
    const root = resolve(own)
    return {
      config: join(root, 'config'),
      data: join(root, 'data'),
      state: join(root, 'state'),
      cache: join(root, 'cache'),
    }
  }
  // XDG: "All paths must be absolute. If an implementation encounters a relative path it should … ignore it."
  const xdg = (name: string, ...fallback: string[]): string => {
    const value = env[name]
    const root = value !== undefined && isAbsolute(value) ? value : join(home ?? systemHome(), ...fallback)
    return join(root, 'paygress')
  }
  return {
    config: xdg('XDG_CONFIG_HOME', '.config'),
    data: xdg('XDG_DATA_HOME', '.local', 'share'),
    state: xdg('XDG_STATE_HOME', '.local', 'state'),
    cache: xdg('XDG_CACHE_HOME', '.cache'),
  }
}

/** Node asks $HOME, then the list of users: in a container both may know nothing. */
function systemHome(): string {
  let cause: unknown
  try {
    const home = homedir()
    if (isAbsolute(home)) return home
  } catch (error) {
    cause = error
  }
  throw new PaygressError('home_not_writable', 'this user has no home folder', {
    hint: 'set PAYGRESS_HOME to the folder that paygress may use',
    cause,
  })
}
