// Is every place where a death could cost money swept, and is nothing of that in the program that is published?
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findSeams, withFailPoints } from '../sweep/find-seams.ts'
import { TABLE } from '../sweep/table.ts'
import { allSeams } from '../sweep/test-build.ts'

test('every journal write and every effect on the world is swept, or says why not', () => {
  expect(Object.keys(TABLE).toSorted()).toEqual(
    allSeams()
      .map(({ name }) => name)
      .toSorted(),
  )
})

test('CONTRIBUTING.md counts them right', () => {
  const sides = Object.values(TABLE).flatMap((covers) =>
    typeof covers === 'string' ? [] : [new Set(covers.map(({ side }) => side))],
  )
  const of = (side: 'buyer' | 'provider'): number => sides.filter((some) => some.has(side)).length
  const all = Object.keys(TABLE).length
  const both = of('buyer') + of('provider') - sides.length
  expect(readFileSync(new URL('../../CONTRIBUTING.md', import.meta.url), 'utf8')).toContain(
    `Of the ${all} seams ${of('buyer')} are swept on the buyer's side and ${of('provider')} on the provider's (${both} of them on both); ${all - sides.length} say why not.`,
  )
})

const SOURCE = `
export async function pay(deps) {
  store.transaction((tx) => write(tx))
  const reply = await deps.mints.connection(mint).swap(inputs, await outputs())
  return { transaction: (work) => store.transaction(work), pay: () => store.transaction(() => reply) }
}`

test('a new one is found, under a name that says where', () => {
  expect(findSeams('wallet/pay.ts', SOURCE).map(({ name }) => name)).toEqual([
    'wallet/pay.ts pay transaction',
    'wallet/pay.ts pay swap',
    'wallet/pay.ts pay transaction#2',
  ])
  expect(findSeams('protocol/pay.ts', SOURCE)).toEqual([])
})

test('a fail point stands before and after it', () => {
  expect(withFailPoints('wallet/pay.ts', SOURCE, './at-seam.ts')).toContain(
    'await afterSeam("wallet/pay.ts pay swap", (beforeSeam("wallet/pay.ts pay swap"), deps.mints.connection(mint).swap(inputs, await outputs())))',
  )
})

test('the published program has none of them', () => {
  const dist = new URL('../../dist/', import.meta.url)
  const files = readdirSync(dist).filter((name) => name.endsWith('.js'))
  expect(files.length).toBeGreaterThan(0)
  for (const name of files) expect(readFileSync(new URL(name, dist), 'utf8')).not.toMatch(/beforeSeam|SWEEP_/)
})
