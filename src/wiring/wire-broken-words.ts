// Which providers broke their word towards this profile? For whoever only looks at offers: a home that is none yet stays none.
import { existsSync } from 'node:fs'
import { type BrokenWords, brokenWords } from '../client/broken-words.ts'
import { PaygressError } from '../core/errors.ts'
import { openOrderStore } from '../storage/order-store.ts'
import { openProfileFile, profileFile } from '../storage/profile-database.ts'
import { systemClock } from './system.ts'
import { profilePaths } from './wire-settings.ts'

/** What the orders of a profile prove. Orders that cannot be read are told of, and stand in nobody's way of looking. */
export function wireBrokenWords(
  profile: string | undefined,
  { env, note }: { env: Readonly<Record<string, string | undefined>>; note: (text: string) => void },
): BrokenWords {
  const path = profileFile(profilePaths(env, profile).data)
  if (!existsSync(path)) return new Map()
  try {
    return readFrom(path)
  } catch (error) {
    if (!(error instanceof PaygressError)) throw error
    note(`no offer is marked by what its provider did before: ${error.message}`)
    return new Map()
  }
}

function readFrom(path: string): BrokenWords {
  const database = openProfileFile(path)
  try {
    return brokenWords(openOrderStore(database, systemClock))
  } finally {
    database.close()
  }
}
