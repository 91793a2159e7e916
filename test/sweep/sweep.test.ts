// Does any death cost anybody anything? Real processes die at every point where it could; each case reads who died where.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { Lanes } from './lanes.ts'
import { casesOfTable, nameOf } from './cases.ts'
import { buildForSweep } from './test-build.ts'

let lanes: Lanes

beforeAll(async () => {
  const launcher = await buildForSweep(temporaryFolder('sweep-build'))
  // Mints that take a fee and mints that do not; more than there are cores, for what waits.
  lanes = new Lanes([100, 0, 100, 0].map((inputFeePpk) => ({ launcher, inputFeePpk })))
  await lanes.open()
})

afterAll(async () => lanes.close())

describe.concurrent('nobody loses a sat', () => {
  test.each(casesOfTable().map((one) => [nameOf(one), one] as const))('%s', async (_name, one) => {
    expect(await lanes.run(one)).toEqual([])
  })
})
