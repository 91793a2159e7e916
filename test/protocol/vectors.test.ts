// Are the golden messages of the protocol still read and written as on the day they were put down?
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { MESSAGES, readMessage } from './read-message.ts'

const FOLDER = new URL('vectors/', import.meta.url)
const vectorsSchema = z
  .array(z.strictObject({ what: z.string(), text: z.string(), reads: z.record(z.string(), z.unknown()) }))
  .min(1)

const vectors = readdirSync(FOLDER).flatMap((file) => {
  const name = file.replace('.json', '').replace('-', ' ')
  const entries = vectorsSchema.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')))
  return entries.map((entry) => ({ name, ...entry }))
})

test('there are golden messages of every kind', () => {
  expect(new Set(vectors.map(({ name }) => name))).toEqual(new Set(MESSAGES))
})

test.each(vectors)('$name: $what', ({ name, text, reads }) => {
  // As text, so that the order of the fields counts.
  expect(JSON.stringify(readMessage(name, text))).toBe(JSON.stringify(reads))
})

test.each(vectors)('$name, written again: $what', ({ name, reads }) => {
  expect(JSON.stringify(readMessage(name, JSON.stringify(reads)))).toBe(JSON.stringify(reads))
})
