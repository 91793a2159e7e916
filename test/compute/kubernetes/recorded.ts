// What did the API server answer? Recorded by test/cluster/recorded-answers.test.ts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const answerSchema = z.object({ status: z.number(), body: z.unknown() })
const listSchema = z.object({ items: z.array(z.unknown()).min(1) })

export function recorded(name: string): { status: number; body: unknown } {
  const file = join(import.meta.dirname, 'answers', `${name}.json`)
  return answerSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
}

/** The first object of a recorded list. */
export function firstOf(name: string): unknown {
  return listSchema.parse(recorded(name).body).items[0]
}
