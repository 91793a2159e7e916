import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonLines } from '../../../src/compute/kubernetes/json-lines.ts'

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all(lines: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const line of lines) found.push(line)
  return found
}

test('lines come out whole, however the network has cut them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ text: fc.string() })),
      fc.integer({ min: 1, max: 50 }),
      async (values, size) => {
        const bytes = new TextEncoder().encode(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
        expect(await all(jsonLines(chunksOf(bytes, size)))).toEqual(values)
      },
    ),
  )
})

test('a line that is no JSON ends the stream with an error', async () => {
  const bytes = new TextEncoder().encode('{"a":1}\n<html>\n')
  await expect(all(jsonLines(chunksOf(bytes, 4)))).rejects.toThrow(SyntaxError)
})

test('half a line at the end is nothing', async () => {
  const bytes = new TextEncoder().encode('{"a":1}\n{"b"')
  expect(await all(jsonLines(chunksOf(bytes, 4)))).toEqual([{ a: 1 }])
})
