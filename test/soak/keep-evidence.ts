// What is left of a soak that failed, for those who look into it? Its databases, before their folders go away.
import { cpSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { SoakWorld } from './soak-world.ts'

/** Copies the folders of all journals and mints; returns where to. */
export function keepEvidence({ people, providers, mints }: SoakWorld, seed: number): string {
  const kept = mkdtempSync(join(tmpdir(), `paygress-soak-${seed}-`))
  const keep = (name: string, path: string): void => {
    const to = join(kept, name)
    mkdirSync(to)
    cpSync(dirname(path), to, { recursive: true })
  }
  for (const [index, { databasePath }] of people.entries()) keep(`person-${index + 1}`, databasePath)
  for (const [index, { databasePath }] of providers.entries()) keep(`provider-${index + 1}`, databasePath)
  for (const [index, { path }] of mints.entries()) keep(`mint-${index + 1}`, path)
  return kept
}
