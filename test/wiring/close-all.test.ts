// Is everything closed, whatever one part of it says?
import { expect, test } from 'vitest'
import { closeAll } from '../../src/wiring/close-all.ts'

test('what cannot be closed keeps nothing else open, and is told at the end', async () => {
  const closed: string[] = []
  const slow = ['hub', 'wallet'].map((name) => async () => {
    await Promise.resolve()
    closed.push(name)
    throw new Error(`the ${name} stays`)
  })
  const rest = ['wraps', 'database'].map((name) => () => {
    closed.push(name)
    if (name === 'wraps') throw new Error('the wraps stay')
  })
  await expect(closeAll(slow, rest)).rejects.toThrow('the hub stays')
  expect(closed).toEqual(['hub', 'wallet', 'wraps', 'database'])
  await expect(closeAll([], rest)).rejects.toThrow('the wraps stay')
  expect(closed).toHaveLength(6)
})

test('where all are closed nothing is told', async () => {
  let isClosed = false
  await closeAll([async () => undefined], [() => (isClosed = true)])
  expect(isClosed).toBe(true)
})
